import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { nameOf } from '../chat/digest.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Logger } from '../telemetry/logger.ts';
import { MEMORY_ASK, MEMORY_LEAVE } from './memory-quota-lua.ts';

/** What AWS counts by itself: writing events, reading, and deleting events and records. */
export type CallKind = 'write' | 'read' | 'erase';

/** Calls a second. */
export interface CallQuota {
  readonly account: number;
  /** Of one session for writes, of one person for the rest. */
  readonly group: number;
}

/**
 * Quotas of every new AWS account. AWS counts each way to read by itself; here they share one, which leaves room for
 * other readers. For deletions it publishes none that we know of: they get what writing gets, and take nothing from it.
 */
export const MEMORY_QUOTAS: Readonly<Record<CallKind, CallQuota>> = {
  write: { account: 10, group: 5 },
  read: { account: 30, group: 30 },
  erase: { account: 10, group: 10 },
};

/** Calls of AgentCore Memory by all processes together. */
export interface MemoryQuota {
  /**
   * Resolves when one call may be made, which has to be made at once: with the epoch milliseconds of Redis, or undefined
   * when Redis could not be asked. Groups take turns, and within a group it is first come, first served. However long it
   * takes, nobody is sent away.
   *
   * @throws the reason of the signal, which ends the waiting
   */
  turn(kind: CallKind, group: readonly string[], signal: AbortSignal): Promise<number | undefined>;
}

/** A second as AWS measures it, and what calls may be underway for longer or shorter than others. */
const WINDOW_MS = 1_100;
/** Who waits asks again at least so often, and counts as gone after having been silent for so long. */
const LONGEST_WAIT_MS = 1_500;
const PATIENCE_MS = 5_000;
/** After a question that Redis did not answer, the next ones are not asked for so long. */
const ALONE_MS = 2_000;

/** While Redis cannot be asked, every call goes through: AWS refuses what is too much, and such calls are made again. */
export function createMemoryQuota(deps: {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly log: Logger;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly quotas?: Readonly<Record<CallKind, CallQuota>>;
}): MemoryQuota {
  const { redis, keyPrefix, log, now, quotas = MEMORY_QUOTAS } = deps;
  const ask = defineScript(MEMORY_ASK, keyPrefix);
  const leave = defineScript(MEMORY_LEAVE, keyPrefix);
  let alone = false;
  let aloneUntil = Number.NEGATIVE_INFINITY;

  /** Undefined when Redis does not answer. */
  async function run(asking: () => Promise<unknown>): Promise<unknown> {
    if (now() < aloneUntil) return undefined;
    try {
      const answer = await asking();
      if (alone) log.info('the quota of AgentCore Memory is shared again');
      alone = false;
      return answer;
    } catch (error) {
      if (!alone) log.warn({ err: error }, 'Redis does not share the quota of AgentCore Memory');
      alone = true;
      aloneUntil = now() + ALONE_MS;
      return undefined;
    }
  }

  return {
    async turn(kind, group, signal) {
      const { account, group: ofGroup } = quotas[kind];
      // Groups name people; Redis gets to know none.
      const place = [kind, nameOf(group), randomUUID()];
      try {
        for (;;) {
          signal.throwIfAborted();
          const answer = await run(() =>
            ask(redis, [...place, account, ofGroup, WINDOW_MS, PATIENCE_MS, LONGEST_WAIT_MS]),
          );
          if (answer === undefined) return undefined;
          const [granted, value] = answer as [number, number];
          if (granted === 1) return value;
          await wait(value, undefined, { signal });
        }
      } catch (error) {
        if (!signal.aborted) throw error;
        await run(() => leave(redis, place));
        throw signal.reason;
      }
    },
  };
}
