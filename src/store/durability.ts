import type { Connection } from './connection.ts';

export type Durability = 'aof' | 'replicated' | 'none';

/** How long an accept waits for one replica to confirm before the event is refused. */
const REPLICA_WAIT_MS = 1_000;

/** Redis' `INFO` as a flat record. Managed services forbid `CONFIG`, but all of them answer `INFO`. */
export function parseInfo(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) fields[line.slice(0, colon)] = line.slice(colon + 1);
  }
  return fields;
}

/** What keeps this Redis from holding accepted turns safely, each with its remedy; empty when it is fit. */
export function durabilityProblems(info: Record<string, string>, wanted: Durability): string[] {
  const problems: string[] = [];
  const policy = info.maxmemory_policy;
  if (policy !== 'noeviction') {
    problems.push(
      `Redis may evict accepted questions (maxmemory-policy is ${policy ?? 'unknown'}). Set maxmemory-policy to noeviction.`,
    );
  }
  if (wanted === 'aof' && info.aof_enabled !== '1') {
    problems.push(
      'REDIS_DURABILITY=aof, but Redis has no append-only file. Set appendonly yes, or REDIS_DURABILITY=replicated where a replica stands by.',
    );
  }
  if (wanted === 'replicated' && onlineReplicas(info) < 1) {
    problems.push(
      'REDIS_DURABILITY=replicated, but Redis has no online replica. Add one and wait until it is online.',
    );
  }
  return problems;
}

function onlineReplicas(info: Record<string, string>): number {
  return Object.entries(info).filter(
    ([name, value]) => /^slave\d+$/.test(name) && value.includes('state=online'),
  ).length;
}

/** Reads `INFO` and returns the problems of `durabilityProblems`. */
export async function checkDurability(redis: Connection, wanted: Durability): Promise<string[]> {
  return durabilityProblems(parseInfo(await redis.info()), wanted);
}

/**
 * Waits until what this connection wrote is as durable as promised. `replicated`: one replica has it, or an error.
 * The append-only file needs no wait here: its loss window is stated in the operator's guide.
 */
export async function confirmDurable(redis: Connection, wanted: Durability): Promise<void> {
  if (wanted !== 'replicated') return;
  const confirmed = await redis.wait(1, REPLICA_WAIT_MS);
  if (confirmed < 1) throw new Error(`no Redis replica confirmed the write within ${REPLICA_WAIT_MS} ms`);
}
