import { expect, test } from 'vitest';
import { afterFailure, isLocked, NO_FAILURES } from '../../../../local/cognito/directory/lockout.ts';

/** Fails once after each lock has run out, and tells how long each lock was, in seconds. */
function locks(failures: number): number[] {
  let state = NO_FAILURES;
  let now = 1_000_000;
  return Array.from({ length: failures }, () => {
    now = Math.max(now, state.lockedUntil);
    state = afterFailure(state, now);
    return (state.lockedUntil - now) / 1000;
  });
}

test('the fifth failure locks for a second, each further one twice as long, up to fifteen minutes', () => {
  expect(locks(17)).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
});

test('a lock ends to the millisecond', () => {
  const failures = { count: 5, lastAt: 0, lockedUntil: 1000 };
  expect([isLocked(failures, 999), isLocked(failures, 1000)]).toEqual([true, false]);
});

test('fifteen quiet minutes forget the failures', () => {
  const failures = { count: 9, lastAt: 0, lockedUntil: 16_000 };
  expect(afterFailure(failures, 16_000 + 900_000 - 1).count).toBe(10);
  expect(afterFailure(failures, 16_000 + 900_000).count).toBe(1);
});
