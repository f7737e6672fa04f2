import { createHash } from 'node:crypto';
import type { Connection } from './connection.ts';

export type ScriptArgument = string | number;
export type Script = (redis: Connection, args: readonly ScriptArgument[]) => Promise<unknown>;

/**
 * Makes Lua sources callable. Each script receives `ARGV[1]` = key prefix and builds its own key names from it:
 * every key carries the same hash tag, so all of them live in one cluster slot.
 *
 * A script is sent once and then called by its digest (`EVALSHA`); after a Redis restart it is sent again.
 */
export function defineScript(source: string, keyPrefix: string): Script {
  const digest = createHash('sha1').update(source).digest('hex');
  return async (redis, args) => {
    const rest = [keyPrefix, ...args];
    try {
      // The one declared key names the slot for cluster clients.
      return await redis.evalsha(digest, 1, keyPrefix, ...rest);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return await redis.eval(source, 1, keyPrefix, ...rest);
    }
  };
}
