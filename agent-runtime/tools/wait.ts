import { setTimeout as sleep } from 'node:timers/promises';
import { tool } from '@strands-agents/sdk';
import { z } from 'zod';
import type { CataloguedTool } from './catalogue.ts';

export const MAX_WAIT_SECONDS = 600;

/** Lets one second pass; rejects when the signal is aborted. */
export type PauseSecond = (signal: AbortSignal | undefined) => Promise<void>;

const realSecond: PauseSecond = (signal) => sleep(1000, undefined, signal ? { signal } : {});

/** Does nothing for a while and says so every second: shows how long steps look. Only the offline model has it. */
export function createWait(pauseSecond: PauseSecond = realSecond): CataloguedTool {
  return {
    effect: 'read',
    title: (input) => `Waiting ${secondsOf(input)} s`,
    tool: tool({
      name: 'wait',
      description: 'Waits for some seconds.',
      inputSchema: z.object({ seconds: z.number().int().min(0).max(MAX_WAIT_SECONDS) }),
      async *callback({ seconds }, context) {
        for (let second = 1; second <= seconds; second += 1) {
          await pauseSecond(context?.cancelSignal);
          yield { status: `Waiting: ${second} of ${seconds} s` };
        }
        return { waitedSeconds: seconds };
      },
    }),
  };
}

function secondsOf(input: unknown): string {
  const seconds = (input as { seconds?: unknown } | null)?.seconds;
  return typeof seconds === 'number' ? String(seconds) : 'a few';
}
