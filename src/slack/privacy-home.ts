import { personId } from '../chat/keys.ts';
import type { Connection } from '../store/connection.ts';
import type { CallAside } from './asides.ts';
import { slackFailure } from './failures.ts';
import type { HomePeople } from './home-people.ts';
import { section } from './pieces.ts';

export interface EraseHomeDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly homes: Pick<HomePeople, 'erase'>;
  readonly callAside: CallAside;
}

const PATIENCE_MS = 60_000;
const NOTHING = 'I keep nothing about you. Write to me, or open this page again, to begin anew.';

/**
 * Takes away what somebody has set and what their App Home shows: Slack keeps the page. Answers whether there was
 * anything, as 1 or 0. Throws when Slack could not be told; then it is all still there.
 */
export async function eraseHome(
  { redis, keyPrefix, homes, callAside }: EraseHomeDeps,
  account: { readonly tenant: string; readonly id: string },
): Promise<number> {
  const record = `${keyPrefix}:person:${personId(account)}`;
  const [known, who] = [await redis.exists(record), await redis.hget(record, 'who')];
  if (who !== null) {
    const [workspace] = JSON.parse(who) as [string];
    const args = { user_id: account.id, view: { type: 'home', blocks: [section(NOTHING)] } };
    await callAside({ workspace, method: 'views.publish', args, patienceMs: PATIENCE_MS }).catch(
      (error: unknown) => {
        // There is no such page, or nobody any more who would see it.
        if (slackFailure(error)?.kind !== 'refused') throw error;
      },
    );
  }
  await homes.erase(account);
  return known;
}
