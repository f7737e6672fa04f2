import { createCompute, tagList } from './account-compute.ts';
import type { Account, Bucket, LambdaFunction } from './account-types.ts';

/**
 * The account of an imaginary shop, the same at every start, so that an answer about it can be checked:
 * 7 EC2 instances (4 running, 2 stopped, 1 terminated), 7 volumes (1 unused), 2 VPCs, 4 security groups (1 too open),
 * 5 buckets, 4 functions (1 on a retired runtime), 2 databases.
 */

export function createAccount(accountId: string, region: string): Account {
  return {
    accountId,
    region,
    regions: [...new Set([region, 'us-east-1', 'us-east-2', 'us-west-2', 'eu-central-1', 'eu-west-1'])],
    ...createCompute(region),
    buckets: BUCKETS,
    functions: FUNCTIONS,
    databases: [
      {
        id: 'orders-production',
        class: 'db.r6g.large',
        engine: 'postgres',
        version: '16.4',
        storageGiB: 200,
        multiZone: true,
        zone: `${region}a`,
        createdAt: '2025-02-11T08:15:00.000Z',
        tags: tagList('orders-production', 'production', 'platform'),
      },
      {
        id: 'reports-staging',
        class: 'db.t4g.medium',
        engine: 'mysql',
        version: '8.0.39',
        storageGiB: 50,
        multiZone: false,
        zone: `${region}b`,
        createdAt: '2025-06-30T13:40:00.000Z',
        tags: tagList('reports-staging', 'staging', 'data'),
      },
    ],
  };
}

const BUCKETS: readonly Bucket[] = [
  bucket('lantern-shop-assets', '2024-10-01T09:00:00.000Z', 'production', 'storefront', [
    ['css/site.css', 48_213],
    ['img/hero.webp', 184_902],
    ['img/logo.svg', 6_144],
    ['index.html', 12_800],
  ]),
  bucket('lantern-app-logs', '2024-10-01T09:05:00.000Z', 'production', 'platform', [
    ['api/2025/09/01.log.gz', 5_242_880],
    ['api/2025/09/02.log.gz', 5_767_168],
    ['web/2025/09/02.log.gz', 9_437_184],
  ]),
  bucket('lantern-data-lake', '2025-01-15T14:20:00.000Z', 'production', 'data', [
    ['orders/2025-08.parquet', 734_003_200],
    ['orders/2025-09.parquet', 121_634_816],
  ]),
  bucket('lantern-backups', '2024-12-05T22:00:00.000Z', 'production', 'platform', [
    ['orders-production/2025-09-01.dump', 10_737_418_240],
  ]),
  // Nobody tagged this one, which happens in real accounts too.
  { name: 'lantern-scratch', createdAt: '2025-05-27T15:30:00.000Z', tags: [], objects: [] },
];

const FUNCTIONS: readonly LambdaFunction[] = [
  lambda(
    'order-intake',
    'Takes orders from the shop front',
    'nodejs22.x',
    512,
    15,
    'platform',
    '2025-08-30T12:00:00.000+0000',
  ),
  lambda(
    'thumbnailer',
    'Scales product pictures',
    'python3.13',
    1024,
    60,
    'storefront',
    '2025-07-21T09:30:00.000+0000',
  ),
  lambda(
    'nightly-report',
    'Writes the sales report',
    'python3.12',
    2048,
    600,
    'data',
    '2025-06-11T23:10:00.000+0000',
  ),
  lambda(
    'legacy-webhook',
    'Answers an old partner',
    'nodejs16.x',
    128,
    3,
    'platform',
    '2023-04-03T07:45:00.000+0000',
  ),
];

function bucket(
  name: string,
  createdAt: string,
  environment: string,
  team: string,
  objects: readonly (readonly [key: string, bytes: number])[],
): Bucket {
  return {
    name,
    createdAt,
    tags: tagList(name, environment, team).filter((tag) => tag.key !== 'Name'),
    objects: objects.map(([key, bytes]) => ({ key, bytes, modifiedAt: '2025-09-02T04:00:00.000Z' })),
  };
}

function lambda(
  name: string,
  description: string,
  runtime: string,
  memoryMb: number,
  timeoutSeconds: number,
  team: string,
  modifiedAt: string,
): LambdaFunction {
  const handler = runtime.startsWith('python') ? 'app.handler' : 'index.handler';
  const codeBytes = name.length * 104_729;
  const tags = tagList(name, 'production', team).filter((tag) => tag.key !== 'Name');
  return { name, description, runtime, handler, memoryMb, timeoutSeconds, codeBytes, modifiedAt, tags };
}
