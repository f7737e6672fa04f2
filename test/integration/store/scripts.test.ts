import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningRedis, startRedis } from '../../../local/redis/start-redis.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { defineScript } from '../../../src/store/scripts.ts';

// A server of its own: SCRIPT FLUSH would reach into every other test.
let server: RunningRedis;
let redis: Connection;
beforeAll(async () => {
  server = await startRedis({ log: () => undefined });
  redis = connect({ url: server.url, name: 'test-of-scripts' });
});
afterAll(async () => {
  await disconnect(redis);
  await server.stop();
});

const ADD = `return redis.call('INCRBY', ARGV[1] .. ':' .. ARGV[2], ARGV[3])`;

test('a script gets the key prefix and its arguments', async () => {
  const add = defineScript(ADD, '{test}');
  expect(await add(redis, ['counter', 2])).toBe(2);
  expect(await add(redis, ['counter', '3'])).toBe(5);
  expect(await redis.get('{test}:counter')).toBe('5');
});

test('a Redis that has forgotten its scripts gets them again, and runs each call once', async () => {
  const add = defineScript(ADD, '{flush}');
  await add(redis, ['counter', 1]);
  await redis.script('FLUSH');
  expect(await add(redis, ['counter', 1])).toBe(2);
  await redis.script('FLUSH');
  const results = await Promise.all(Array.from({ length: 20 }, () => add(redis, ['counter', 1])));
  expect(results.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 3));
});

test('once sent, a script is called by its digest', async () => {
  const add = defineScript(ADD, '{sha}');
  await add(redis, ['counter', 1]);
  await redis.config('RESETSTAT');
  for (let i = 0; i < 5; i += 1) await add(redis, ['counter', 1]);
  const stats = await redis.info('commandstats');
  expect(stats).toMatch(/cmdstat_evalsha:calls=5,/);
  expect(stats).not.toContain('cmdstat_eval:');
});

test('an error of the script is thrown as it is, and the script is not run a second time', async () => {
  const fail = defineScript(
    `redis.call('INCR', ARGV[1] .. ':runs') return redis.call('INCR', ARGV[1])`,
    '{fail}',
  );
  await redis.set('{fail}', 'text');
  await expect(fail(redis, [])).rejects.toThrow(/not an integer/);
  expect(await redis.get('{fail}:runs')).toBe('1');
});

test('text that a script says itself is not mistaken for a missing script', async () => {
  const say = defineScript(
    `redis.call('INCR', ARGV[1] .. ':runs') return redis.error_reply('ODD NOSCRIPT')`,
    '{odd}',
  );
  await expect(say(redis, [])).rejects.toThrow('ODD NOSCRIPT');
  expect(await redis.get('{odd}:runs')).toBe('1');
});
