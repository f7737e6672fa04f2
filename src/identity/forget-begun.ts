import type { Connection } from '../store/connection.ts';
import { keysLike } from '../store/scan.ts';
import { accountKey, type ChatAccount, readAccount } from './chat-account.ts';

/** Takes away the links that an account has begun and not ended; each is kept for ten minutes. */
export async function forgetBegun(
  { redis, keyPrefix }: { readonly redis: Connection; readonly keyPrefix: string },
  account: ChatAccount,
): Promise<void> {
  const mine = accountKey(account);
  for (const kind of ['ticket', 'flow', 'proposal'])
    for await (const keys of keysLike(redis, keyPrefix, [`${kind}:`, '']))
      for (const key of keys) {
        const person = await redis.hget(key, 'person');
        if (person !== null && accountKey(readAccount(person)) === mine) await redis.del(key);
      }
}
