import type { TestProject } from 'vitest/node';
import { type RunningRedis, startRedis } from '../../local/redis/start-redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of this run's Redis, without a database number. Tests take `testRedis()` instead. */
    redisBaseUrl: string;
  }
}

// Vitest loads this file once for every project that names it; all of them run in one process and share one server.
const shared = globalThis as unknown as {
  threadcoreTestRedis?: { users: number; server: Promise<RunningRedis> };
};

/** One real Redis for a whole run, with enough databases that every test file gets its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.threadcoreTestRedis ??= {
    users: 0,
    server: startRedis({ databases: 1024, log: (line) => process.stderr.write(`${line}\n`) }),
  };
  const entry = shared.threadcoreTestRedis;
  entry.users += 1;
  const redis = await entry.server;
  project.provide('redisBaseUrl', redis.url.replace(/\/\d*$/, ''));

  return async () => {
    entry.users -= 1;
    if (entry.users > 0) return;
    delete shared.threadcoreTestRedis;
    await redis.stop();
  };
}
