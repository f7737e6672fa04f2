import { inject } from 'vitest';
import { redisCommands } from '../../local/redis/resp.ts';

/**
 * A redis:// URL with an empty database that no other test uses. Call it once a test file (or once a test).
 * Databases are counted up in database 0, so that it works across the processes of a run.
 */
export async function testRedis(): Promise<string> {
  const base = inject('redisBaseUrl');
  const [config] = await redisCommands(base, [['CONFIG', 'GET', 'databases']]);
  const databases = Number(Array.isArray(config) ? config[1] : 16);
  for (;;) {
    const [number] = await redisCommands(base, [['INCR', 'threadcore:test-databases']]);
    if (typeof number !== 'number' || number >= databases) {
      throw new Error(
        `All ${databases} databases are taken: unset REDIS_URL, then the tests start a Redis with 1024.`,
      );
    }
    const url = `${base}/${number}`;
    const [size] = await redisCommands(url, [['DBSIZE']]);
    // Somebody's data may live in a Redis that was given with REDIS_URL: never touch it.
    if (size === 0) return url;
  }
}
