import type { ReplyView } from '../../../src/chat/vocabulary.ts';
import { type AgentEvent, TURN_UNKNOWN } from '../../../src/contract/events.ts';
import type { AskAgentDeps } from '../../../src/turns/ask-agent.ts';
import type { Exchange } from '../../../src/turns/follow-run.ts';
import type { Interruption } from '../../../src/turns/recovery-decision.ts';
import { end, failure, numbered, text } from './agent-events.ts';

/** What a scripted invocation does: sends events, then ends, fails, or waits until it is aborted. */
export interface Script {
  readonly events?: readonly AgentEvent[];
  readonly fails?: Interruption | Error;
  readonly hangs?: boolean;
}

class Refusal extends Error {
  readonly interruption: Interruption;
  constructor(interruption: Interruption) {
    super('refused');
    this.interruption = interruption;
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    const fail = () => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });

/** A scripted agent, and everything that was asked of it and shown of it. */
export function scripted(scripts: readonly Script[], options: Partial<AskAgentDeps> = {}) {
  const exchanges: Pick<Exchange, 'mode' | 'afterSeq'>[] = [];
  const views: ReplyView[] = [];
  const pauses: number[] = [];
  const interruptions: string[] = [];
  const order: string[] = [];
  let stops = 0;
  const deps: AskAgentDeps = {
    async *open({ mode, afterSeq, signal }) {
      const script = scripts[exchanges.length];
      exchanges.push({ mode, afterSeq });
      if (!script) throw new Error('the agent was asked more often than expected');
      yield* script.events ?? [];
      if (script.fails instanceof Error) throw script.fails;
      if (script.fails) throw new Refusal(script.fails);
      if (script.hangs) await aborted(signal);
    },
    interruptionOf: (error) => (error instanceof Refusal ? error.interruption : undefined),
    stopSession: () => {
      stops += 1;
      return Promise.resolve();
    },
    canAttach: true,
    totalMs: 60_000,
    signal: new AbortController().signal,
    stop: new AbortController().signal,
    random: () => 0.5,
    onView(view) {
      views.push(view);
      order.push(`view ${view.text} ${view.tasks.map((task) => task.state).join()}`.trim());
    },
    async onWrite() {
      order.push('noting the change');
      await new Promise(setImmediate);
      order.push('change noted');
    },
    onInterruption: (interruption) => interruptions.push(interruption.kind),
    pause: (ms, signal) => {
      pauses.push(ms);
      return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
    },
    ...options,
  };
  return { deps, exchanges, views, pauses, interruptions, order, stops: () => stops };
}

export const start = { mode: 'start', afterSeq: 0 };
export const attach = (afterSeq: number) => ({ mode: 'attach', afterSeq });
export const unknownTurn: Script = { events: numbered([failure(TURN_UNKNOWN), end()]) };
export const busySession: Script = { events: numbered([failure('session_busy'), end()]) };
export const answered = numbered([text('Two '), text('instances.'), end()]);
export const throttled: Script = { fails: { kind: 'refused', code: 'agent_throttled', started: 'no' } };
