import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Logger } from '../telemetry/logger.ts';
import { directoryId } from './directory-id.ts';

/** ARGV: lease ms. Answers nil, or `person session` of a deleted session that is due, which is held for so long. */
export const CLAIM_LEFTOVER = `
local left = ARGV[1] .. ':leftovers'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('ZRANGEBYSCORE', left, '-inf', now, 'LIMIT', 0, 1)[1]
if found then redis.call('ZADD', left, now + ARGV[2], found) end
return found
`;

/** ARGV: member, in so many ms, kept s. */
export const SET_LEFTOVER = `
local left = ARGV[1] .. ':leftovers'
local time = redis.call('TIME')
redis.call('ZADD', left, time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3], ARGV[2])
redis.call('EXPIRE', left, ARGV[4])
return 1
`;

/** Longer than anything is out of reach. Seconds. */
const KEPT_S = 30 * 86_400;
const LEASE_MS = 120_000;
const LOOK_EVERY_MS = 5_000;
/** Memory shows late what was written, and forgets late. */
const AGAIN_MS = 60_000;

export interface LeftoversDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
}

export type Leftovers = ReturnType<typeof createLeftovers>;

/** Sessions that were deleted and may still have traces outside the directory; kept in Redis until they have none. */
export function createLeftovers({ redis, keyPrefix }: LeftoversDeps) {
  const claim = defineScript(CLAIM_LEFTOVER, keyPrefix);
  const set = defineScript(SET_LEFTOVER, keyPrefix);
  return {
    /** From now on somebody sees to it that nothing of the session is left. */
    add: (actor: string, session: string) => set(redis, [`${directoryId(actor)} ${session}`, 0, KEPT_S]),

    /**
     * Clears up after one session that is due; false: there is none. `clear` answers how much it found; what it throws,
     * and what it found, is a reason to come back.
     */
    async clearNext(clear: (person: string, session: string) => Promise<number>): Promise<boolean> {
      const member = (await claim(redis, [LEASE_MS])) as string | null;
      if (member === null) return false;
      const [person = '', session = ''] = member.split(' ');
      const found = await clear(person, session);
      if (found === 0) await redis.zrem(`${keyPrefix}:leftovers`, member);
      else await set(redis, [member, AGAIN_MS, KEPT_S]);
      return true;
    },
  };
}

/** Clears up, in any number of processes. `close` resolves when nothing is under way. */
export function startClearing(
  leftovers: Leftovers,
  clear: (person: string, session: string) => Promise<number>,
  log: Logger,
): { close(): Promise<void> } {
  let closed = false;
  let underWay: Promise<void> | undefined;
  const work = async () => {
    try {
      while (!closed && (await leftovers.clearNext(clear)));
    } catch (error) {
      log.warn({ err: error }, 'what a deleted session has left could not be cleared up; it is tried again');
    }
  };
  const timer = setInterval(() => {
    underWay ??= work().finally(() => {
      underWay = undefined;
    });
  }, LOOK_EVERY_MS);
  return {
    async close() {
      closed = true;
      clearInterval(timer);
      await underWay;
    },
  };
}
