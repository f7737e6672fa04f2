import { setTimeout as wait } from 'node:timers/promises';
import { restAfter } from './retry-decision.ts';

/**
 * One pace for the tries again of all checks of a process, so that a guardrail that fails sees a few calls, however many
 * checks wait for it: while the last answer was a failure, they are made one by one, with rests between them that grow. As
 * soon as one goes well, whoever waits may try.
 */
export function createRetryPace() {
  let troubled = false;
  /** Tries again since something went well. */
  let tries = 0;
  let resting: object | undefined;
  let moved = Promise.withResolvers<void>();

  /** Whoever waits looks again. */
  function tell(): void {
    const told = moved;
    moved = Promise.withResolvers<void>();
    told.resolve();
  }

  /** Makes the others wait, as long as nothing goes well. */
  function take(): void {
    if (!troubled) return;
    tries += 1;
    const mine = {};
    resting = mine;
    // It keeps no process alive that has nothing else to do.
    void wait(restAfter(tries), undefined, { ref: false }).then(() => {
      if (resting !== mine) return;
      resting = undefined;
      tell();
    });
  }

  return {
    /** How a call ended. */
    note(went: 'well' | 'wrong'): void {
      troubled = went === 'wrong';
      if (troubled) return;
      tries = 0;
      resting = undefined;
      tell();
    },

    /** Waits until a check may be tried again. False: not within so many milliseconds. Rejects when `signal` aborts. */
    async turn(withinMs: number, signal: AbortSignal): Promise<boolean> {
      const over = new AbortController();
      const late = wait(withinMs, 'late' as const, { signal: AbortSignal.any([signal, over.signal]) });
      late.catch(() => undefined);
      try {
        while (resting) if ((await Promise.race([moved.promise, late])) === 'late') return false;
        // At once, before another that was told sees that nobody rests.
        take();
        return true;
      } finally {
        over.abort();
      }
    },
  };
}
