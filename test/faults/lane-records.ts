import { canariesIn } from '../../bench/exactness.ts';
import { redisCommands } from '../../local/redis/resp.ts';
import { familyOf } from '../../src/store/key-families.ts';
import { hasEnded } from './turn-ends.ts';

/**
 * What Redis holds of the turns, read past all links. All that the campaign knows of keys stands here.
 */
export interface LaneRecords {
  /** Every turn on record. */
  turns(): Promise<TurnSeen[]>;
  /** How many turns wait or run, by the lanes' own count. */
  open(): Promise<number>;
  /** What should not be there once no turn waits or runs. */
  leftover(): Promise<string[]>;
  /** The turns that a process holds right now, by the process id in its leases. Rejects when Redis is away. */
  heldBy(pid: number): Promise<string[]>;
  /**
   * Forgets how much of Slack's rate limits has been used: they are counted by the minute, and a run with the next seed
   * stands for another minute.
   */
  beginMinute(): Promise<void>;
}

export interface TurnSeen {
  readonly id: string;
  readonly state: string;
  /** A worker has taken it at least once. */
  readonly begun: boolean;
  readonly canary: string;
}

/** A Redis that was killed on purpose is back by then. */
const BACK_WITHIN_MS = 30_000;
const ASK_AGAIN_MS = 100;

const TURN = 'turn:';
const LEASE = 'lease:';
const PACE = 'pace';
/** A lost worker's wakes are cleared away after a minute. */
const WAKES = 'wakes:';

/** Whether keys of this kind exist only while turns wait or run. */
const isWork = (name: string, prefix: string) =>
  !name.startsWith(WAKES) && familyOf(prefix, `${prefix}:${name}`)?.bound.kind === 'work';

/** The lane whose lease a key holds; undefined for any other key. */
export function laneOfLease(key: string | undefined, prefix: string): string | undefined {
  const start = `${prefix}:${LEASE}`;
  return key?.startsWith(start) ? key.slice(start.length) : undefined;
}

const words = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

export function readLaneRecords(url: string, prefix: string): LaneRecords {
  /** An ended turn changes no more; a long-lived stack has thousands of them. */
  const ended = new Map<string, TurnSeen>();

  /** Waits for a Redis that the next run has just killed. */
  async function ask(commands: readonly (readonly string[])[]): Promise<unknown[]> {
    const deadline = performance.now() + BACK_WITHIN_MS;
    for (;;) {
      try {
        return await redisCommands(url, commands, BACK_WITHIN_MS);
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      }
    }
  }

  /** Names of all keys of a kind, without the prefix. */
  async function names(is: (name: string) => boolean): Promise<string[]> {
    const found = new Set<string>();
    let cursor = '0';
    do {
      const [page] = await ask([['SCAN', cursor, 'MATCH', `${prefix}:*`, 'COUNT', '5000']]);
      const [next, keys] = Array.isArray(page) ? page : ['0', []];
      for (const key of words(keys)) {
        const name = key.slice(prefix.length + 1);
        if (is(name)) found.add(name);
      }
      cursor = String(next);
    } while (cursor !== '0');
    return [...found];
  }

  async function open(): Promise<number> {
    const [counts] = await ask([['HGETALL', `${prefix}:counts`]]);
    const flat = words(counts);
    return flat.reduce((sum, state, i) => {
      const counted = i % 2 === 0 && !hasEnded(state);
      return counted ? sum + Math.abs(Number(flat[i + 1])) : sum;
    }, 0);
  }

  return {
    async turns() {
      const ids = (await names((name) => name.startsWith(TURN)))
        .map((name) => name.slice(TURN.length))
        .filter((id) => !ended.has(id));
      const commands = ids.map((id) => ['HMGET', `${prefix}:${TURN}${id}`, 'state', 'attempt', 'message']);
      const records = ids.length > 0 ? await ask(commands) : [];
      const seen = ids.map((id, i) => {
        const [state = '', attempt = '', message = ''] = words(records[i]);
        return { id, state, begun: attempt !== '0', canary: canariesIn(message)[0] ?? '' };
      });
      for (const turn of seen) if (hasEnded(turn.state)) ended.set(turn.id, turn);
      return [...ended.values(), ...seen.filter(({ state }) => !hasEnded(state))];
    },
    open,
    async leftover() {
      const found = (await names((name) => isWork(name, prefix))).map((name) => `${prefix}:${name}`);
      const counted = await open();
      if (counted !== 0) found.push(`counts say that ${counted} turns wait or run`);
      return found;
    },
    async heldBy(pid) {
      const [lanes] = await redisCommands(url, [['ZRANGE', `${prefix}:leases`, '0', '-1']]);
      const held = words(lanes);
      if (held.length === 0) return [];
      const leases = await redisCommands(
        url,
        held.map((lane) => ['HMGET', `${prefix}:${LEASE}${lane}`, 'worker', 'turn']),
      );
      return leases.flatMap((lease) => {
        const [worker = '', turn = ''] = words(lease);
        return worker.endsWith(`:${pid}`) ? [turn] : [];
      });
    },
    async beginMinute() {
      const keys = await names((name) => name.startsWith(PACE));
      if (keys.length > 0) await ask([['DEL', ...keys.map((name) => `${prefix}:${name}`)]]);
    },
  };
}
