import { personId } from '../chat/keys.ts';
import type { Sender } from '../chat/vocabulary.ts';
import type { Connection } from '../store/connection.ts';
import { createLately } from '../store/lately.ts';

/** Members become guests rarely; Slack's limit for looking people up is reached quickly. */
const KEPT_S = 6 * 3_600;
const MOST_KEPT = 10_000;

/**
 * Whether somebody is a guest, as Slack said within the last hours. Kept in Redis too, without a name, so that a worker
 * that starts need not look up everybody anew. Throws what `lookUp` throws: who cannot be looked up is not let in.
 */
export function createGuests(deps: {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly lookUp: (tenant: string, id: string) => Promise<{ readonly guest: boolean }>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}): (workspace: string, sender: Sender) => Promise<boolean> {
  const { redis, keyPrefix, now } = deps;
  const known = createLately<boolean>({ most: MOST_KEPT, keptMs: KEPT_S * 1000, now });

  return async (workspace, sender) => {
    const person = personId(sender);
    const found = known.get(person);
    if (found !== undefined) return found;
    const key = `${keyPrefix}:guest:${person}`;
    const kept = await redis.get(key);
    const guest = kept === null ? (await deps.lookUp(workspace, sender.id)).guest : kept === '1';
    if (kept === null) await redis.set(key, guest ? '1' : '0', 'EX', KEPT_S);
    known.set(person, guest);
    return guest;
  };
}
