import type { Connection } from './connection.ts';

/** Keys that a look at the whole of Redis asks for at a time: short enough that nobody waits for it. */
const AT_A_TIME = 500;

/** A text as it stands in a pattern for itself. */
const literally = (text: string): string => text.replace(/[\\*?[\]]/g, '\\$&');

/**
 * The keys behind a prefix whose name fits, in batches, each at least once: `*` stands for anything. Looks at all that
 * Redis holds, so it is for what is rare. What is added meanwhile may be missing.
 */
export async function* keysLike(
  redis: Connection,
  keyPrefix: string,
  name: readonly string[],
): AsyncGenerator<string[]> {
  const pattern = `${literally(keyPrefix)}:${name.map(literally).join('*')}`;
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', AT_A_TIME);
    if (keys.length > 0) yield keys;
    cursor = next;
  } while (cursor !== '0');
}
