import { tool } from '@strands-agents/sdk';
import { z } from 'zod';
import type { AwsClients } from './aws-clients.ts';
import { explainAwsFailure } from './aws-failure.ts';
import { type CataloguedTool, inputField } from './catalogue.ts';
import { toLine } from './list-ec2-instances.ts';

const MAX_TAGS = 50;

/** What one instance is and how it is connected (EC2 DescribeInstances with an id). User data is never read. */
export function createDescribeEc2Instance(aws: AwsClients): CataloguedTool {
  return {
    effect: 'read',
    title: (input) => `Looking at EC2 instance ${inputField(input, 'instanceId') ?? ''}`.trim(),
    tool: tool({
      name: 'describe_ec2_instance',
      description: 'Describes one EC2 instance: state, type, network, image, tags.',
      inputSchema: z.object({
        instanceId: z
          .string()
          .regex(/^i-[0-9a-f]{8,17}$/)
          .describe('The id of the instance, such as i-0123456789abcdef0.'),
      }),
      callback: ({ instanceId }, context) =>
        explainAwsFailure('ec2:DescribeInstances', () => describe(aws, instanceId, context?.cancelSignal)),
    }),
  };
}

async function describe(aws: AwsClients, instanceId: string, signal: AbortSignal | undefined) {
  const { DescribeInstancesCommand } = await import('./load-ec2.ts');
  const client = await aws.ec2();
  const answer = await client.send(
    new DescribeInstancesCommand({ InstanceIds: [instanceId] }),
    signal ? { abortSignal: signal } : {},
  );
  const instance = answer.Reservations?.flatMap((one) => one.Instances ?? [])[0];
  if (!instance) {
    const missing = new Error(`no instance ${instanceId}`);
    missing.name = 'InvalidInstanceID.NotFound';
    throw missing;
  }
  return {
    region: aws.region,
    ...toLine(instance),
    launched: instance.LaunchTime?.toISOString() ?? '',
    image: instance.ImageId ?? '',
    architecture: instance.Architecture ?? '',
    publicIp: instance.PublicIpAddress ?? '',
    vpc: instance.VpcId ?? '',
    subnet: instance.SubnetId ?? '',
    securityGroups: (instance.SecurityGroups ?? []).map((group) => group.GroupName ?? group.GroupId ?? ''),
    role: instance.IamInstanceProfile?.Arn ?? '',
    tags: Object.fromEntries(
      (instance.Tags ?? []).slice(0, MAX_TAGS).map((tag) => [tag.Key ?? '', (tag.Value ?? '').slice(0, 256)]),
    ),
  };
}
