import type { Account, Instance, Tag, Volume } from './account-types.ts';

/** The machines, disks and networks of the stand-in account. */

const MAIN_VPC = 'vpc-0c1d2e3f4a5b60001';
const DEFAULT_VPC = 'vpc-0c1d2e3f4a5b60002';
const GROUP = { web: 'sg-0d1e2f3a4b5c60001', api: 'sg-0d1e2f3a4b5c60002', bastion: 'sg-0d1e2f3a4b5c60003' };
const SUBNET: Readonly<Record<string, string>> = {
  a: 'subnet-0e1f2a3b4c5d60001',
  b: 'subnet-0e1f2a3b4c5d60002',
};
const IMAGE = 'ami-0f1a2b3c4d5e60001';

export function createCompute(
  region: string,
): Pick<Account, 'instances' | 'volumes' | 'vpcs' | 'securityGroups'> {
  const instances = INSTANCE_ROWS.map((row, index) => toInstance(row, index, region));
  return {
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

/** The three tags that most things of the account have. */
export function tagList(name: string, environment: string, team: string): Tag[] {
  return [
    { key: 'Name', value: name },
    { key: 'Environment', value: environment },
    { key: 'Team', value: team },
  ];
}
