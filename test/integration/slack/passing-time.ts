import { setImmediate as nextTick } from 'node:timers/promises';
import type { Pause } from '../../../src/turns/pace.ts';

/** What lasts longer only ends when it is given up: the life of a stream is not waited for, a test moves the clock. */
const LONG_MS = 120_000;

export interface PassingTime {
  /** Milliseconds. */
  now(): number;
  /** Moves the clock on. What is due by then happens on the way. */
  later(ms: number): void;
  /** For the code under test. Takes a moment, and then so much time has passed. */
  readonly pause: Pause;
  /** For the stand-in: over as soon as the clock has come so far. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** A clock that is moved by whoever waits. What happens after a wait, and what during it, never depends on the machine. */
export function createPassingTime(): PassingTime {
  let time = Date.now();
  let waiting: { readonly at: number; readonly over: () => void }[] = [];

  const later = (ms: number) => {
    time += Math.max(0, ms);
    const due = waiting.filter(({ at }) => at <= time).toSorted((a, b) => a.at - b.at);
    waiting = waiting.filter(({ at }) => at > time);
    for (const { over } of due) over();
  };

  return {
    now: () => time,
    later,
    async pause(ms, signal) {
      const until = time + ms;
      if (ms > LONG_MS)
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        });
      for (let ticks = 1 + Math.min(20, ms / 100); ticks > 0; ticks -= 1) {
        signal.throwIfAborted();
        await nextTick();
      }
      signal.throwIfAborted();
      later(until - time);
    },
    wait: (ms, signal) =>
      new Promise((over, reject) => {
        const one = { at: time + ms, over };
        waiting.push(one);
        signal.addEventListener(
          'abort',
          () => {
            waiting = waiting.filter((other) => other !== one);
            reject(signal.reason as Error);
          },
          { once: true },
        );
      }),
  };
}
