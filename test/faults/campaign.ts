import { brokenOff, type Limits, runSeed, type SeedResult } from './run-seed.ts';
import { scheduleOf } from './schedule.ts';
import { type Stack, startStack } from './stack.ts';
import type { BuiltTree } from './tree.ts';
import { createTurnstile } from './turnstile.ts';

export interface CampaignOptions {
  readonly tree: BuiltTree;
  readonly seeds: readonly number[];
  /** Stacks that work side by side. */
  readonly stacks: number;
  readonly onResult: (result: SeedResult) => void;
  readonly say: (line: string) => void;
  /** No further seed is begun, and everything is ended. */
  readonly signal: AbortSignal;
  /** Whose logs stay behind. */
  readonly keepLogs: 'all' | 'failed' | 'none';
  readonly limits?: Limits;
}

let numbered = 0;
const enter = createTurnstile();

/** Runs all seeds, each on the next free stack. Resolves when the last one is judged and every process has ended. */
export async function runCampaign(options: CampaignOptions): Promise<void> {
  const { tree, signal, say } = options;
  const left = [...options.seeds];
  const stopped = aborted(signal);

  async function work(): Promise<void> {
    let stack: Stack | undefined;
    const judging: Promise<void>[] = [];
    let failed = false;
    const close = async () => {
      const closing = stack;
      stack = undefined;
      if (!signal.aborted) await Promise.all(judging.splice(0));
      const kept = options.keepLogs === 'all' || (failed && options.keepLogs === 'failed');
      if (closing && kept) say(`logs of the processes: ${closing.folder}`);
      await closing?.close(kept);
      failed = false;
    };
    const report = (result: SeedResult) => {
      // Whatever a run that is broken off still meets on the closed stack says nothing.
      if (signal.aborted) return;
      failed ||= result.problems.length > 0;
      options.onResult(result);
    };
    const open = async (): Promise<Stack> => {
      numbered += 1;
      return startStack(tree, numbered);
    };
    /** Answers whether the stack can be used further. */
    const play = async (seed: number): Promise<boolean> => {
      stack ??= await open();
      await enter();
      const run = await runSeed(stack, scheduleOf(seed), options.limits);
      const judged = run.result.catch((error: unknown) => brokenOff(seed, error)).then(report);
      judging.push(judged);
      return run.drained;
    };
    try {
      // Where not even the first one starts, nothing can be tried.
      stack = await open();
      for (let seed = left.shift(); seed !== undefined && !signal.aborted; seed = left.shift()) {
        const asked = seed;
        const playing = play(asked).catch((error: unknown) => {
          report(brokenOff(asked, error));
          return false;
        });
        const usable = await Promise.race([playing, stopped]);
        if (!usable) await close();
      }
    } finally {
      await close();
    }
  }

  await Promise.all(Array.from({ length: Math.min(options.stacks, left.length) }, work));
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
