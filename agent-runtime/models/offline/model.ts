import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { ModelStreamEvent } from '@strands-agents/sdk';
import {
  type BaseModelConfig,
  type Message,
  Model,
  ModelError,
  type StreamOptions,
} from '@strands-agents/sdk';
import { readConversation } from './conversation.ts';
import { decide } from './rules.ts';

export const OFFLINE_MODEL_ID = 'offline';

export interface OfflineModelDeps {
  /** Pause after every word, in milliseconds. */
  readonly wordDelayMs: number;
  /** Ends the process at once; asked for by the prompt "crash now". */
  readonly crash: () => void;
}

/**
 * A model without a model: keyword rules decide, tool results are written out, words are streamed. It lets
 * everything around it be tried without an account. Deterministic for the same conversation.
 */
export function createOfflineModel(deps: OfflineModelDeps): Model<BaseModelConfig> {
  return new OfflineModel(deps);
}

/** A class because the SDK's model is one to be extended. */
class OfflineModel extends Model<BaseModelConfig> {
  #config: BaseModelConfig = { modelId: OFFLINE_MODEL_ID };
  readonly #deps: OfflineModelDeps;

  constructor(deps: OfflineModelDeps) {
    super();
    this.#deps = deps;
  }

  updateConfig(config: BaseModelConfig): void {
    this.#config = { ...this.#config, ...config };
  }

  getConfig(): BaseModelConfig {
    return this.#config;
  }

  async *stream(messages: Message[], options?: StreamOptions): AsyncGenerator<ModelStreamEvent> {
    const plan = decide(readConversation(messages));
    yield { type: 'modelMessageStartEvent', role: 'assistant' };
    switch (plan.kind) {
      case 'fail':
        throw new ModelError('The offline model was asked to fail.');
      case 'crash':
        yield* this.#speak('Crashing now.', options?.cancelSignal);
        // Lets the words leave the process before it dies.
        await sleep(50);
        this.#deps.crash();
        return;
      case 'call':
        for (const [index, call] of plan.calls.entries()) {
          const toolUseId = `offline-${messages.length}-${index + 1}`;
          yield {
            type: 'modelContentBlockStartEvent',
            start: { type: 'toolUseStart', name: call.name, toolUseId },
          };
          yield {
            type: 'modelContentBlockDeltaEvent',
            delta: { type: 'toolUseInputDelta', input: JSON.stringify(call.input) },
          };
          yield { type: 'modelContentBlockStopEvent' };
        }
        yield { type: 'modelMessageStopEvent', stopReason: 'toolUse' };
        yield usage(messages, JSON.stringify(plan.calls));
        return;
      case 'say':
        yield* this.#speak(plan.text, options?.cancelSignal);
        yield { type: 'modelMessageStopEvent', stopReason: 'endTurn' };
        yield usage(messages, plan.text);
    }
  }

  async *#speak(text: string, signal: AbortSignal | undefined): AsyncGenerator<ModelStreamEvent> {
    yield { type: 'modelContentBlockStartEvent' };
    // Each word keeps the white space behind it, so that the pieces joined are the exact text.
    const words = text.match(/\s*\S+\s*/gu) ?? [text];
    for (const [index, word] of words.entries()) {
      if (signal?.aborted) break;
      yield { type: 'modelContentBlockDeltaEvent', delta: { type: 'textDelta', text: word } };
      if (this.#deps.wordDelayMs > 0) await sleep(this.#deps.wordDelayMs);
      // Without a delay the readers still get their turn now and then.
      else if (index % 50 === 49) await nextTurn();
    }
    yield { type: 'modelContentBlockStopEvent' };
  }
}

/** Words stand for tokens: there is no tokenizer here, and the numbers only need to be plausible and stable. */
function usage(messages: readonly Message[], output: string): ModelStreamEvent {
  const inputTokens = messages
    .flatMap((message) => message.content)
    .reduce((sum, block) => sum + (block.type === 'textBlock' ? countWords(block.text) : 0), 0);
  const outputTokens = countWords(output);
  return {
    type: 'modelMetadataEvent',
    usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
  };
}

function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}
