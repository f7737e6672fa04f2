/**
 * When a service that fails is left alone for a while. Pure.
 *
 * closed   everything goes through
 * open     nothing does, until `openUntil`; then one call tries whether it is back
 */
export interface Breaker {
  /** Calls that failed in a row. */
  readonly failures: number;
  /** Monotonic milliseconds; undefined while closed. */
  readonly openUntil?: number;
}

export const CLOSED: Breaker = { failures: 0 };

const MOST_FAILURES = 5;
const FIRST_REST_MS = 2_000;
const LONGEST_REST_MS = 30_000;

/** May a call be made now? Whoever may, while it is open, is the one that tries: `next` has to be kept. */
export function admit(breaker: Breaker, now: number): { readonly may: boolean; readonly next: Breaker } {
  if (breaker.openUntil === undefined) return { may: true, next: breaker };
  if (now < breaker.openUntil) return { may: false, next: breaker };
  return { may: true, next: { ...breaker, openUntil: now + restOf(breaker.failures) } };
}

export function after(breaker: Breaker, went: 'well' | 'wrong', now: number): Breaker {
  if (went === 'well') return CLOSED;
  const failures = breaker.failures + 1;
  return failures < MOST_FAILURES ? { failures } : { failures, openUntil: now + restOf(failures) };
}

function restOf(failures: number): number {
  return Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.max(0, failures - MOST_FAILURES));
}
