import { BedrockModel } from '@strands-agents/sdk';
import type { ModelChoice } from '../environment.ts';

/** Claude and others through Bedrock ConverseStream, with the credentials the AWS SDK finds. */
export function createBedrockModel(choice: Extract<ModelChoice, { provider: 'bedrock' }>): BedrockModel {
  return new BedrockModel({ modelId: choice.modelId, region: choice.region });
}
