import type { PastTurn } from './conversation-answers.ts';

/** What was said in sessions, as Memory has it. Nobody but the actor is asked about theirs. */
export interface PastTalk {
  /**
   * The last turns of a session, oldest first; `more`: there are earlier ones. @throws when Memory cannot be read in so
   * many milliseconds.
   */
  lastTurns(
    actor: string,
    session: string,
    count: number,
    withinMs: number,
  ): Promise<{ turns: readonly PastTurn[]; more: boolean }>;
  /** Looks through the talk in these sessions, in this order, and through the long-term notes, for as long as there is time. */
  search(actor: string, words: string, sessions: readonly string[]): Promise<FoundTalk>;
}

export interface FoundTalk {
  /** Best first. */
  readonly hits: readonly {
    /** Undefined: a note that belongs to no session. */
    readonly session?: string;
    readonly source: 'talk' | 'note';
    /** A piece of the text around the words. */
    readonly text: string;
    /** Epoch milliseconds. */
    readonly at: number;
  }[];
  /** Not everything could be looked through. */
  readonly partial: boolean;
}
