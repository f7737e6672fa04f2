import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startRedis } from '../../local/redis/start-redis.ts';

/** A Redis of one test, which may harm it: it keeps its port and its append-only file from start to start. */
export async function startOwnRedis() {
  const dataDir = await mkdtemp(join(tmpdir(), 'threadcore-own-redis-'));
  const port = await freePort();
  const start = () => startRedis({ own: true, port, dataDir, log: () => undefined });
  let redis = await start();
  const signal = (name: NodeJS.Signals) => process.kill(redis.pid, name);
  return {
    port,
    url: () => redis.url,
    exited: () => redis.exited,
    signal,
    async restart(): Promise<void> {
      redis = await start();
    },
    async close(): Promise<void> {
      signal('SIGCONT');
      await redis.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
