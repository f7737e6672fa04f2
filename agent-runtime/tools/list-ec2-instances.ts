import type { DescribeInstancesCommandOutput, Filter, Instance } from '@aws-sdk/client-ec2';
import { tool } from '@strands-agents/sdk';
import { z } from 'zod';
import type { AwsClients } from './aws-clients.ts';
import { explainAwsFailure } from './aws-failure.ts';
import { type CataloguedTool, inputField } from './catalogue.ts';

export const EC2_STATES = [
  'pending',
  'running',
  'shutting-down',
  'terminated',
  'stopping',
  'stopped',
] as const;

const MAX_LISTED = 100;
const MAX_COUNTED = 20_000;

export interface InstanceLine {
  readonly [field: string]: string;
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly state: string;
  readonly zone: string;
  readonly privateIp: string;
}

/** Lists instances of one region; counts all of them and shows at most 100 (EC2 DescribeInstances). */
export function createListEc2Instances(aws: AwsClients): CataloguedTool {
  return {
    effect: 'read',
    title: (input) => {
      const state = inputField(input, 'state');
      return state ? `Listing ${state} EC2 instances` : 'Listing EC2 instances';
    },
    tool: tool({
      name: 'list_ec2_instances',
      description:
        'Counts and lists EC2 instances in the current region. `count` is the exact number that matches; `instances` shows at most 100 of them.',
      inputSchema: z.object({
        state: z.enum(EC2_STATES).optional().describe('Only instances in this state.'),
        tags: z
          .record(z.string().min(1).max(128), z.string().max(256))
          .optional()
          .describe('Only instances that carry all of these tags, for example {"team": "web"}.'),
      }),
      callback: (input, context) =>
        explainAwsFailure('ec2:DescribeInstances', () => list(aws, input, context?.cancelSignal)),
    }),
  };
}

async function list(
  aws: AwsClients,
  input: { state?: (typeof EC2_STATES)[number] | undefined; tags?: Record<string, string> | undefined },
  signal: AbortSignal | undefined,
) {
  const { DescribeInstancesCommand } = await import('./load-ec2.ts');
  const client = await aws.ec2();
  const filters: Filter[] = [];
  if (input.state) filters.push({ Name: 'instance-state-name', Values: [input.state] });
  for (const [key, value] of Object.entries(input.tags ?? {})) {
    filters.push({ Name: `tag:${key}`, Values: [value] });
  }
  const instances: InstanceLine[] = [];
  const byState: Record<string, number> = {};
  let count = 0;
  let nextToken: string | undefined;
  do {
    const page: DescribeInstancesCommandOutput = await client.send(
      new DescribeInstancesCommand({
        ...(filters.length > 0 ? { Filters: filters } : {}),
        MaxResults: 1000,
        ...(nextToken ? { NextToken: nextToken } : {}),
      }),
      signal ? { abortSignal: signal } : {},
    );
    for (const instance of (page.Reservations ?? []).flatMap((one) => one.Instances ?? [])) {
      const line = toLine(instance);
      count += 1;
      byState[line.state] = (byState[line.state] ?? 0) + 1;
      if (instances.length < MAX_LISTED) instances.push(line);
    }
    nextToken = page.NextToken;
  } while (nextToken && count < MAX_COUNTED);
  return {
    region: aws.region,
    state: input.state ?? 'any',
    count,
    complete: nextToken === undefined,
    byState,
    instances,
  };
}

export function toLine(instance: Instance): InstanceLine {
  return {
    id: instance.InstanceId ?? '',
    name: (instance.Tags?.find((tag) => tag.Key === 'Name')?.Value ?? '').slice(0, 100),
    type: instance.InstanceType ?? '',
    state: instance.State?.Name ?? 'unknown',
    zone: instance.Placement?.AvailabilityZone ?? '',
    privateIp: instance.PrivateIpAddress ?? '',
  };
}
