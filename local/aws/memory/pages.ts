import { createHash } from 'node:crypto';
import { invalidInput } from './model.ts';

/**
 * Pages of a list that goes on changing: a token names the last item that was given, so that nothing is told twice or
 * left out when something new comes first. It holds for the request that it was given to and no other.
 */
export function pageOf<T>(
  items: readonly T[],
  by: {
    readonly size: number;
    readonly token: string | undefined;
    /** What the list is of: operation, memory, actor, filter. */
    readonly list: unknown;
    /** Tells an item from all others, and where it stands. */
    readonly keyOf: (item: T) => string;
    /** Whether the item stands behind the one with this key, which may be gone. */
    readonly isBehind: (item: T, key: string) => boolean;
  },
): { readonly items: readonly T[]; readonly nextToken: string | undefined } {
  const seal = createHash('sha256').update(JSON.stringify(by.list)).digest('base64url').slice(0, 16);
  let from = 0;
  if (by.token !== undefined) {
    const key = open(by.token, seal);
    const at = items.findIndex((item) => by.isBehind(item, key));
    from = at < 0 ? items.length : at;
  }
  const page = items.slice(from, from + by.size);
  const last = page.at(-1);
  const more = from + by.size < items.length && last !== undefined;
  return {
    items: page,
    nextToken: more ? Buffer.from(JSON.stringify([seal, by.keyOf(last)])).toString('base64url') : undefined,
  };
}

function open(token: string, seal: string): string {
  const refused = invalidInput('nextToken is not one that was given to this request');
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch (error) {
    if (error instanceof SyntaxError) throw refused;
    throw error;
  }
  if (!Array.isArray(parts) || parts[0] !== seal || typeof parts[1] !== 'string') throw refused;
  return parts[1];
}
