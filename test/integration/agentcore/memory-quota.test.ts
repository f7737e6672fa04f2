import { afterAll, beforeEach, expect, test } from 'vitest';
import { redisCommands } from '../../../local/redis/resp.ts';
import {
  type CallKind,
  type CallQuota,
  createMemoryQuota,
  MEMORY_QUOTAS,
  type MemoryQuota,
} from '../../../src/agentcore/memory-quota.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { familyOf } from '../../../src/store/key-families.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';

/** The quota of Memory, shared by processes that know of each other only through Redis. */

const open: Connection[] = [];
const logged: string[] = [];
const log = createLogger({ level: 'info', destination: { write: (line) => void logged.push(line) } });
let prefixes = 0;
let url: string | undefined;

async function process(
  redisUrl?: string,
  quotas: Readonly<Record<CallKind, CallQuota>> = MEMORY_QUOTAS,
): Promise<MemoryQuota> {
  url ??= await testRedis();
  const redis = connect({ url: redisUrl ?? url, name: 'memory-quota' });
  open.push(redis);
  return createMemoryQuota({
    redis,
    keyPrefix: `{tc${prefixes}}`,
    log,
    now: () => performance.now(),
    quotas,
  });
}

const both = async () => [await process(), await process()] as const;
const keys = async () => {
  const [found] = await redisCommands(url ?? '', [['KEYS', `{tc${prefixes}}:*`]]);
  return Array.isArray(found) ? found.map(String) : [];
};

beforeEach(() => {
  prefixes += 1;
  logged.length = 0;
});
afterAll(async () => {
  for (const redis of open) await disconnect(redis);
});

interface Turn {
  readonly group: string;
  readonly number: number;
  readonly at: number;
}

/** Asks for so many turns at once, from both sides by turns, and notes them in the order in which they came. */
function ask(quotas: readonly MemoryQuota[], kind: CallKind, group: string, count: number, into: Turn[]) {
  const { signal } = new AbortController();
  return Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const at = await quotas[number % quotas.length]?.turn(kind, [group], signal);
      into.push({ group, number, at: at ?? Number.NaN });
    }),
  );
}

/** The most turns within any second. */
function busiestSecond(turns: readonly Turn[]): number {
  const times = turns.map(({ at }) => at).toSorted((a, b) => a - b);
  return Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + 1_000).length));
}

test('two processes never go beyond ten writes a second, nor five of a session, and nobody is lost', async () => {
  const quotas = await both();
  const turns: Turn[] = [];
  await Promise.all(['a', 'b', 'c', 'd'].map((group) => ask(quotas, 'write', group, 8, turns)));
  expect(turns).toHaveLength(32);
  expect(turns.every(({ at }) => at > 0)).toBe(true);
  expect(busiestSecond(turns)).toBeLessThanOrEqual(10);
  for (const group of ['a', 'b', 'c', 'd']) {
    const own = turns.filter((turn) => turn.group === group);
    expect(own).toHaveLength(8);
    expect(busiestSecond(own)).toBeLessThanOrEqual(5);
  }
});

test('a session alone goes five times a second, reading thirty times, and neither waits for the other', async () => {
  const quotas = await both();
  const [writes, reads]: [Turn[], Turn[]] = [[], []];
  await Promise.all([ask(quotas, 'write', 'a', 11, writes), ask(quotas, 'read', 'a', 65, reads)]);
  expect([writes.length, reads.length]).toEqual([11, 65]);
  expect(busiestSecond(writes)).toBeLessThanOrEqual(5);
  expect(busiestSecond(reads)).toBeLessThanOrEqual(30);
});

test('within a session it is first come, first served', async () => {
  const [quota] = await both();
  const turns: Turn[] = [];
  await ask([quota], 'write', 'a', 12, turns);
  expect(turns.toSorted((a, b) => a.at - b.at || a.number - b.number).map(({ number }) => number)).toEqual(
    Array.from({ length: 12 }, (_, number) => number),
  );
});

