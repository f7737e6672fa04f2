import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBell, eitherOf, type Pause, until } from '../../../src/turns/pace.ts';
import { pause } from '../../../src/turns/pause.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new Promise<void>(() => undefined);

test('a bell that was rung before anybody listened is heard until it is silenced', async () => {
  const bell = createBell();
  bell.ring();
  bell.ring();
  await bell.rung();
  await bell.rung();
  bell.silence();
  let heard = false;
  const second = bell.rung().then(() => {
    heard = true;
  });
  await Promise.resolve();
  expect(heard).toBe(false);
  bell.ring();
  await second;
  expect(heard).toBe(true);
});

test('who stops listening takes no ring away from the next', async () => {
  const bell = createBell();
  const waiting = until(new AbortController().signal, bell.rung(), pause, 500);
  await vi.advanceTimersByTimeAsync(500);
  await waiting;
  bell.ring();
  await expect(bell.rung()).resolves.toBeUndefined();
});

test('the event ends the waiting and leaves neither timer nor listener behind', async () => {
  const { signal } = new AbortController();
  const bell = createBell();
  const waiting = until(signal, bell.rung(), pause, 60_000);
  expect(vi.getTimerCount()).toBe(1);
  bell.ring();
  await waiting;
  expect(vi.getTimerCount()).toBe(0);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('the limit ends the waiting when the event does not come', async () => {
  const { signal } = new AbortController();
  const waiting = until(signal, never, pause, 500);
  await vi.advanceTimersByTimeAsync(500);
  await expect(waiting).resolves.toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('an abort rejects with its reason, at once', async () => {
  const owner = new AbortController();
  const waiting = until(owner.signal, never, pause, 60_000);
  const reason = new Error('lane lost');
  owner.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect(vi.getTimerCount()).toBe(0);
});

test('after an abort nothing is waited for', async () => {
  const reason = new Error('lane lost');
  await expect(until(AbortSignal.abort(reason), never, pause, 60_000)).rejects.toBe(reason);
  await expect(until(AbortSignal.abort(reason), never)).rejects.toBe(reason);
  expect(vi.getTimerCount()).toBe(0);
});

test('without a limit no pause is asked for', async () => {
  const asked = vi.fn<Pause>(() => never);
  await until(new AbortController().signal, Promise.resolve());
  expect(asked).not.toHaveBeenCalled();
});

test.each(['one', 'other'] as const)(
  'either of two signals aborts with the reason of the first, here the %s',
  (which) => {
    const signals = { one: new AbortController(), other: new AbortController() };
    const late = eitherOf(signals.one.signal, signals.other.signal);
    expect(late.aborted).toBe(false);
    signals[which].abort('first');
    signals.one.abort('second');
    signals.other.abort('second');
    expect(late.reason).toBe('first');
    const early = eitherOf(signals.one.signal, signals.other.signal);
    expect(early.reason).toBe(signals.one.signal.reason);
  },
);
