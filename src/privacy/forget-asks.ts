import { base32 } from '../chat/digest.ts';
import { personId } from '../chat/keys.ts';
import type { Connection } from '../store/connection.ts';
import type { Account } from './person.ts';

/** Somebody who was asked whether they want to be forgotten answers within so long, or is asked again. Seconds. */
const ANSWER_WITHIN_S = 600;

export interface ForgetAsksDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly randomBytes: (size: number) => Uint8Array;
}

export type ForgetAsks = ReturnType<typeof createForgetAsks>;

/**
 * Who was asked whether they want to be forgotten, for platforms whose question stays in the chat, where somebody may
 * find it later or pass it on. Only the newest question counts, only for whom it was put to, and once.
 */
export function createForgetAsks({ redis, keyPrefix, randomBytes }: ForgetAsksDeps) {
  const keyOf = (account: Account) => `${keyPrefix}:forgetask:${personId(account)}`;

  return {
    /** Answers the name of the question. */
    async ask(account: Account): Promise<string> {
      const name = base32(randomBytes(16));
      await redis.set(keyOf(account), name, 'EX', ANSWER_WITHIN_S);
      return name;
    },
    /** Whether this question waits for an answer of theirs. */
    waits: async (account: Account, name: string): Promise<boolean> =>
      name !== '' && (await redis.get(keyOf(account))) === name,
    async over(account: Account): Promise<void> {
      await redis.del(keyOf(account));
    },
  };
}
