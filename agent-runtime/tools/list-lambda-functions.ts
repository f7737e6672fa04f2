import type { ListFunctionsCommandOutput } from '@aws-sdk/client-lambda';
import { tool } from '@strands-agents/sdk';
import { z } from 'zod';
import type { AwsClients } from './aws-clients.ts';
import { explainAwsFailure } from './aws-failure.ts';
import type { CataloguedTool } from './catalogue.ts';

const MAX_LISTED = 100;
const MAX_COUNTED = 5_000;

/** Functions of one region; counts all, shows at most 100 (Lambda ListFunctions). */
export function createListLambdaFunctions(aws: AwsClients): CataloguedTool {
  return {
    effect: 'read',
    title: () => 'Listing Lambda functions',
    tool: tool({
      name: 'list_lambda_functions',
      description: 'Counts and lists the Lambda functions in the current region. Shows at most 100 of them.',
      inputSchema: z.object({}),
      callback: (_input, context) =>
        explainAwsFailure('lambda:ListFunctions', () => list(aws, context?.cancelSignal)),
    }),
  };
}

async function list(aws: AwsClients, signal: AbortSignal | undefined) {
  const { ListFunctionsCommand } = await import('./load-lambda.ts');
  const client = await aws.lambda();
  const functions: { name: string; runtime: string; memoryMb: number; modified: string }[] = [];
  let count = 0;
  let marker: string | undefined;
  do {
    const page: ListFunctionsCommandOutput = await client.send(
      new ListFunctionsCommand(marker ? { Marker: marker } : {}),
      signal ? { abortSignal: signal } : {},
    );
    for (const one of page.Functions ?? []) {
      count += 1;
      if (functions.length >= MAX_LISTED) continue;
      functions.push({
        name: one.FunctionName ?? '',
        runtime: one.Runtime ?? one.PackageType ?? '',
        memoryMb: one.MemorySize ?? 0,
        modified: one.LastModified ?? '',
      });
    }
    marker = page.NextMarker;
  } while (marker && count < MAX_COUNTED);
  return { region: aws.region, count, complete: marker === undefined, functions };
}
