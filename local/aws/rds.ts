import type { Account, Database } from './account-types.ts';
import type { Api } from './api.ts';
import { awsError } from './aws-error.ts';
import { cutPage } from './paging.ts';
import {
  applyFilters,
  type FilterTable,
  filtersOf,
  formOf,
  numberOf,
  queryError,
  xmlAnswer,
} from './query.ts';
import type { XmlObject } from './xml.ts';

/** RDS, API version 2014-10-31: DescribeDBInstances. */

const NAMESPACE = 'http://rds.amazonaws.com/doc/2014-10-31/';

const FILTERS: FilterTable<Database> = {
  'db-instance-id': (database) => [database.id],
  engine: (database) => [database.engine],
};

export function createRdsApi(account: Account): Api {
  function describe(form: URLSearchParams, region: string): XmlObject {
    const databases = region === account.region ? account.databases : [];
    const id = form.get('DBInstanceIdentifier');
    const named = databases.filter((database) => id === null || database.id === id.toLowerCase());
    if (id !== null && named.length === 0)
      throw awsError(404, 'DBInstanceNotFound', `DBInstance ${id} not found.`);
    const found = applyFilters(named, filtersOf(form, 'Filters.Filter', 'Values.Value'), FILTERS);
    const size = numberOf(form, 'MaxRecords', { min: 20, max: 100, fallback: 100 });
    const page = cutPage(found, size, form.get('Marker') ?? undefined);
    if (!page) throw awsError(400, 'InvalidParameterValue', 'Marker is not one that an earlier answer gave');
    const write = (database: Database) => writeDatabase(account, database);
    return { Marker: page.next, DBInstances: { DBInstance: page.items.map(write) } };
  }

  return {
    name: 'rds',
    anyRegion: true,
    internalError: 'InternalFailure',
    refusals: {
      missing: [403, 'MissingAuthenticationToken'],
      bearer: [403, 'MissingAuthenticationToken'],
      malformed: [400, 'IncompleteSignature'],
      scope: [403, 'SignatureDoesNotMatch'],
      unknown_key: [403, 'InvalidClientTokenId'],
      skewed: [403, 'SignatureDoesNotMatch'],
      mismatch: [403, 'SignatureDoesNotMatch'],
    },
    operationOf: (request) => formOf(request).get('Action') ?? 'no Action',
    answer(operation, request) {
      if (operation !== 'DescribeDBInstances') {
        throw awsError(
          400,
          'InvalidAction',
          `This stand-in has no RDS action ${operation}, only DescribeDBInstances`,
        );
      }
      const value = {
        DescribeDBInstancesResult: describe(formOf(request), request.region),
        ResponseMetadata: { RequestId: request.requestId },
      };
      return xmlAnswer('DescribeDBInstancesResponse', value, NAMESPACE);
    },
    fail: (error, requestId) => queryError(error, requestId, NAMESPACE),
  };
}

function writeDatabase(account: Account, database: Database): XmlObject {
  const port = database.engine === 'postgres' ? 5432 : 3306;
  return {
    DBInstanceIdentifier: database.id,
    DBInstanceClass: database.class,
    Engine: database.engine,
    EngineVersion: database.version,
    DBInstanceStatus: 'available',
    Endpoint: { Address: `${database.id}.local.rds.amazonaws.com`, Port: port },
    AllocatedStorage: database.storageGiB,
    InstanceCreateTime: database.createdAt,
    AvailabilityZone: database.zone,
    MultiAZ: database.multiZone,
    StorageEncrypted: true,
    DBInstanceArn: `arn:aws:rds:${account.region}:${account.accountId}:db:${database.id}`,
    TagList: { Tag: database.tags.map((tag) => ({ Key: tag.key, Value: tag.value })) },
  };
}
