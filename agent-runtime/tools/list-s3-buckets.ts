import { tool } from '@strands-agents/sdk';
import { z } from 'zod';
import type { AwsClients } from './aws-clients.ts';
import { explainAwsFailure } from './aws-failure.ts';
import type { CataloguedTool } from './catalogue.ts';

const MAX_LISTED = 100;

/** Names and ages of the account's buckets; counts all, shows at most 100 (S3 ListBuckets). */
export function createListS3Buckets(aws: AwsClients): CataloguedTool {
  return {
    effect: 'read',
    title: () => 'Listing S3 buckets',
    tool: tool({
      name: 'list_s3_buckets',
      description: 'Counts and lists the S3 buckets of the account. Shows at most 100 of them.',
      inputSchema: z.object({}),
      callback: (_input, context) =>
        explainAwsFailure('s3:ListAllMyBuckets', async () => {
          const { ListBucketsCommand } = await import('./load-s3.ts');
          const client = await aws.s3();
          const signal = context?.cancelSignal;
          // Without MaxBuckets the whole list comes in one answer.
          const answer = await client.send(new ListBucketsCommand({}), signal ? { abortSignal: signal } : {});
          const buckets = answer.Buckets ?? [];
          return {
            count: buckets.length,
            buckets: buckets.slice(0, MAX_LISTED).map((bucket) => ({
              name: bucket.Name ?? '',
              created: bucket.CreationDate?.toISOString() ?? '',
              region: bucket.BucketRegion ?? '',
            })),
          };
        }),
    }),
  };
}
