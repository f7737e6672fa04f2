import type { AgentEvent } from '../contract/events.ts';
import type { Invocation } from '../contract/invocation.ts';
import type { AgentCall } from './run-turn.ts';
import type { ClaimedTurn } from './turn.ts';

/** What others said where a turn was asked; nothing where it cannot be told soon. Never throws. */
export type ReadThread = (
  message: ClaimedTurn['message'],
  signal: AbortSignal,
) => Promise<Readonly<NonNullable<Invocation['thread']>>>;

/** Begins turns with what others said in their threads. Who attaches to a run asks it nothing. */
export function withThread(
  invoke: (call: AgentCall) => AsyncGenerator<AgentEvent>,
  readThread: ReadThread,
): (call: AgentCall) => AsyncGenerator<AgentEvent> {
  return async function* (call) {
    const thread = call.invocation.mode === 'start' ? await readThread(call.message, call.signal) : [];
    const invocation = { ...call.invocation, thread: [...thread] };
    yield* invoke(thread.length === 0 ? call : { ...call, invocation });
  };
}
