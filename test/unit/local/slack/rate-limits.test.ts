import { expect, test } from 'vitest';
import { createRateLimits } from '../../../../local/slack/rate-limits.ts';

function limited(mode: 'slack' | 'off') {
  let time = 0;
  const limits = createRateLimits(mode, () => time);
  const take = (method: string, times: number, channel?: string) =>
    Array.from({ length: times }, () => limits.retryAfter(method, channel)).filter(
      (wait) => wait !== undefined,
    );
  return { take, advance: (ms: number) => (time += ms) };
}

test.each([
  ['chat.startStream', 20],
  ['chat.stopStream', 20],
  ['chat.update', 50],
  ['chat.appendStream', 100],
])('%s takes %i calls a minute and says how long to wait', (method, perMinute) => {
  const { take, advance } = limited('slack');
  expect(take(method, perMinute)).toEqual([]);
  advance(20_000);
  expect(take(method, 1)).toEqual([40]);
  advance(40_000);
  expect(take(method, perMinute)).toEqual([]);
});

test('posting is limited per channel', () => {
  const { take } = limited('slack');
  expect(take('chat.postMessage', 4, 'C1')).toEqual([]);
  expect(take('chat.postMessage', 1, 'C1')).toEqual([4]);
  expect(take('chat.postMessage', 4, 'C2')).toEqual([]);
});

test('nothing is limited while limits are off', () => {
  expect(limited('off').take('chat.startStream', 500)).toEqual([]);
});
