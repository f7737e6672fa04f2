import { tool } from '@strands-agents/sdk';
import { z } from 'zod';
import type { AwsClients } from './aws-clients.ts';
import { explainAwsFailure } from './aws-failure.ts';
import { type CataloguedTool, inputField } from './catalogue.ts';

/**
 * The configuration of one function (Lambda GetFunctionConfiguration). Of its environment only the names are
 * given: the values often hold secrets.
 */
export function createDescribeLambdaFunction(aws: AwsClients): CataloguedTool {
  return {
    effect: 'read',
    title: (input) => `Looking at Lambda function ${inputField(input, 'name') ?? ''}`.trim(),
    tool: tool({
      name: 'describe_lambda_function',
      description: 'Describes the configuration of one Lambda function. Environment values are not shown.',
      inputSchema: z.object({
        name: z
          .string()
          .regex(/^[a-zA-Z0-9-_]{1,64}$/)
          .describe('The name of the function.'),
      }),
      callback: ({ name }, context) =>
        explainAwsFailure('lambda:GetFunctionConfiguration', async () => {
          const { GetFunctionConfigurationCommand } = await import('./load-lambda.ts');
          const client = await aws.lambda();
          const signal = context?.cancelSignal;
          const one = await client.send(
            new GetFunctionConfigurationCommand({ FunctionName: name }),
            signal ? { abortSignal: signal } : {},
          );
          return {
            region: aws.region,
            name: one.FunctionName ?? name,
            runtime: one.Runtime ?? one.PackageType ?? '',
            handler: one.Handler ?? '',
            memoryMb: one.MemorySize ?? 0,
            timeoutSeconds: one.Timeout ?? 0,
            state: one.State ?? '',
            modified: one.LastModified ?? '',
            architecture: (one.Architectures ?? []).join(', '),
            role: one.Role ?? '',
            description: (one.Description ?? '').slice(0, 256),
            environmentNames: Object.keys(one.Environment?.Variables ?? {}).slice(0, 100),
          };
        }),
    }),
  };
}
