import type { AgentEvent } from '../contract/events.ts';
import type { Invocation } from '../contract/invocation.ts';
import type { AgentCall } from './run-turn.ts';
import type { ClaimedTurn } from './turn.ts';

/** What others said where a turn was asked; nothing where it cannot be told soon. Never throws. */
export type ReadThread = (
  message: ClaimedTurn['message'],
  signal: AbortSignal,
) => Promise<Readonly<NonNullable<Invocation['thread']>>>;

/**
 * Begins turns with what others said in their threads. Who attaches to a run asks it nothing, and a thread is read only
 * where others have written: all of it again for a question that names the bot, since nobody knows what the agent still
 * has of it; without that only when there is something new.
 */
export function withThread(
  invoke: (call: AgentCall) => AsyncGenerator<AgentEvent>,
  readThread: ReadThread,
): (call: AgentCall) => AsyncGenerator<AgentEvent> {
  return async function* (call) {
    const thread = mayTellMore(call) ? await readThread(call.message, call.signal) : [];
    const invocation = { ...call.invocation, thread: [...thread] };
    yield* invoke(thread.length === 0 ? call : { ...call, invocation });
  };
}

const mayTellMore = ({ message, others, invocation }: AgentCall): boolean =>
  invocation.mode === 'start' && (others === 'since' || (others === 'before' && message.addressed));
