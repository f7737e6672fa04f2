import { claimId, personId } from '../chat/keys.ts';
import type { Connection } from '../store/connection.ts';
import { greetingOf } from './assistant-view.ts';

/** Takes away what is noted of an account in Slack: that it was greeted, and whether it is a guest's. Answers how much. */
export async function eraseMarks(
  { redis, keyPrefix }: { readonly redis: Connection; readonly keyPrefix: string },
  account: { readonly tenant: string; readonly id: string },
): Promise<number> {
  const greeting = claimId(greetingOf(account.tenant, account.id));
  return redis.del(`${keyPrefix}:guest:${personId(account)}`, `${keyPrefix}:claim:${greeting}`);
}
