import { type AnsweredTurn, talkOf } from '../contract/memory.ts';
import type { OutboxEntry } from './memory-outbox.ts';

/** A turn that has come to its end, and as whom and where it was asked. */
export interface EndedTurn extends AnsweredTurn {
  readonly actor: string;
  readonly session: string;
  readonly end: string;
}

/** What was answered, or said until somebody stopped it. */
const REMEMBERED = new Set(['done', 'stopped']);

/** What Memory is told of a turn, where the agent does not do so itself; nothing of one without an answer. Pure. */
export function talkEntries({ actor, session, end, ...turn }: EndedTurn): OutboxEntry[] {
  if (!REMEMBERED.has(end) || turn.answer.trim() === '' || turn.question.trim() === '') return [];
  return talkOf(turn).map(({ token, at, role, text, metadata }) => ({
    actor,
    session,
    token,
    at,
    content: { payload: [{ kind: 'message', role, text }], metadata },
  }));
}
