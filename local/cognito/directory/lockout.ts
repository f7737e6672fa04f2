/**
 * Cognito's lockout after wrong passwords and codes: from the fifth failure on, the account is closed for 1 s, and twice
 * as long after each further one, up to 15 minutes. What is tried while it is closed does not count. A success, or 15
 * minutes without a try, sets it back.
 */

export interface Failures {
  readonly count: number;
  /** Epoch milliseconds. */
  readonly lastAt: number;
  readonly lockedUntil: number;
}

export const NO_FAILURES: Failures = { count: 0, lastAt: 0, lockedUntil: 0 };

const FREE = 5;
const LONGEST_MS = 15 * 60_000;

export function isLocked(failures: Failures, now: number): boolean {
  return now < failures.lockedUntil;
}

/** What is known after one more failure at `now`, which must not be inside a lock. */
export function afterFailure(failures: Failures, now: number): Failures {
  const rested = now - Math.max(failures.lastAt, failures.lockedUntil) >= LONGEST_MS;
  const count = rested ? 1 : failures.count + 1;
  const lock = count < FREE ? 0 : Math.min(1000 * 2 ** (count - FREE), LONGEST_MS);
  return { count, lastAt: now, lockedUntil: now + lock };
}
