import { canariesIn } from '../../bench/exactness.ts';
import { redisCommands } from '../../local/redis/resp.ts';

/** What Redis holds of the turns, read past all links and without the backend's own code. */

export interface TurnSeen {
  readonly id: string;
  readonly state: string;
  readonly canary: string;
  readonly message: string;
}

const words = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

async function keysOf(url: string, pattern: string): Promise<string[]> {
  const keys: string[] = [];
  let cursor = '0';
  do {
    const [page] = await redisCommands(url, [['SCAN', cursor, 'MATCH', pattern, 'COUNT', '2000']]);
    const [next, found] = Array.isArray(page) ? page : ['0', []];
    keys.push(...words(found));
    cursor = String(next);
  } while (cursor !== '0');
  return keys;
}

/** Every turn on record. */
export async function readTurns(url: string, prefix: string): Promise<TurnSeen[]> {
  const keys = await keysOf(url, `${prefix}:turn:*`);
  if (keys.length === 0) return [];
  const records = await redisCommands(
    url,
    keys.map((key) => ['HMGET', key, 'state', 'message']),
    20_000,
  );
  return keys.map((key, i) => {
    const [state = '', message = ''] = words(records[i]);
    return { id: key.slice(`${prefix}:turn:`.length), state, canary: canariesIn(message)[0] ?? '', message };
  });
}

/** Turns that wait or run, by the lanes' own count. */
export async function openTurns(url: string, prefix: string): Promise<{ queued: number; running: number }> {
  const [counts] = await redisCommands(url, [['HMGET', `${prefix}:counts`, 'queued', 'running']]);
  const [queued, running] = Array.isArray(counts) ? counts.map(Number) : [];
  return { queued: queued ?? 0, running: running ?? 0 };
}

/** What should not be there once no turn waits or runs. */
export async function readLeftover(url: string, prefix: string): Promise<string[]> {
  const families = ['lane:*', 'lease:*', 'leases', 'ready', 'ready:*', 'ring'];
  const found: string[] = [];
  for (const family of families) found.push(...(await keysOf(url, `${prefix}:${family}`)));
  const { queued, running } = await openTurns(url, prefix);
  if (queued !== 0 || running !== 0) found.push(`counts: ${queued} queued, ${running} running`);
  return found;
}

/** The turns that a process holds right now, by the process id in its leases. */
export async function turnsHeldBy(url: string, prefix: string, pid: number): Promise<string[]> {
  const [lanes] = await redisCommands(url, [['ZRANGE', `${prefix}:leases`, '0', '-1']]);
  const names = words(lanes);
  if (names.length === 0) return [];
  const leases = await redisCommands(
    url,
    names.map((lane) => ['HMGET', `${prefix}:lease:${lane}`, 'worker', 'turn']),
  );
  return leases.flatMap((lease) => {
    const [worker = '', turn = ''] = words(lease);
    return worker.endsWith(`:${pid}`) ? [turn] : [];
  });
}

/**
 * Forgets how much of Slack's rate limits has been used: they are counted by the minute, and a run with the next seed
 * stands for another minute.
 */
export async function beginMinute(url: string, prefix: string): Promise<void> {
  const keys = await keysOf(url, `${prefix}:pace*`);
  if (keys.length > 0) await redisCommands(url, [['DEL', ...keys]]);
}
