import { expect, test } from 'vitest';
import { failureOfAnswer } from '../../../src/teams/failures.ts';

const failure = (status: number, error: unknown, retryAfter: string | null = null) => {
  const headers = new Headers({ date: 'Sun, 01 Mar 2026 12:00:00 GMT' });
  if (retryAfter !== null) headers.set('retry-after', retryAfter);
  return failureOfAnswer(status, typeof error === 'string' ? error : JSON.stringify({ error }), headers);
};

test.each([
  ['20', 20_000],
  ['2.5', 2_500],
  ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
  ['Sun, 01 Mar 2026 11:59:00 GMT', 1_000],
  ['0', 1_000],
  ['-3', 1_000],
  ['soon', 1_000],
  [null, 1_000],
  // A timer of more than 24 days would ring at once, and the thread be asked again and again.
  ['99999999', 3_600_000],
])('a 429 that says Retry-After %s waits %i ms', (retryAfter, waitMs) => {
  expect(failure(429, '<html>slow down</html>', retryAfter)).toEqual({ kind: 'rate_limited', waitMs });
});

test.each([
  ['Content stream was cancelled by user.', 'cancelled'],
  ['Content stream was canceled by user.', 'cancelled'],
  ['Content stream finished due to exceeded streaming time.', 'timed_out'],
  ['Content stream is not allowed on an already completed streamed message', 'completed'],
  ['Request streamed content should contain the previously streamed content.', 'changed'],
  ['Content stream is not allowed', 'not_allowed'],
  ['', 'not_allowed'],
])('of a stream, “%s” is %s', (message, why) => {
  expect(failure(403, { code: 'ContentStreamNotAllowed', message })).toEqual({ kind: 'stream_over', why });
});

test('a stream is over also where only the words of Teams say so, under the general name for what is forbidden', () => {
  const message = 'Content stream was cancelled by user.';
  expect(failure(403, { code: 'Forbidden', message })).toEqual({ kind: 'stream_over', why: 'cancelled' });
  const other = { code: 'Forbidden', message: 'The bot is not part of the conversation roster.' };
  expect(failure(403, other)).toEqual({ kind: 'refused', code: 'Forbidden' });
});
