import { personId } from '../chat/keys.ts';
import type { Connection } from '../store/connection.ts';
import type { Account } from './person.ts';

/** A platform keeps files until somebody deletes them. Seconds. */
const FILES_KEPT_S = 400 * 86_400;
/** An export is much work: one an hour. A process that ends in the middle of one is not waited for so long. */
const ONE_EVERY_S = 3_600;
const UNDER_WAY_S = 600;

export type Exports = ReturnType<typeof createExports>;

/** Which files were given to whom, so that they can be taken away again, and how often. */
export function createExports(redis: Connection, keyPrefix: string) {
  const filesKey = (account: Account) => `${keyPrefix}:exports:${personId(account)}`;
  const limitKey = (account: Account) => `${keyPrefix}:exported:${personId(account)}`;

  return {
    /** Answers 0 for whoever may have one now; else after how many seconds. */
    async begin(account: Account): Promise<number> {
      if ((await redis.set(limitKey(account), '1', 'EX', UNDER_WAY_S, 'NX')) === 'OK') return 0;
      return Math.max(1, await redis.ttl(limitKey(account)));
    },
    async done(account: Account): Promise<void> {
      await redis.set(limitKey(account), '1', 'EX', ONE_EVERY_S);
    },
    /** It came to nothing: they may ask again at once. */
    async failed(account: Account): Promise<void> {
      await redis.del(limitKey(account));
    },

    /** Before a file is shown to anybody. */
    async note(account: Account, file: string): Promise<void> {
      await redis.multi().hset(filesKey(account), file, '1').expire(filesKey(account), FILES_KEPT_S).exec();
    },
    filesOf: (account: Account): Promise<string[]> => redis.hkeys(filesKey(account)),
    async gone(account: Account, file: string): Promise<void> {
      await redis.hdel(filesKey(account), file);
    },
  };
}
