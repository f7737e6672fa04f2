import { expect, test } from 'vitest';
import { ageSession } from '../../../../local/aws/session-age.ts';

const LIMITS = { idleTimeoutMs: 900_000, maxLifetimeMs: 28_800_000 };
const FRESH = { startedAt: 0, lastUsedAt: 0, inFlight: 0 };

test('a session is idle once its time-out has passed, and not a millisecond before', () => {
  expect(ageSession(FRESH, LIMITS, 899_999)).toBe('keep');
  expect(ageSession(FRESH, LIMITS, 900_000)).toBe('idle');
  expect(ageSession({ ...FRESH, lastUsedAt: 1 }, LIMITS, 900_000)).toBe('keep');
});

test('a session with a request is not idle, but can be too old', () => {
  const busy = { ...FRESH, inFlight: 1 };
  expect(ageSession(busy, LIMITS, 28_799_999)).toBe('keep');
  expect(ageSession(busy, LIMITS, 28_800_000)).toBe('expired');
  expect(ageSession({ ...FRESH, lastUsedAt: 28_800_000 }, LIMITS, 28_800_000)).toBe('expired');
});
