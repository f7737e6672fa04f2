import type { Account, Instance, Tag } from './account-types.ts';
import { awsError } from './aws-error.ts';
import { cutPage } from './paging.ts';
import { applyFilters, type FilterTable, filtersOf, listOf, numberOf } from './query.ts';
import type { XmlObject } from './xml.ts';

/** EC2's DescribeInstances. */

const STATE_CODE: Readonly<Record<Instance['state'], number>> = { running: 16, terminated: 48, stopped: 80 };

const FILTERS: FilterTable<Instance> = {
  'instance-id': (instance) => [instance.id],
  'instance-state-name': (instance) => [instance.state],
  'instance-state-code': (instance) => [String(STATE_CODE[instance.state])],
  'instance-type': (instance) => [instance.type],
  'availability-zone': (instance) => [instance.zone],
  'image-id': (instance) => [instance.imageId],
  'vpc-id': (instance) => present(instance.vpcId),
  'subnet-id': (instance) => present(instance.subnetId),
  'private-ip-address': (instance) => present(instance.privateIp),
  'ip-address': (instance) => present(instance.publicIp),
  'instance.group-id': (instance) => instance.groupIds,
};

/** Throws `AwsError` for ids that are malformed or unknown, filters that do not exist, and bad paging. */
export function describeInstances(account: Account, form: URLSearchParams): XmlObject {
  const ids = listOf(form, 'InstanceId');
  const malformed = ids.find((id) => !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
  if (malformed) throw awsError(400, 'InvalidInstanceID.Malformed', `Invalid id: "${malformed}"`);
  const missing = ids.filter((id) => !account.instances.some((instance) => instance.id === id));
  if (missing.length > 0) {
    throw awsError(
      400,
      'InvalidInstanceID.NotFound',
      `There is no instance ${missing.join(', ')} in this region`,
    );
  }
  if (ids.length > 0 && form.has('MaxResults')) {
    throw awsError(400, 'InvalidParameterCombination', 'Give InstanceId or MaxResults, not both');
  }
  const named = account.instances.filter((instance) => ids.length === 0 || ids.includes(instance.id));
  const found = applyFilters(named, filtersOf(form), FILTERS);
  const size = numberOf(form, 'MaxResults', { min: 5, max: 1_000, fallback: 1_000 });
  const page = cutPage(found, size, form.get('NextToken') ?? undefined);
  if (!page) throw awsError(400, 'InvalidNextToken', 'NextToken is not one that an earlier answer gave');
  return {
    reservationSet: { item: page.items.map((instance) => reservation(account, instance)) },
    nextToken: page.next,
  };
}

function reservation(account: Account, instance: Instance): XmlObject {
  return {
    reservationId: instance.id.replace('i-', 'r-'),
    ownerId: account.accountId,
    groupSet: {},
    instancesSet: { item: writeInstance(account, instance) },
  };
}

function writeInstance(account: Account, instance: Instance): XmlObject {
  const stopped = instance.state !== 'running';
  return {
    instanceId: instance.id,
    imageId: instance.imageId,
    instanceState: { code: STATE_CODE[instance.state], name: instance.state },
    privateDnsName: instance.privateIp ? `ip-${instance.privateIp.replaceAll('.', '-')}.internal` : '',
    dnsName: '',
    reason: stopped ? 'User initiated' : '',
    amiLaunchIndex: 0,
    instanceType: instance.type,
    launchTime: instance.launchedAt,
    placement: { availabilityZone: instance.zone, groupName: '', tenancy: 'default' },
    monitoring: { state: 'disabled' },
    subnetId: instance.subnetId,
    vpcId: instance.vpcId,
    privateIpAddress: instance.privateIp,
    ipAddress: instance.publicIp,
    stateReason: stopped
      ? {
          code: 'Client.UserInitiatedShutdown',
          message: 'Client.UserInitiatedShutdown: User initiated shutdown',
        }
      : undefined,
    architecture: 'x86_64',
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/xvda',
    blockDeviceMapping: {},
    virtualizationType: 'hvm',
    tagSet: tagSet(instance.tags),
    hypervisor: 'xen',
    groupSet: {
      item: instance.groupIds.map((groupId) => ({
        groupId,
        groupName: account.securityGroups.find((group) => group.id === groupId)?.name ?? '',
      })),
    },
    ebsOptimized: false,
  };
}

/** Tags as EC2 writes them. */
export function tagSet(tags: readonly Tag[]): XmlObject {
  return { item: tags.map((tag) => ({ key: tag.key, value: tag.value })) };
}

function present(value: string | undefined): string[] {
  return value === undefined ? [] : [value];
}
