import type { Connection } from '../../../src/store/connection.ts';

/** Every key under the prefix with its value, in an order that does not depend on Redis. */
export async function dump(redis: Connection, prefix: string): Promise<Record<string, unknown>> {
  const names: string[] = [];
  for (let cursor = '0'; ; ) {
    const [next, found] = await redis.scan(cursor, 'MATCH', `${prefix}:*`, 'COUNT', 1000);
    names.push(...found);
    cursor = next;
    if (cursor === '0') break;
  }
  const sorted = [...new Set(names)].toSorted();
  const types = await pipelined(redis, (pipeline) => {
    for (const name of sorted) pipeline.type(name);
  });
  const values = await pipelined(redis, (pipeline) => {
    for (const [i, name] of sorted.entries()) {
      if (types[i] === 'hash') pipeline.hgetall(name);
      else if (types[i] === 'list') pipeline.lrange(name, 0, -1);
      else if (types[i] === 'set') pipeline.smembers(name);
      else if (types[i] === 'zset') pipeline.zrangebyscore(name, '-inf', '+inf', 'WITHSCORES');
      else pipeline.get(name);
    }
  });
  return Object.fromEntries(sorted.map((name, i) => [name.slice(prefix.length + 1), values[i]]));
}

async function pipelined(
  redis: Connection,
  fill: (pipeline: ReturnType<Connection['pipeline']>) => void,
): Promise<unknown[]> {
  const pipeline = redis.pipeline();
  fill(pipeline);
  return ((await pipeline.exec()) ?? []).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}
