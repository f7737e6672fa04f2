import type { Account, Tag } from './account-types.ts';
import type { Api } from './api.ts';
import { awsError } from './aws-error.ts';
import { describeInstances, tagSet } from './ec2-instances.ts';
import { cutPage } from './paging.ts';
import { applyFilters, type FilterTable, filtersOf, formOf, listOf, numberOf, xmlAnswer } from './query.ts';
import { toXml, type XmlObject } from './xml.ts';

/** EC2, API version 2016-11-15: the Describe operations an agent starts with. */

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/';

type Describe = (account: Account, form: URLSearchParams) => XmlObject;

const OPERATIONS: Readonly<Record<string, Describe>> = {
  DescribeInstances: describeInstances,
  DescribeRegions: (account, form) => {
    const wanted = listOf(form, 'RegionName');
    const unknown = wanted.find((name) => !account.regions.includes(name));
    if (unknown) throw awsError(400, 'InvalidParameterValue', `Invalid region: ${unknown}`);
    const names = account.regions.filter((name) => wanted.length === 0 || wanted.includes(name));
    const item = names.map((name) => ({
      regionName: name,
      regionEndpoint: `ec2.${name}.amazonaws.com`,
      optInStatus: 'opt-in-not-required',
    }));
    return { regionInfo: { item } };
  },
  DescribeVolumes: (account, form) => {
    const found = select(account.volumes, form, 'VolumeId', {
      'volume-id': (volume) => [volume.id],
      status: (volume) => [volume.instanceId ? 'in-use' : 'available'],
      'volume-type': (volume) => [volume.type],
      'availability-zone': (volume) => [volume.zone],
      encrypted: (volume) => [String(volume.encrypted)],
      size: (volume) => [String(volume.sizeGiB)],
      'attachment.instance-id': (volume) => (volume.instanceId ? [volume.instanceId] : []),
    });
    return paged(found, form, 'volumeSet', (volume) => ({
      volumeId: volume.id,
      size: volume.sizeGiB,
      availabilityZone: volume.zone,
      status: volume.instanceId ? 'in-use' : 'available',
      createTime: volume.createdAt,
      volumeType: volume.type,
      encrypted: volume.encrypted,
      attachmentSet: volume.instanceId
        ? {
            item: {
              volumeId: volume.id,
              instanceId: volume.instanceId,
              device: '/dev/xvda',
              status: 'attached',
              attachTime: volume.createdAt,
              deleteOnTermination: true,
            },
          }
        : {},
      tagSet: tagSet(volume.tags),
    }));
  },
  DescribeVpcs: (account, form) => {
    const found = select(account.vpcs, form, 'VpcId', {
      'vpc-id': (vpc) => [vpc.id],
      cidr: (vpc) => [vpc.cidr],
      'is-default': (vpc) => [String(vpc.isDefault)],
      state: () => ['available'],
    });
    return paged(found, form, 'vpcSet', (vpc) => ({
      vpcId: vpc.id,
      ownerId: account.accountId,
      state: 'available',
      cidrBlock: vpc.cidr,
      isDefault: vpc.isDefault,
      instanceTenancy: 'default',
      tagSet: tagSet(vpc.tags),
    }));
  },
  DescribeSecurityGroups: (account, form) => {
    const found = select(account.securityGroups, form, 'GroupId', {
      'group-id': (group) => [group.id],
      'group-name': (group) => [group.name],
      'vpc-id': (group) => [group.vpcId],
      'ip-permission.cidr': (group) => group.ingress.flatMap((rule) => rule.cidr ?? []),
      'ip-permission.from-port': (group) =>
        group.ingress.flatMap((rule) => (rule.port ? [String(rule.port)] : [])),
    });
    return paged(found, form, 'securityGroupInfo', (group) => ({
      ownerId: account.accountId,
      groupId: group.id,
      groupName: group.name,
      groupDescription: group.description,
      vpcId: group.vpcId,
      ipPermissions: {
        item: group.ingress.map((rule) => ({
          ipProtocol: rule.protocol,
          fromPort: rule.port,
          toPort: rule.port,
          groups: rule.fromGroup
            ? { item: { userId: account.accountId, groupId: rule.fromGroup, description: rule.note } }
            : {},
          ipRanges: rule.cidr ? { item: { cidrIp: rule.cidr, description: rule.note } } : {},
        })),
      },
      ipPermissionsEgress: {
        item: { ipProtocol: '-1', groups: {}, ipRanges: { item: { cidrIp: '0.0.0.0/0' } } },
      },
      tagSet: tagSet(group.tags),
    }));
  },
};

export function createEc2Api(account: Account): Api {
  return {
    name: 'ec2',
    anyRegion: true,
    internalError: 'InternalError',
    refusals: {
      missing: [400, 'MissingAuthenticationToken'],
      bearer: [401, 'AuthFailure'],
      malformed: [401, 'AuthFailure'],
      scope: [401, 'AuthFailure'],
      unknown_key: [401, 'AuthFailure'],
      skewed: [400, 'RequestExpired'],
      mismatch: [403, 'SignatureDoesNotMatch'],
    },
    operationOf: (request) => formOf(request).get('Action') ?? 'no Action',
    answer(operation, request) {
      const describe = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
      if (!describe) {
        throw awsError(
          400,
          'InvalidAction',
          `The action ${operation} is not valid here: this stand-in has no such action`,
        );
      }
      const value = describe(inRegion(account, request.region), formOf(request));
      return xmlAnswer(`${operation}Response`, { requestId: request.requestId, ...value }, NAMESPACE);
    },
    fail: (error, requestId) => ({
      status: error.status,
      headers: { 'content-type': 'text/xml;charset=UTF-8' },
      body: toXml('Response', {
        Errors: { Error: { Code: error.code, Message: error.message } },
        RequestID: requestId,
      }),
    }),
  };
}

/** Other regions are there, and empty. */
function inRegion(account: Account, region: string): Account {
  return region === account.region
    ? account
    : { ...account, instances: [], volumes: [], vpcs: [], securityGroups: [] };
}

/** Things by their ids and filters. An id that does not exist is an error, as in AWS. */
function select<T extends { readonly id: string; readonly tags: readonly Tag[] }>(
  things: readonly T[],
  form: URLSearchParams,
  idField: 'VolumeId' | 'VpcId' | 'GroupId',
  table: FilterTable<T>,
): T[] {
  const ids = listOf(form, idField);
  const missing = ids.find((id) => !things.some((thing) => thing.id === id));
  if (missing) {
    const code = { VolumeId: 'InvalidVolume', VpcId: 'InvalidVpcID', GroupId: 'InvalidGroup' }[idField];
    throw awsError(400, `${code}.NotFound`, `There is no ${missing} in this region`);
  }
  const named = things.filter((thing) => ids.length === 0 || ids.includes(thing.id));
  return applyFilters(named, filtersOf(form), table);
}

function paged<T>(
  things: readonly T[],
  form: URLSearchParams,
  set: string,
  write: (thing: T) => XmlObject,
): XmlObject {
  const size = numberOf(form, 'MaxResults', { min: 5, max: 1_000, fallback: 1_000 });
  const page = cutPage(things, size, form.get('NextToken') ?? undefined);
  if (!page) throw awsError(400, 'InvalidNextToken', 'NextToken is not one that an earlier answer gave');
  return { [set]: { item: page.items.map(write) }, nextToken: page.next };
}
