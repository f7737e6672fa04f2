import { join } from 'node:path';
import { startBackend } from '../../local/laptop/backend.ts';
import { freePort } from '../../local/redis/start-redis.ts';
import type { Threadcore } from './threadcore.ts';

export interface DirectInvoke {
  /** Asks the agent at each offset; answers how long each answer took, in milliseconds. */
  ask(offsetsMs: readonly number[]): Promise<number[]>;
  stop(): Promise<void>;
}

/** `bench/direct-invoke.ts` in a process of its own, in front of the agent of `beside`. */
export async function startDirectInvoke(beside: Threadcore, folder: string): Promise<DirectInvoke> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = await startBackend({
    command: process.execPath,
    args: [join(import.meta.dirname, '../direct-invoke.ts')],
    cwd: import.meta.dirname,
    env: { ...beside.agentAccess, PORT: String(port) },
    url,
    logFile: join(folder, 'direct-invoke.log'),
    show: () => undefined,
  });
  return {
    async ask(offsetsMs) {
      const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ offsetsMs }) });
      const { ms } = (await answer.json()) as { ms: number[] };
      return ms;
    },
    stop: program.stop,
  };
}
