import { claimId } from '../chat/keys.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import { ONCE } from './lua-changes.ts';

/** True for the first who asks with this name within `forS` seconds, in all processes; false for everybody after. */
export type Once = (name: string, forS: number) => Promise<boolean>;

export function createOnce(redis: Connection, keyPrefix: string): Once {
  const once = defineScript(ONCE, keyPrefix);
  return async (name, forS) => (await once(redis, [claimId(name), forS])) === 1;
}

/** Takes back that something was done `once`: whoever comes next does it. */
export function createTakeBack(redis: Connection, keyPrefix: string): (name: string) => Promise<void> {
  return async (name) => {
    await redis.del(`${keyPrefix}:claim:${claimId(name)}`);
  };
}
