import { afterAll, beforeEach, expect, it } from 'vitest';
import { redisCommands } from '../../../local/redis/resp.ts';
import { createGuardrailQuota } from '../../../src/guardrails/quota.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { familyOf } from '../../../src/store/key-families.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { testRedis } from '../../setup/redis.ts';

const open: Connection[] = [];
const lines: string[] = [];
const log = createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } });
const never = new AbortController().signal;
const url = await testRedis();
let prefixes = 0;
beforeEach(() => {
  prefixes += 1;
});
afterAll(async () => {
  for (const redis of open) await disconnect(redis);
});

function process(unitsPerSecond = 25, at = url) {
  const redis = connect({ url: at, name: 'guardrail-quota' });
  open.push(redis);
  return createGuardrailQuota({
    redis,
    keyPrefix: `{tc${prefixes}}`,
    limits: { callsPerSecond: 50, unitsPerSecond },
    log,
    now: () => performance.now(),
  });
}

it('processes share the text units of a second, and go without a place when the wait is too long', async () => {
  const [one, other] = [process(), process()];
  const taken = await Promise.all(
    Array.from({ length: 40 }, (_, i) => (i % 2 ? one : other).take(1, 0, never)),
  );
  const granted = taken.filter(Boolean).length;
  // A second's worth at once, and what flows in while they ask.
  expect(granted).toBeGreaterThanOrEqual(25);
  expect(granted).toBeLessThan(40);
});

it('whoever is patient gets a place later', async () => {
  const quota = process(100);
  const taken = await Promise.all(Array.from({ length: 120 }, () => quota.take(1, 5_000, never)));
  expect(taken.every(Boolean)).toBe(true);
});

it('a text of more units than a second has can still be checked', async () => {
  expect(await process(5).take(20, 0, never)).toBe(true);
});

it('keeps one key, of a known kind, that goes away by itself', async () => {
  await process().take(1, 0, never);
  const [keys] = await redisCommands(url, [['KEYS', `{tc${prefixes}}:*`]]);
  expect(keys).toEqual([`{tc${prefixes}}:guardrailquota`]);
  expect(familyOf(`{tc${prefixes}}`, `{tc${prefixes}}:guardrailquota`)).toBeDefined();
  const [ttl] = await redisCommands(url, [['PTTL', `{tc${prefixes}}:guardrailquota`]]);
  expect(Number(ttl)).toBeGreaterThan(0);
});

it('lets everything through while Redis is away', async () => {
  const quota = process(1, 'redis://127.0.0.1:1');
  expect(await quota.take(1, 0, never)).toBe(true);
  expect(await quota.take(1, 0, never)).toBe(true);
  expect(lines.join()).toContain('Redis does not share the quota of the guardrail');
});

it('ends the waiting when told to', async () => {
  const quota = process(1);
  await quota.take(1, 0, never);
  const left = new AbortController();
  const waiting = quota.take(1, 10_000, left.signal);
  left.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
});
