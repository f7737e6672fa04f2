import type { MemoryFailure } from './memory-errors.ts';

/** When a call of Memory is tried again. Pure: the time that passed and the chance are handed in. */

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;

/**
 * Milliseconds to wait before the next attempt; undefined when there is to be none.
 *
 * @param attempts how many were made, from 1
 * @param elapsedMs since the first attempt began
 * @param deadlineMs no attempt begins later than this after the first
 * @param chance from 0 to below 1: callers that failed together do not come back together
 */
export function retryAfter(
  failure: Pick<MemoryFailure, 'code' | 'retryable'>,
  by: {
    readonly attempts: number;
    readonly elapsedMs: number;
    readonly deadlineMs: number;
    readonly chance: number;
  },
): number | undefined {
  if (!failure.retryable) return undefined;
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (by.attempts - 1));
  // Never at once after a refusal for too many calls: the window that is full is a second long.
  const least = failure.code === 'memory_throttled' ? longest / 2 : 0;
  const wait = Math.round(least + by.chance * (longest - least));
  return by.elapsedMs + wait < by.deadlineMs ? wait : undefined;
}
