import { OpenAIModel } from '@strands-agents/sdk/models/openai';
import type { ModelChoice } from '../environment.ts';

/**
 * Any server that speaks OpenAI's chat completions (Ollama, vLLM, llama.cpp, the public API). Local servers take
 * no key, but the client insists on one, so a placeholder is sent to them.
 */
export function createOpenAiModel(choice: Extract<ModelChoice, { provider: 'openai' }>): OpenAIModel {
  return new OpenAIModel({
    api: 'chat',
    modelId: choice.modelId,
    apiKey: choice.apiKey ?? 'no-key',
    ...(choice.baseUrl ? { clientConfig: { baseURL: choice.baseUrl } } : {}),
  });
}
