import { BedrockModel } from '@strands-agents/sdk';
import type { ModelChoice } from '../environment.ts';
import { createNotify, overhear, tellMasksFromBlocks } from './guardrail.ts';

/**
 * Claude and others through Bedrock ConverseStream, with the credentials the AWS SDK finds. With a guardrail that is
 * enforced, the service checks words before it sends them; one that only looks on is asked beside the model.
 */
export function createBedrockModel(
  choice: Extract<ModelChoice, { provider: 'bedrock' }>,
  log: (finding: object, message: string) => void,
): BedrockModel {
  const { modelId, region, guardrail } = choice;
  const enforced = guardrail?.mode === 'enforce';
  const model = new BedrockModel({
    modelId,
    region,
    ...(enforced
      ? {
          guardrailConfig: {
            guardrailIdentifier: guardrail.id,
            guardrailVersion: guardrail.version,
            // What tells a mask from a block.
            trace: 'enabled',
            streamProcessingMode: 'sync',
          },
        }
      : {}),
  });
  if (!guardrail) return model;
  const stream = model.stream.bind(model);
  const notify = enforced ? undefined : createNotify({ ...guardrail, region }, log);
  model.stream = (messages, options) =>
    notify
      ? overhear(messages, stream(messages, options), notify)
      : tellMasksFromBlocks(stream(messages, options), (policies) =>
          log({ policies }, 'the guardrail of the model intervened'),
        );
  return model;
}
