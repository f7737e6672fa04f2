import type { SessionEntry } from '../sessions/session-entry.ts';
import type { CommandAnswer } from './answer.ts';

/**
 * What the commands about conversations answer besides their words, for a platform to show as lists and buttons. Nobody
 * but the asker may see any of it.
 */
export type Shown =
  | SessionList
  | SessionHistory
  | SearchHits
  /** A session that is asked about once more before it goes for good. */
  | { readonly kind: 'confirm_delete'; readonly entry: SessionEntry };

/** Newest activity first. */
export interface SessionList {
  readonly kind: 'sessions';
  readonly entries: readonly SessionEntry[];
  /** How many there are in all, whatever the words. */
  readonly total: number;
  readonly archived: boolean;
  /** What was looked for; empty: nothing. */
  readonly words: string;
  /** Asks for the next page. */
  readonly next?: string;
  /** The session that answers in the place where it was asked. */
  readonly here?: string;
  /** There are so many active ones that these, long idle, might be archived. */
  readonly idle?: readonly SessionEntry[];
}

/** Oldest first. */
export interface SessionHistory {
  readonly kind: 'history';
  readonly entry: SessionEntry;
  readonly turns: readonly PastTurn[];
  /** There are earlier ones. */
  readonly more: boolean;
}

export interface PastTurn {
  readonly question: string;
  /** Empty: there was none, or it is not known yet. */
  readonly answer: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Best first. */
export interface SearchHits {
  readonly kind: 'hits';
  readonly words: string;
  readonly hits: readonly SearchHit[];
  /** Not everything could be looked through: Memory is away, or there is too much. */
  readonly partial: boolean;
}

export interface SearchHit {
  /** Where the words stand; Memory's long-term notes may belong to no session that is still there. */
  readonly entry?: SessionEntry;
  readonly source: 'talk' | 'note';
  /** A piece of the text around the words. */
  readonly text: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** An answer to a command about conversations. `text` says all that matters also where nothing else can be shown. */
export interface ConversationAnswer extends CommandAnswer {
  readonly shown?: Shown;
  /** What was typed here may not be kept, and nothing was changed: a form is to ask anew. */
  readonly refused?: 'name' | 'tags' | 'project';
}
