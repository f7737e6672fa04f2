import type { Logger } from '../telemetry/logger.ts';

/** Starts work that nobody waits for before Slack is acknowledged. `trouble` is logged when it fails. */
export type Background = (trouble: string, work: () => Promise<void>) => void;

/** `idle` resolves when everything that was started has ended; whoever closes waits for it. */
export function createBackground(log: Logger): { run: Background; idle: () => Promise<void> } {
  const underWay = new Set<Promise<void>>();
  return {
    run(trouble, work) {
      const task = work()
        .catch((error: unknown) => log.warn({ err: error }, trouble))
        .finally(() => underWay.delete(task));
      underWay.add(task);
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
