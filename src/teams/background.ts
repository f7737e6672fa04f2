import type { Logger } from '../telemetry/logger.ts';
import { teamsFailure } from './failures.ts';

/** Starts what goes on after Teams was answered. Never throws; `trouble` is logged when the work fails. */
export type Background = (trouble: string, work: () => Promise<void>) => void;

export function createBackground(log: Logger) {
  const going = new Set<Promise<void>>();

  const run: Background = (trouble, work) => {
    const task = work()
      .catch((error: unknown) => {
        const failure = teamsFailure(error);
        log.warn(failure ? { failure } : { err: error }, trouble);
      })
      .finally(() => going.delete(task));
    going.add(task);
  };

  return {
    run,
    /** Resolves when nothing is under way. */
    async idle(): Promise<void> {
      while (going.size > 0) await Promise.all(going);
    },
  };
}
