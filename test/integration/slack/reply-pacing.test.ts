import { afterAll, beforeEach, expect, test } from 'vitest';
import { createPacing, type PacedCall, type Pacing } from '../../../src/slack/pacing.ts';
import type { CallLimits } from '../../../src/slack/pacing-limits.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';
import { say, startThread } from './slack-thread.ts';

const LIMITS: CallLimits = {
  'chat.update': { calls: 5, progress: 3, periodMs: 60_000, each: 'workspace' },
  'chat.postMessage': { calls: 2, progress: 1, periodMs: 4_000, each: 'channel' },
};
const at = (method: string, channel = 'C1', workspace = 'T1'): PacedCall => ({ method, channel, workspace });
const update = at('chat.update');
const NOW = { granted: true, waitMs: 0 };

const open: Connection[] = [];
const logged: string[] = [];
const log = createLogger({ level: 'info', destination: { write: (line) => void logged.push(line) } });
let time = 1_000_000;
let prefixes = 0;
let url: string | undefined;

async function worker(redisUrl?: string, limits?: CallLimits): Promise<Pacing> {
  url ??= await testRedis();
  const redis = connect({ url: redisUrl ?? url, name: 'pacing' });
  open.push(redis);
  return createPacing({
    redis,
    keyPrefix: `{tc}:${prefixes}`,
    log,
    now: () => time,
    clock: () => time,
    ...(limits ? { limits } : {}),
  });
}

beforeEach(() => {
  prefixes += 1;
  logged.length = 0;
});
afterAll(async () => {
  for (const redis of open) await disconnect(redis);
});

/** As many as are granted at once. */
async function granted(
  workers: readonly Pacing[],
  call: PacedCall,
  urgency: 'progress' | 'final',
  tries: number,
) {
  const slots = [];
  for (let i = 0; i < tries; i += 1) slots.push(await workers[i % workers.length]?.ask(call, urgency));
  return slots.filter((slot) => slot?.granted && slot.waitMs === 0).length;
}

test('two workers share one allowance, and progress leaves some of it for final writes', async () => {
  const both = [await worker(undefined, LIMITS), await worker(undefined, LIMITS)];
  expect(await granted(both, update, 'progress', 10)).toBe(3);
  expect(await granted(both, update, 'final', 2)).toBe(2);
  time += 59_999;
  expect(await granted(both, update, 'progress', 2)).toBe(0);
  time += 1;
  expect(await granted(both, update, 'progress', 10)).toBe(3);
});

test('final writes go out at once as long as Slack takes them', async () => {
  const pacing = await worker(undefined, LIMITS);
  expect(await granted([pacing], update, 'final', 50)).toBe(50);
  expect(await granted([pacing], update, 'progress', 1)).toBe(0);
});

test('once Slack has refused some, final writes beyond the allowance stand in line, one place each, and progress does not jump it', async () => {
  const [one, two] = [await worker(undefined, LIMITS), await worker(undefined, LIMITS)];
  await one.hold(update, 1);
  time += 1;
  for (let i = 0; i < 5; i += 1) {
    await one.ask(update, 'final');
    time += 1_000;
  }
  expect(await two.ask(update, 'final')).toEqual({ granted: true, waitMs: 55_000 });
  expect(await one.ask(update, 'final')).toEqual({ granted: true, waitMs: 56_000 });
  expect(await two.ask(update, 'final')).toEqual({ granted: true, waitMs: 57_000 });
  time += 56_500;
  const slot = await two.ask(update, 'progress');
  expect(slot.granted).toBe(false);
  expect(slot.waitMs).toBeGreaterThan(0);
});

test('workspaces do not share, and posts are counted for each channel', async () => {
  const pacing = await worker(undefined, LIMITS);
  expect(await granted([pacing], update, 'progress', 5)).toBe(3);
  expect(await granted([pacing], at('chat.update', 'C1', 'T2'), 'progress', 5)).toBe(3);
  expect(await granted([pacing], at('chat.update', 'C2'), 'progress', 5)).toBe(0);
  for (const channel of ['C1', 'C2']) await pacing.hold(at('chat.postMessage', channel), 1);
  time += 1;
  expect(await granted([pacing], at('chat.postMessage', 'C1'), 'final', 2)).toBe(2);
  expect(await granted([pacing], at('chat.postMessage', 'C2'), 'final', 2)).toBe(2);
  expect((await pacing.ask(at('chat.postMessage', 'C1'), 'final')).waitMs).toBe(4_000);
});

test('what Slack told one worker, all of them keep to', async () => {
  const [one, two] = [await worker(undefined, LIMITS), await worker(undefined, LIMITS)];
  await one.hold(update, 30_000);
  expect(await two.ask(update, 'progress')).toEqual({ granted: false, waitMs: 30_000 });
  expect(await two.ask(update, 'final')).toEqual({ granted: true, waitMs: 30_000 });
  await one.hold(update, 10_000);
  expect(await two.heldMs(update)).toBe(30_000);
  time += 30_000;
  expect(await two.heldMs(update)).toBe(0);
  expect(await two.ask(update, 'progress')).toEqual(NOW);
});

test('a method without a limit is asked for nowhere', async () => {
  const pacing = await worker('redis://127.0.0.1:1', LIMITS);
  expect(await pacing.ask(at('auth.test'), 'progress')).toEqual(NOW);
  expect(logged).toEqual([]);
});

