import type { Logger } from '../telemetry/logger.ts';

/** Erasures that nobody has told this process of are found so soon. */
const LOOK_EVERY_MS = 5_000;

export interface ErasureWorker {
  /** One has been asked for: look now. */
  wake(): void;
  /** Leaves what is under way to others. */
  close(): Promise<void>;
}

/** Carries erasures out, one at a time, as they come and as they are to be taken up again. */
export function startErasures(deps: {
  /** False: there was nothing to do. */
  readonly next: (closing: AbortSignal) => Promise<boolean>;
  readonly log: Logger;
}): ErasureWorker {
  const closing = new AbortController();
  let working: Promise<void> | undefined;
  let again = false;

  async function work(): Promise<void> {
    try {
      while (!closing.signal.aborted && (await deps.next(closing.signal)));
    } catch (error) {
      deps.log.warn({ err: error }, 'nobody can tell for now who is to be forgotten');
    }
  }

  function look(): void {
    if (closing.signal.aborted) return;
    if (working) {
      again = true;
      return;
    }
    working = work().finally(() => {
      working = undefined;
      if (!again) return;
      again = false;
      look();
    });
  }

  const timer = setInterval(look, LOOK_EVERY_MS);
  look();
  return {
    wake: look,
    async close() {
      closing.abort(new Error('the process is shutting down'));
      clearInterval(timer);
      await working;
    },
  };
}
