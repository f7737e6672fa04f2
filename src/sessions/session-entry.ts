import type { ConversationKey } from '../chat/vocabulary.ts';

/** Longest texts of an entry, in UTF-16 units, which is what chat platforms count at most. */
export const LIMITS = { name: 80, question: 200, tag: 40, project: 80, tags: 20 } as const;

/** So long after its last turn a session is forgotten: longer than Memory keeps any of its events. Seconds. */
export const KEPT_S = 400 * 86_400;

/** One session in the directory of the person that it belongs to. Times are epoch milliseconds. */
export interface SessionEntry {
  /** The session's id, for the runtime and Memory alike (`session-id.ts`). */
  readonly id: string;
  /** Its number for the person: counted up from 1, never given to another one. */
  readonly number: number;
  /** Unique for the person. */
  readonly name: string;
  readonly tags: readonly string[];
  /** Empty: none. */
  readonly project: string;
  readonly createdAt: number;
  readonly lastAt: number;
  readonly turns: number;
  /** Its beginning; empty until something was asked. */
  readonly question: string;
  readonly archived: boolean;
  /** Where it began; undefined where it can no longer be read. */
  readonly origin: ConversationKey | undefined;
}