test('without Redis everything is written, what Slack said is still obeyed, and the log says it once', async () => {
  const pacing = await worker('redis://127.0.0.1:1', LIMITS);
  expect(await granted([pacing], update, 'progress', 4)).toBe(4);
  await pacing.hold(update, 5_000);
  expect(await pacing.ask(update, 'progress')).toEqual({ granted: false, waitMs: 5_000 });
  expect(await pacing.ask(update, 'final')).toEqual({ granted: true, waitMs: 5_000 });
  time += 5_000;
  expect(await pacing.ask(update, 'progress')).toEqual(NOW);
  expect(logged.filter((line) => line.includes('does not pace'))).toHaveLength(1);
});

test('everything that pacing keeps expires', async () => {
  const pacing = await worker(undefined, LIMITS);
  await pacing.ask(update, 'final');
  await pacing.hold(update, 5_000);
  const redis = open.at(-1) as Connection;
  const names = await redis.keys(`{tc}:${prefixes}:*`);
  expect(names).toHaveLength(3);
  for (const name of names) expect(await redis.pttl(name)).toBeGreaterThan(0);
});

test('without a clock of ours the time is that of Redis', async () => {
  const pacing = createPacing({
    redis: open[0] as Connection,
    keyPrefix: `{tc}:${prefixes}`,
    log,
    now: () => 0,
    limits: LIMITS,
  });
  expect(await granted([pacing], update, 'final', 5)).toBe(5);
  await pacing.hold(update, 1);
  const { waitMs } = await pacing.ask(update, 'final');
  expect(waitMs).toBeGreaterThan(30_000);
  expect(waitMs).toBeLessThanOrEqual(60_000);
});

/** Grants what `left` holds; progress beyond it is told to wait. */
function allowance(left: Record<string, number>) {
  const asked: string[] = [];
  const held: [string, number][] = [];
  const pacing: Pacing = {
    async ask({ method }, urgency) {
      asked.push(`${method} ${urgency}`);
      const rest = left[method] ?? Number.POSITIVE_INFINITY;
      left[method] = rest - 1;
      return rest > 0 ? NOW : { granted: urgency === 'final', waitMs: 2_500 };
    },
    async hold({ method }, ms) {
      held.push([method, ms]);
    },
    heldMs: async () => 0,
  };
  return { pacing, asked, held };
}

test('when the starts of the workspace are used up, no start is tried: the answer is posted and edited', async () => {
  const { pacing } = allowance({ 'chat.startStream': 0 });
  const thread = await startThread('cloud', { pacing });
  const reply = thread.open();
  reply.show(say('Three'));
  await eventually('the message', () => thread.messages()[0] === 'Three');
  reply.show(say('Three instances'));
  await eventually('the edit', () => thread.messages()[0] === 'Three instances');
  await reply.finish(say('Three instances.'));
  expect(thread.writes()).toEqual(['chat.postMessage', 'chat.update', 'chat.update']);
  expect(thread.messages()).toEqual(['Three instances.']);
  await thread.close();
});

test('progress is left out while calls are short; the final write waits for its turn and comes', async () => {
  const { pacing, asked } = allowance({ 'chat.startStream': 0, 'chat.postMessage': 1, 'chat.update': 0 });
  const thread = await startThread('cloud', { pacing });
  const reply = thread.open();
  reply.show(say('Three'));
  await eventually('the message', () => thread.messages()[0] === 'Three');
  reply.show(say('Three instances'));
  await eventually(
    'the edit was left out',
    () => asked.filter((ask) => ask === 'chat.update progress').length > 2,
  );
  expect(thread.messages()).toEqual(['Three']);
  expect(thread.waits).toContain(2_500);
  await reply.finish(say('Three instances.'));
  expect(thread.writes()).toEqual(['chat.postMessage', 'chat.update']);
  expect(asked.at(-1)).toBe('chat.update final');
  expect(thread.messages()).toEqual(['Three instances.']);
  await thread.close();
});

test('an answer whose first message finds no room is one message in the end', async () => {
  const { pacing, asked } = allowance({ 'chat.startStream': 0, 'chat.postMessage': 0 });
  const thread = await startThread('cloud', { pacing });
  const reply = thread.open();
  reply.show(say('Three'));
  await eventually('it was tried', () => asked.includes('chat.postMessage progress'));
  await reply.finish(say('Three instances.'));
  expect(thread.writes()).toEqual(['chat.postMessage']);
  await thread.close();
});

test('a 429 is told to all workers', async () => {
  const { pacing, held } = allowance({});
  const thread = await startThread('cloud', { pacing });
  for (const method of ['chat.startStream', 'chat.postMessage', 'assistant.threads.setStatus'])
    thread.slack.faults.add({ kind: 'status', method, status: 429, retryAfter: 9 });
  const reply = thread.open();
  reply.show(say('Three', { status: 'is thinking…' }));
  await eventually('the message', () => thread.messages()[0] === 'Three');
  await reply.finish(say('Three.'));
  expect(held.toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
    ['assistant.threads.setStatus', 9_000],
    ['chat.postMessage', 9_000],
    ['chat.startStream', 9_000],
  ]);
  await thread.close();
});
