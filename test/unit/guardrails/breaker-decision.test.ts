import { expect, it } from 'vitest';
import { admit, after, type Breaker, CLOSED } from '../../../src/guardrails/breaker-decision.ts';

const failed = (times: number, now = 0) => {
  let breaker: Breaker = CLOSED;
  for (let i = 0; i < times; i += 1) breaker = after(breaker, 'wrong', now);
  return breaker;
};

it('a few failures close nothing, and one success forgets them', () => {
  expect(admit(failed(4), 0).may).toBe(true);
  expect(after(failed(4), 'well', 0)).toBe(CLOSED);
});

it('five in a row close it for a while, and then one may try', () => {
  const broken = failed(5);
  expect(admit(broken, 1_999).may).toBe(false);
  const { may, next } = admit(broken, 2_000);
  expect(may).toBe(true);
  expect(admit(next, 2_000).may).toBe(false);
  expect(after(next, 'well', 2_000)).toBe(CLOSED);
});

it('whatever goes on failing is left alone for longer and longer, half a minute at most', () => {
  expect(failed(6).openUntil).toBe(4_000);
  expect(failed(40).openUntil).toBe(30_000);
});
