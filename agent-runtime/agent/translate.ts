import type { AgentStreamEvent, StopReason } from '@strands-agents/sdk';
import type { AgentEvent } from '../../src/contract/events.ts';
import type { EventBody } from '../runs/run.ts';

export type Stop = Extract<AgentEvent, { type: 'end' }>['stop'];

export interface Translator {
  /** What one event of the agent's loop means to the reader, in order. Often nothing. */
  translate(event: AgentStreamEvent): readonly EventBody[];
  /** Sum over all model calls so far; undefined while no call reported any. */
  usage(): { readonly inputTokens: number; readonly outputTokens: number } | undefined;
}

const MAX_DETAIL = 300;

/** Translates the events of Strands' `agent.stream()` into events of the contract. Pure apart from its own sums. */
export function createTranslator(
  describe: (name: string, input: unknown) => { readonly title: string; readonly effect: 'read' | 'write' },
): Translator {
  let spoke = false;
  let newParagraph = false;
  let tokens: { inputTokens: number; outputTokens: number } | undefined;

  const text = (delta: string): readonly EventBody[] => {
    if (delta === '') return [];
    // What the model says after a tool call is a new paragraph, not the rest of its last sentence.
    const piece = newParagraph && spoke ? `\n\n${delta}` : delta;
    newParagraph = false;
    spoke = true;
    return [{ type: 'text', text: piece }];
  };

  return {
    translate(event) {
      switch (event.type) {
        case 'beforeModelCallEvent':
          return [{ type: 'status', text: 'Thinking' }];
        case 'modelStreamUpdateEvent': {
          const inner = event.event;
          if (inner.type === 'modelMessageStartEvent') newParagraph = true;
          if (inner.type === 'modelMetadataEvent' && inner.usage) {
            tokens = {
              inputTokens: (tokens?.inputTokens ?? 0) + whole(inner.usage.inputTokens),
              outputTokens: (tokens?.outputTokens ?? 0) + whole(inner.usage.outputTokens),
            };
          }
          if (inner.type === 'modelContentBlockDeltaEvent' && inner.delta.type === 'textDelta') {
            return text(inner.delta.text);
          }
          return [];
        }
        case 'beforeToolCallEvent': {
          const { toolUseId: id, name, input } = event.toolUse;
          return [{ type: 'tool', id, name, ...describe(name, input), state: 'started' }];
        }
        case 'toolStreamUpdateEvent': {
          const data = event.event.data;
          if (typeof data !== 'object' || data === null || !('status' in data)) return [];
          return typeof data.status === 'string' ? [{ type: 'status', text: data.status }] : [];
        }
        case 'afterToolCallEvent': {
          const { toolUseId: id, name, input } = event.toolUse;
          const about = { type: 'tool', id, name, ...describe(name, input) } as const;
          if (event.result.status === 'success') return [{ ...about, state: 'finished' }];
          const reason = event.result.content.find((block) => block.type === 'textBlock')?.text ?? '';
          const detail = reason.replace(/^Error:\s*/, '').slice(0, MAX_DETAIL);
          return [{ ...about, state: 'failed', ...(detail ? { detail } : {}) }];
        }
        default:
          return [];
      }
    },
    usage: () => tokens,
  };
}

/** How a turn closes for the reader when the agent's loop stopped for this reason. */
export function stopFor(reason: StopReason): Stop {
  switch (reason) {
    case 'cancelled':
      return 'cancelled';
    case 'guardrailIntervened':
    case 'contentFiltered':
      return 'guardrail';
    case 'interrupt':
      return 'approval';
    case 'maxTokens':
    case 'limitTurns':
    case 'limitOutputTokens':
    case 'limitTotalTokens':
    case 'modelContextWindowExceeded':
    case 'pauseTurn':
      return 'limit';
    default:
      return 'end';
  }
}

function whole(count: number): number {
  return Number.isFinite(count) && count > 0 ? Math.round(count) : 0;
}
