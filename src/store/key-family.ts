/** A kind of key that is kept in Redis. */
export interface KeyFamily {
  /** What follows the key prefix and a colon. `<…>` stands for what differs. */
  readonly names: readonly string[];
  readonly holds: string;
  readonly kept: string;
  readonly bound: Bound;
}

/**
 * expires   each key has a time to live of at most so many seconds; of a turn, from its end on
 * work      there while turns wait or run; gone when none does
 * constant  the same few keys for ever, with at most so many members (fields, entries; 1 for a value)
 * pruned    a member stays for the days that the operator sets; a key of this kind is there once
 */
export type Bound =
  | { readonly kind: 'expires'; readonly withinS: number }
  | { readonly kind: 'work' }
  | { readonly kind: 'constant'; readonly members: number }
  | { readonly kind: 'pruned' };

export const DAY_S = 86_400;
export const expires = (withinS: number): Bound => ({ kind: 'expires', withinS });
export const work: Bound = { kind: 'work' };
export const constant = (members: number): Bound => ({ kind: 'constant', members });
