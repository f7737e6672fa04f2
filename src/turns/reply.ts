import type { ReplyView } from '../chat/vocabulary.ts';
import type { ClaimedTurn, PostedPart } from './turn.ts';

/** The lane went to another worker: whatever this one still wants to write would be stale. */
export class LaneLost extends Error {
  constructor(lane: string) {
    super(`lane ${lane} is held by another worker`);
    this.name = 'LaneLost';
  }
}

/** The thread cannot be written to, and trying again will not help (archived, bot removed, token revoked). */
export class ReplyRefused extends Error {
  /** The platform's own error name, for the operator. */
  readonly reason: string;
  constructor(reason: string) {
    super(`the platform refused the reply: ${reason}`);
    this.name = 'ReplyRefused';
    this.reason = reason;
  }
}

export interface ReplyTarget {
  readonly turn: ClaimedTurn;
  /** Throws `LaneLost` unless this worker may write now. To be called right before every chat call. */
  readonly assertHeld: () => void;
  /** Keeps the ids of what stands in the thread, so that a successor edits it instead of posting again. */
  readonly notePosted: (parts: readonly PostedPart[]) => Promise<void>;
  /** Ends all waiting when the turn is given up. */
  readonly signal: AbortSignal;
}

/**
 * One reply in one thread, the same port for every platform. Views are whole, so an implementation is free to skip
 * those that are overtaken; only the last one must become visible.
 */
export interface Reply {
  /** Asks for this look soon; returns at once. Pacing and batching are the platform's. */
  show(view: ReplyView): void;
  /** For how long the platform has taken nothing that shows in the thread. Milliseconds; undefined: it does not tell. */
  untakenMs(): number | undefined;
  /** Makes this look final. Resolves when it is completely visible; rejects with `LaneLost` or `ReplyRefused`. */
  finish(view: ReplyView): Promise<readonly PostedPart[]>;
}

export type OpenReply = (target: ReplyTarget) => Reply;
