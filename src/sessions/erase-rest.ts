import type { Connection } from '../store/connection.ts';
import { keysLike } from '../store/scan.ts';
import { directoryId } from './directory-id.ts';

/**
 * Takes away what is kept of a person's sessions beside the directory: where their next question was to be answered, and
 * what was still to be cleared up of sessions that they had deleted. Answers how much that was.
 */
export async function eraseRest(
  { redis, keyPrefix }: { readonly redis: Connection; readonly keyPrefix: string },
  actor: string,
): Promise<number> {
  const mine = `${directoryId(actor)} `;
  let gone = 0;
  for await (const keys of keysLike(redis, keyPrefix, ['next:', '']))
    for (const key of keys) if ((await redis.get(key))?.startsWith(mine)) gone += await redis.del(key);
  const leftovers = `${keyPrefix}:leftovers`;
  let cursor = '0';
  do {
    const [next, found] = await redis.zscan(leftovers, cursor, 'MATCH', `${mine}*`);
    for (const [i, member] of found.entries()) if (i % 2 === 0) gone += await redis.zrem(leftovers, member);
    cursor = next;
  } while (cursor !== '0');
  return gone;
}
