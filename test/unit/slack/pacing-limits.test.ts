import { expect, test } from 'vitest';
import { editPaceMs, SLACK_LIMITS, STREAM_LIFE_MS } from '../../../src/slack/pacing-limits.ts';

test('every allowance leaves room for final writes, or is one that nothing waits for', () => {
  for (const [method, { calls, progress, aside, periodMs }] of Object.entries(SLACK_LIMITS)) {
    expect(progress, `of ${method}`).toBeLessThanOrEqual(calls);
    expect(aside, `of ${method}`).toBeLessThanOrEqual(progress);
    expect(periodMs, `of ${method}`).toBeGreaterThan(0);
  }
  for (const method of ['chat.stopStream', 'chat.appendStream', 'chat.update', 'chat.postMessage'])
    expect(SLACK_LIMITS[method]?.progress, `of ${method}`).toBeLessThan(SLACK_LIMITS[method]?.calls ?? 0);
  for (const method of ['chat.update', 'chat.postMessage', 'conversations.replies'])
    expect(SLACK_LIMITS[method]?.aside, `of ${method}`).toBeLessThan(SLACK_LIMITS[method]?.progress ?? 0);
});

test('edits come every 1.5 s at first and every 5 s in the end, never faster again', () => {
  expect(editPaceMs(0)).toBe(1_500);
  expect(editPaceMs(15_000)).toBe(1_500);
  expect(editPaceMs(90_000)).toBe(5_000);
  expect(editPaceMs(600_000)).toBe(5_000);
  for (let age = 0; age < 100_000; age += 500)
    expect(editPaceMs(age + 500)).toBeGreaterThanOrEqual(editPaceMs(age));
});

test('a stream is ended well before the five minutes after which Slack ends it', () => {
  expect(STREAM_LIFE_MS).toBeLessThanOrEqual(240_000);
});
