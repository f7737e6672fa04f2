import type { Account, Bucket, Instance, LambdaFunction, Tag, Volume } from './account-types.ts';

/**
 * The account of an imaginary shop, the same at every start, so that an answer about it can be checked:
 * 7 EC2 instances (4 running, 2 stopped, 1 terminated), 7 volumes (1 unused), 2 VPCs, 4 security groups (1 too open),
 * 5 buckets, 4 functions (1 on a retired runtime), 2 databases.
 */

const MAIN_VPC = 'vpc-0c1d2e3f4a5b60001';
const DEFAULT_VPC = 'vpc-0c1d2e3f4a5b60002';
const GROUP = { web: 'sg-0d1e2f3a4b5c60001', api: 'sg-0d1e2f3a4b5c60002', bastion: 'sg-0d1e2f3a4b5c60003' };
const SUBNET: Readonly<Record<string, string>> = {
  a: 'subnet-0e1f2a3b4c5d60001',
  b: 'subnet-0e1f2a3b4c5d60002',
};
const IMAGE = 'ami-0f1a2b3c4d5e60001';

export function createAccount(accountId: string, region: string): Account {
  const instances = INSTANCE_ROWS.map((row, index) => toInstance(row, index, region));
  return {
    accountId,
    region,
    regions: [...new Set([region, 'us-east-1', 'us-east-2', 'us-west-2', 'eu-central-1', 'eu-west-1'])],
    instances,
    volumes: [
      ...instances.filter((instance) => instance.state !== 'terminated').map(toRootVolume),
      unused(region),
    ],
    vpcs: [
      {
        id: MAIN_VPC,
        cidr: '10.20.0.0/16',
        isDefault: false,
        tags: tagList('main', 'production', 'platform'),
      },
      { id: DEFAULT_VPC, cidr: '172.31.0.0/16', isDefault: true, tags: [] },
    ],
    securityGroups: [
      {
        id: GROUP.web,
        name: 'web',
        description: 'Shop front, reachable over HTTPS',
        vpcId: MAIN_VPC,
        ingress: [{ protocol: 'tcp', port: 443, cidr: '0.0.0.0/0', note: 'HTTPS for everybody' }],
        tags: tagList('web', 'production', 'storefront'),
      },
      {
        id: GROUP.api,
        name: 'api',
        description: 'Order API, reachable from the shop front only',
        vpcId: MAIN_VPC,
        ingress: [{ protocol: 'tcp', port: 8080, fromGroup: GROUP.web, note: 'from the shop front' }],
        tags: tagList('api', 'production', 'platform'),
      },
      {
        id: GROUP.bastion,
        name: 'bastion',
        description: 'Way in for operators',
        vpcId: MAIN_VPC,
        ingress: [{ protocol: 'tcp', port: 22, cidr: '0.0.0.0/0', note: 'SSH, was meant to be temporary' }],
        tags: tagList('bastion', 'production', 'platform'),
      },
      {
        id: 'sg-0d1e2f3a4b5c60004',
        name: 'default',
        description: 'default VPC security group',
        vpcId: DEFAULT_VPC,
        ingress: [{ protocol: '-1', fromGroup: 'sg-0d1e2f3a4b5c60004', note: 'members among themselves' }],
        tags: [],
      },
    ],
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

type InstanceRow = readonly [
  name: string,
  state: Instance['state'],
  type: string,
  zone: 'a' | 'b',
  environment: string,
  team: string,
  group: string,
  address: string,
  launchedAt: string,
];

const INSTANCE_ROWS: readonly InstanceRow[] = [
  [
    'web-1',
    'running',
    't3.medium',
    'a',
    'production',
    'storefront',
    GROUP.web,
    '10.20.1.11',
    '2025-09-02T06:30:00.000Z',
  ],
  [
    'web-2',
    'running',
    't3.medium',
    'b',
    'production',
    'storefront',
    GROUP.web,
    '10.20.2.12',
    '2025-09-02T06:31:00.000Z',
  ],
  [
    'api-1',
    'running',
    'm6i.large',
    'a',
    'production',
    'platform',
    GROUP.api,
    '10.20.1.21',
    '2025-08-14T17:05:00.000Z',
  ],
  [
    'bastion',
    'running',
    't3.micro',
    'a',
    'production',
    'platform',
    GROUP.bastion,
    '10.20.1.5',
    '2025-03-20T09:00:00.000Z',
  ],
  [
    'batch-staging',
    'stopped',
    'c6i.xlarge',
    'b',
    'staging',
    'data',
    GROUP.api,
    '10.20.2.40',
    '2025-07-08T11:45:00.000Z',
  ],
  [
    'sandbox',
    'stopped',
    't3.large',
    'a',
    'development',
    'platform',
    GROUP.api,
    '10.20.1.60',
    '2025-05-27T15:20:00.000Z',
  ],
  [
    'web-0',
    'terminated',
    't2.medium',
    'a',
    'production',
    'storefront',
    GROUP.web,
    '',
    '2024-11-19T10:10:00.000Z',
  ],
];

function toInstance(row: InstanceRow, index: number, region: string): Instance {
  const [name, state, type, zone, environment, team, group, address, launchedAt] = row;
  const base = {
    id: `i-0a1b2c3d4e5f6000${index + 1}`,
    type,
    state,
    zone: `${region}${zone}`,
    launchedAt,
    imageId: IMAGE,
    tags: tagList(name, environment, team),
  };
  if (state === 'terminated') return { ...base, groupIds: [] };
  const subnetId = SUBNET[zone] ?? '';
  const placed = { ...base, privateIp: address, vpcId: MAIN_VPC, subnetId, groupIds: [group] };
  return name === 'bastion' ? { ...placed, publicIp: '203.0.113.25' } : placed;
}

function toRootVolume(instance: Instance, index: number): Volume {
  return {
    id: `vol-0b1c2d3e4f5a6000${index + 1}`,
    sizeGiB: instance.type.startsWith('t3') ? 30 : 100,
    type: 'gp3',
    zone: instance.zone,
    encrypted: true,
    createdAt: instance.launchedAt,
    instanceId: instance.id,
    tags: instance.tags,
  };
}

function unused(region: string): Volume {
  return {
    id: 'vol-0b1c2d3e4f5a60009',
    sizeGiB: 500,
    type: 'gp2',
    zone: `${region}a`,
    encrypted: false,
    createdAt: '2024-11-19T10:10:00.000Z',
    tags: tagList('web-0-data', 'production', 'storefront'),
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

function tagList(name: string, environment: string, team: string): Tag[] {
  return [
    { key: 'Name', value: name },
    { key: 'Environment', value: environment },
    { key: 'Team', value: team },
  ];
}
