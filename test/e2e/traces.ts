import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connection, connect, disconnect } from '../../src/store/connection.ts';

/** Everything that Redis holds, key by key: the name, the bytes as Redis keeps them, and what they say. */
export async function redisTraces(url: string): Promise<Map<string, string>> {
  const redis = connect({ url, name: 'traces' });
  try {
    const traces = new Map<string, string>();
    let cursor = '0';
    do {
      const [next, keys] = await redis.scan(cursor, 'COUNT', '1000');
      for (const key of keys) {
        const raw = (await redis.dumpBuffer(key))?.toString('latin1') ?? '';
        traces.set(key, `${JSON.stringify(await contentOf(redis, key))}\n${raw}`);
      }
      cursor = next;
    } while (cursor !== '0');
    return traces;
  } finally {
    await disconnect(redis);
  }
}

async function contentOf(redis: Connection, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'string':
      return redis.get(key);
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return (await redis.smembers(key)).toSorted();
    case 'zset':
      return redis.zrange(key, '0', '-1', 'WITHSCORES');
    case 'stream':
      return redis.xrange(key, '-', '+');
    default:
      // It has gone since.
      return '';
  }
}

/** All files below a folder, as text. */
export async function fileTraces(folder: string): Promise<Map<string, string>> {
  const traces = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    traces.set(path, await readFile(path, 'utf8'));
  }
  return traces;
}

/** Where any of the words stand, as `place: word`; empty: nowhere. */
export const found = (traces: ReadonlyMap<string, string>, words: readonly string[]): string[] =>
  [...traces].flatMap(([place, text]) =>
    words.filter((word) => `${place}\n${text}`.includes(word)).map((word) => `${place}: ${word}`),
  );
