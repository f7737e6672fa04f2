import { afterEach, beforeEach, expect, test } from 'vitest';
import { createThrottle } from '../../../local/teams/throttle.ts';
import type { Urgency } from '../../../src/store/call-pacing.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { createTeamsPacing, TENANT_WINDOW, THREAD_WINDOWS } from '../../../src/teams/pacing.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { testRedis } from '../../setup/redis.ts';
import { say, startTeamsThread, type TeamsThread } from './teams-thread.ts';

const SERVICE = 'https://smba.trafficmanager.net/amer/';
const at = (conversation: string, serviceUrl = SERVICE) => ({ serviceUrl, conversation });
const THREAD = at('19:cloud@thread.tacv2;messageid=1');

const connections: Connection[] = [];
const threads: TeamsThread[] = [];
let url: string | undefined;
let time = 0;
let prefixes = 0;
beforeEach(() => {
  time = 1_000_000;
  prefixes += 1;
});
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close();
  for (const connection of connections.splice(0)) await disconnect(connection);
});

async function worker() {
  url ??= await testRedis();
  const redis = connect({ url, name: 'teams-pacing' });
  connections.push(redis);
  return createTeamsPacing({
    redis,
    keyPrefix: `{tc}:${prefixes}`,
    log: createLogger({ level: 'silent' }),
    now: () => time,
    clock: () => time,
  });
}
type Pacing = Awaited<ReturnType<typeof worker>>;

/** When the calls of several workers are made, who all want so many at once. Each is made up to 250 ms late. */
async function made(workers: readonly Pacing[], urgency: Urgency, places: readonly ReturnType<typeof at>[]) {
  const calls: { readonly at: number; readonly conversation: string }[] = [];
  for (const [i, place] of places.entries()) {
    const slot = await workers[i % workers.length]?.ask(place, urgency);
    if (slot?.granted)
      calls.push({ at: time + slot.waitMs + ((i * 97) % 250), conversation: place.conversation });
  }
  return calls.toSorted((one, other) => one.at - other.at);
}

/** What Teams would answer with 429. */
function refused(calls: Awaited<ReturnType<typeof made>>): number {
  let now = 0;
  const throttle = createThrottle(true, () => now);
  return calls.filter((call) => {
    now = call.at;
    return throttle(call.conversation) !== undefined;
  }).length;
}

test('two workers together stay below what Teams takes in a thread, by the second and by the hour', async () => {
  const both = [await worker(), await worker()];
  const calls = await made(
    both,
    'final',
    Array.from({ length: 1_900 }, () => THREAD),
  );
  expect(calls).toHaveLength(1_900);
  expect(refused(calls)).toBe(0);
  // As fast as Teams allows: the 1,801st comes when the first is an hour old.
  const lasts = (calls.at(-1)?.at ?? 0) - (calls[0]?.at ?? 0);
  expect(lasts).toBeGreaterThan(3_600_000);
  expect(lasts).toBeLessThan(3_700_000);
});

test('two workers together stay below what Teams takes of a bot, in whatever threads', async () => {
  const both = [await worker(), await worker()];
  const places = Array.from({ length: 200 }, (_, i) => at(`a:${i % 100}`));
  const calls = await made(both, 'final', places);
  expect(refused(calls)).toBe(0);
  expect((calls.at(-1)?.at ?? 0) - time).toBeLessThan(6_000);
});

test('a thread with a long line keeps nobody else waiting', async () => {
  const pacing = await worker();
  await made(
    [pacing],
    'final',
    Array.from({ length: 300 }, () => THREAD),
  );
  expect(await pacing.ask(at('a:other'), 'final')).toEqual({ granted: true, waitMs: 0 });
});

test('progress leaves room for final words, and never goes before those that stand in line', async () => {
  const [one, two] = [await worker(), await worker()];
  const [second] = THREAD_WINDOWS;
  const progress = await made(
    [one, two],
    'progress',
    Array.from({ length: 9 }, () => THREAD),
  );
  expect(progress).toHaveLength(second?.progress ?? 0);
  for (let i = progress.length; i < (second?.calls ?? 0); i += 1)
    expect(await one.ask(THREAD, 'final')).toEqual({ granted: true, waitMs: 0 });
  const { waitMs } = await two.ask(THREAD, 'final');
  expect(waitMs).toBeGreaterThan(0);
  time += waitMs - 1;
  expect(await one.ask(THREAD, 'progress')).toMatchObject({ granted: false });
});

test('every allowance leaves room for final words', () => {
  for (const { calls, progress, aside } of [...THREAD_WINDOWS, TENANT_WINDOW]) {
    expect(progress).toBeLessThan(calls);
    expect(aside).toBeLessThan(progress);
  }
});

test('what Teams told one worker, all of them keep to, in that thread only', async () => {
  const [one, two] = [await worker(), await worker()];
  await one.hold(THREAD, 20_000);
  expect(await two.ask(THREAD, 'progress')).toEqual({ granted: false, waitMs: 20_000 });
  expect(await two.ask(THREAD, 'final')).toEqual({ granted: true, waitMs: 20_000 });
  expect(await two.ask(at('a:other'), 'progress')).toEqual({ granted: true, waitMs: 0 });
});

test('nothing that is kept of it names a conversation, and all of it goes by itself within about an hour', async () => {
  const pacing = await worker();
  for (let i = 0; i < 2; i += 1) await pacing.ask(THREAD, 'final');
  await pacing.hold(THREAD, 5_000);
  const [redis] = connections;
  const keys = (await redis?.keys(`{tc}:${prefixes}:*`)) ?? [];
  expect(keys).toHaveLength(4);
  for (const key of keys) {
    expect(key).not.toContain('thread.tacv2');
    expect(await redis?.pttl(key)).toBeGreaterThan(0);
    expect(await redis?.pttl(key)).toBeLessThanOrEqual(3_700_000);
  }
});

test('two workers that answer many people in one thread are never answered with 429', async () => {
  const thread = await startTeamsThread('cloud', { throttled: true, realTime: true });
  threads.push(thread);
  const workers = [thread.open, thread.anotherWorker()];
  const answers = Array.from({ length: 14 }, (_, i) => `answer ${i}`);
  await Promise.all(
    answers.map(async (text, i) => {
      const reply = workers[i % 2]?.({ id: `turn-${i}` });
      reply?.show(say('', { status: 'Thinking' }));
      await reply?.finish(say(text));
    }),
  );
  expect(thread.texts().toSorted()).toEqual(answers.toSorted());
  expect(thread.teams.calls.filter(({ status }) => status === 429)).toEqual([]);
});
