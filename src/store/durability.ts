import type { Connection } from './connection.ts';

export type Durability = 'aof' | 'replicated' | 'none';

/** How long an accept waits for one replica to confirm before the event is refused. */
const REPLICA_WAIT_MS = 1_000;
/** A replica says every second how far it is; one that has been silent for longer is on its way out. */
const REPLICA_SILENT_S = 10;
/** `SET` with `EX` and `GET`, and what BullMQ recommends. */
const OLDEST_REDIS = [6, 2] as const;

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
  if (isTooOld(info.redis_version)) {
    problems.push(
      `Redis is too old (${info.redis_version}). Use Redis ${OLDEST_REDIS.join('.')} or newer, or Valkey.`,
    );
  }
  if (info.role === 'slave') {
    problems.push(
      'REDIS_URL leads to a replica, which takes no writes. Give the address of the primary; managed services have an endpoint for it.',
    );
  }
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
  if (wanted === 'aof' && info.aof_last_write_status === 'err') {
    problems.push('Redis cannot write its append-only file. Look at its log, and whether its disk is full.');
  }
  if (isFull(info)) {
    problems.push(
      'Redis is full (maxmemory) and takes no more questions. Give it more memory; what runs goes on to its end.',
    );
  }
  if (wanted === 'replicated' && onlineReplicas(info) < 1) {
    problems.push(
      'REDIS_DURABILITY=replicated, but Redis has no online replica. Add one and wait until it is online.',
    );
  }
  return problems;
}

/** As Redis itself decides whether it takes a write; a limit of 0 is none. */
function isFull(info: Record<string, string>): boolean {
  const [limit, used, notCounted] = [info.maxmemory, info.used_memory, info.mem_not_counted_for_evict].map(
    (bytes) => Number(bytes ?? 0),
  );
  return !!limit && (used ?? 0) - (notCounted ?? 0) > limit;
}

function isTooOld(version: string | undefined): boolean {
  if (version === undefined) return false;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_REDIS;
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}

function onlineReplicas(info: Record<string, string>): number {
  return Object.entries(info).filter(
    ([name, value]) =>
      /^slave\d+$/.test(name) &&
      value.includes('state=online') &&
      Number(/\blag=(\d+)/.exec(value)?.[1] ?? 0) <= REPLICA_SILENT_S,
  ).length;
}

/**
 * Reads `INFO` and returns the problems of `durabilityProblems`. A connection to a replica is opened anew: its server may
 * have been the primary when it was opened, and a process that is not ready gets nothing to write that would tell it so.
 */
export async function checkDurability(redis: Connection, wanted: Durability): Promise<string[]> {
  const info = parseInfo(await redis.info());
  if (info.role === 'slave') redis.disconnect(true);
  return durabilityProblems(info, wanted);
}

/**
 * Answers a function that waits until what this connection has just written is as durable as promised. To be called as
 * soon as the write was answered. `replicated`: one replica has it, or an error. The append-only file needs no wait: its
 * loss window is stated in the operator's guide.
 *
 * Waiting holds up everything else on the connection, so that it should be one that only takes questions.
 */
export function createConfirmation(redis: Connection, wanted: Durability): () => Promise<void> {
  if (wanted !== 'replicated') return () => Promise.resolve();
  let connectionsLost = 0;
  redis.on('close', () => {
    connectionsLost += 1;
  });
  let running: Promise<number> = Promise.resolve(0);
  let next: Promise<number> | undefined;

  /** One `WAIT` at a time; all who come while one is under way share the next. */
  const replicasThatConfirm = (): Promise<number> => {
    next ??= running
      .catch(() => 0)
      .then(() => {
        next = undefined;
        running = redis.wait(1, REPLICA_WAIT_MS);
        return running;
      });
    return next;
  };

  return async () => {
    const lostBefore = connectionsLost;
    const confirmed = await replicasThatConfirm();
    // A new connection may lead to another primary, whose replicas have all that it has, but not what we wrote.
    if (connectionsLost !== lostBefore)
      throw new Error('the connection to Redis was lost before a replica confirmed');
    if (confirmed < 1) throw new Error(`no Redis replica confirmed the write within ${REPLICA_WAIT_MS} ms`);
  };
}
