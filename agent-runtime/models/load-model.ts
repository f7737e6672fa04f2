import type { BaseModelConfig, Model } from '@strands-agents/sdk';
import type { ModelChoice } from '../environment.ts';

export interface LoadedModel {
  readonly model: Model<BaseModelConfig>;
  /** The name that usage events carry. */
  readonly modelId: string;
}

/** Makes the model that the environment chose. Only the chosen provider is loaded. */
export async function loadModel(
  choice: ModelChoice,
  deps: {
    readonly crash: () => void;
    readonly log?: (finding: object, message: string) => void;
  },
): Promise<LoadedModel> {
  switch (choice.provider) {
    case 'offline': {
      const { createOfflineModel, OFFLINE_MODEL_ID } = await import('./offline/model.ts');
      return {
        model: createOfflineModel({ wordDelayMs: choice.wordDelayMs, crash: deps.crash }),
        modelId: OFFLINE_MODEL_ID,
      };
    }
    case 'bedrock': {
      const { createBedrockModel } = await import('./bedrock.ts');
      return { model: createBedrockModel(choice, deps.log ?? (() => undefined)), modelId: choice.modelId };
    }
    case 'openai': {
      const { createOpenAiModel } = await import('./openai.ts');
      return { model: createOpenAiModel(choice), modelId: choice.modelId };
    }
  }
}