test('sessions take turns: nobody goes a second time before everybody went once', async () => {
  const few = { ...MEMORY_QUOTAS, write: { account: 4, group: 4 } };
  const quotas = [await process(undefined, few), await process(undefined, few)];
  const turns: Turn[] = [];
  const groups = Array.from({ length: 8 }, (_, n) => `session ${n}`);
  await Promise.all(groups.map((group) => ask(quotas, 'write', group, 2, turns)));
  const order = turns.toSorted((a, b) => a.at - b.at).map(({ group }) => group);
  expect(order).toHaveLength(16);
  expect(order.slice(0, 8).toSorted()).toEqual(groups);
});

test('a long line of some sessions keeps no other waiting for longer than its turn', async () => {
  const quotas = await both();
  const turns: Turn[] = [];
  const crowd = ['a', 'b', 'c'].map((group) => ask(quotas, 'write', group, 12, turns));
  await eventually('the first ten have gone', () => turns.length >= 10);
  const late: Turn[] = [];
  await ask(quotas, 'write', 'late', 2, late);
  // Twenty-six of the others were there before.
  expect(turns.length).toBeLessThan(30);
  await Promise.all(crowd);
  expect(turns).toHaveLength(36);
});

test('who gives up leaves the line at once, with the reason of the signal', async () => {
  const quotas = await both();
  const turns: Turn[] = [];
  await ask(quotas, 'write', 'a', 5, turns);
  const giveUp = new AbortController();
  const waiting = Array.from({ length: 20 }, () => quotas[0].turn('write', ['a'], giveUp.signal));
  const settled = Promise.allSettled(waiting);
  const next = ask(quotas, 'write', 'a', 1, turns);
  giveUp.abort(new Error('enough'));
  for (const one of await settled)
    expect(one).toMatchObject({ status: 'rejected', reason: { message: 'enough' } });
  const [places] = await redisCommands(url ?? '', [['HLEN', `{tc${prefixes}}:memorywaiting:write`]]);
  expect(Number(places)).toBeLessThanOrEqual(1);
  await next;
  expect(turns).toHaveLength(6);
  await expect(quotas[0].turn('write', ['a'], giveUp.signal)).rejects.toThrow('enough');
});

test('who is gone without a word stands in nobody’s way for long', async () => {
  const quotas = await both();
  const turns: Turn[] = [];
  await ask(quotas, 'write', 'a', 5, turns);
  const lost = connect({ url: url ?? '', name: 'lost' });
  const its = createMemoryQuota({
    redis: lost,
    keyPrefix: `{tc${prefixes}}`,
    log,
    now: () => performance.now(),
  });
  const gone = new AbortController();
  const dropped = Promise.allSettled([its.turn('write', ['a'], gone.signal)]);
  await eventually('it stands in line', async () =>
    (await keys()).some((key) => key.includes(':memoryline:')),
  );
  lost.disconnect();
  gone.abort();
  await dropped;
  await ask(quotas, 'write', 'a', 1, turns);
  expect(turns).toHaveLength(6);
});

test('what is kept has a family, names nobody, and is gone soon after', async () => {
  const quotas = await both();
  const turns: Turn[] = [];
  const waits = ask(quotas, 'write', 'slack:T1:U1', 8, turns);
  await eventually('some wait', async () => (await keys()).some((key) => key.includes(':memoryline:')));
  const seen = await keys();
  for (const key of seen) expect(familyOf(`{tc${prefixes}}`, key)?.bound.kind).toBe('expires');
  expect(seen.join()).not.toContain('U1');
  const ttls = await redisCommands(
    url ?? '',
    seen.map((key) => ['PTTL', key]),
  );
  for (const ttl of ttls) expect(Number(ttl)).toBeLessThanOrEqual(10_000);
  expect(ttls).not.toContain(-1);
  await waits;
  await eventually('the last second is forgotten', async () =>
    (await keys()).every((key) => !key.includes(':memoryquota:')),
  );
});

test('without Redis calls go through, and the log says it once', async () => {
  const quota = await process('redis://127.0.0.1:1/0');
  const { signal } = new AbortController();
  expect(await quota.turn('write', ['a'], signal)).toBeUndefined();
  expect(await quota.turn('write', ['a'], signal)).toBeUndefined();
  expect(logged.filter((line) => line.includes('does not share the quota'))).toHaveLength(1);
});
