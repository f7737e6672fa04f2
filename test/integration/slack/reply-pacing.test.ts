import { afterAll, beforeEach, expect, test } from 'vitest';
import { notice } from '../../../src/chat/notices.ts';
import { createPacing, type PacedCall, type Pacing, type Urgency } from '../../../src/slack/pacing.ts';
import type { CallLimits } from '../../../src/slack/pacing-limits.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';
import { say, startThread, UNPACED } from './slack-thread.ts';

const LIMITS: CallLimits = {
  'chat.update': { calls: 5, progress: 3, aside: 2, periodMs: 60_000, each: 'workspace' },
  'chat.postMessage': { calls: 2, progress: 1, aside: 1, periodMs: 4_000, each: 'channel' },
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
async function granted(workers: readonly Pacing[], call: PacedCall, urgency: Urgency, tries: number) {
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

test('once Slack has refused some, final writes beyond the allowance stand in line, one place each, and nothing jumps it', async () => {
  const [one, two] = [await worker(undefined, LIMITS), await worker(undefined, LIMITS)];
  await one.hold(update, 10_000);
  // As many as the published limit has room for, when Slack wants to hear of us again; the others at its mean rate.
  for (let i = 0; i < 5; i += 1)
    expect(await two.ask(update, 'final')).toEqual({ granted: true, waitMs: 10_000 });
  expect(await one.ask(update, 'final')).toEqual({ granted: true, waitMs: 22_000 });
  expect(await two.ask(update, 'final')).toEqual({ granted: true, waitMs: 34_000 });
  time += 33_000;
  for (const urgency of ['progress', 'aside'] as const) {
    const slot = await two.ask(update, urgency);
    expect(slot.granted).toBe(false);
    expect(slot.waitMs).toBeGreaterThan(0);
  }
  expect(await one.ask(update, 'final')).toEqual({ granted: true, waitMs: 13_000 });
});

test('a limit that our own count says is used up is tried again as soon as Slack allows', async () => {
  const pacing = await worker(undefined, LIMITS);
  expect(await granted([pacing], update, 'final', 5)).toBe(5);
  await pacing.hold(update, 3_000);
  expect(await pacing.ask(update, 'final')).toEqual({ granted: true, waitMs: 3_000 });
  expect(await pacing.ask(update, 'final')).toEqual({ granted: true, waitMs: 15_000 });
});

test('what Slack refused does not count: as many as it would have taken are tried again when it allows', async () => {
  const pacing = await worker(undefined, LIMITS);
  expect(await granted([pacing], update, 'final', 5)).toBe(5);
  for (let i = 0; i < 4; i += 1) await pacing.hold(update, 1_000);
  const waits = [];
  for (let i = 0; i < 5; i += 1) waits.push((await pacing.ask(update, 'final')).waitMs);
  expect(waits).toEqual([1_000, 1_000, 1_000, 1_000, 13_000]);
});

test('what Slack took before a burst that it refused is not forgotten over it', async () => {
  const pacing = await worker(undefined, LIMITS);
  expect(await granted([pacing], update, 'final', 5)).toBe(5);
  time += 10_000;
  expect(await granted([pacing], update, 'final', 8)).toBe(8);
  for (let i = 0; i < 8; i += 1) await pacing.hold(update, 50_000);
  const waits = [];
  for (let i = 0; i < 6; i += 1) waits.push((await pacing.ask(update, 'final')).waitMs);
  expect(waits).toEqual([50_000, 50_000, 50_000, 50_000, 50_000, 62_000]);
});

/** For how long after the last hold was over final writes had to stand in line. */
async function lineLasts(pacing: Pacing): Promise<number> {
  for (let after = 0; after < 200_000; after += 1_000) {
    if ((await granted([pacing], update, 'final', 12)) === 12) return after;
    // The places that were taken for the question are let go, so that only the refusals count.
    await (open.at(-1) as Connection).del(`{tc}:${prefixes}:pace:T1:chat.update`);
    time += 1_000;
  }
  throw new Error('the line has no end');
}

test('a line lasts for twice as long as Slack wanted, and for longer each time that it refuses again', async () => {
  const pacing = await worker(undefined, LIMITS);
  const lasts: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    await pacing.hold(update, 5_000);
    // Many calls that were under way are refused at once: that is one refusal.
    await pacing.hold(update, 4_000);
    time += 5_000;
    lasts.push(await lineLasts(pacing));
  }
  expect(lasts).toEqual([10_000, 20_000, 40_000, 80_000, 120_000]);
  time += 120_000;
  await pacing.hold(update, 60_000);
  time += 60_000;
  expect(await lineLasts(pacing)).toBe(30_000);
});

test('what one worker was told about any method, the others know with their next question about another', async () => {
  const [one, two] = [await worker(undefined, LIMITS), await worker(undefined, LIMITS)];
  const greeting = at('chat.postMessage');
  await one.hold(greeting, 30_000);
  await one.hold(at('chat.postMessage', 'C1', 'T2'), 30_000);
  expect(await two.ask(greeting, 'greeting')).toEqual(NOW);
  await two.ask(update, 'final');
  expect(await two.ask(greeting, 'greeting')).toEqual({ granted: false, waitMs: 30_000 });
  expect(await two.ask(at('chat.postMessage', 'C2'), 'greeting')).toEqual(NOW);
  expect(await two.ask(at('chat.postMessage', 'C1', 'T2'), 'greeting')).toEqual(NOW);
  time += 30_000;
  expect(await two.ask(greeting, 'greeting')).toEqual(NOW);
});

test('a courtesy leaves to replies what they need', async () => {
  const pacing = await worker(undefined, LIMITS);
  expect(await granted([pacing], update, 'aside', 10)).toBe(2);
  expect(await granted([pacing], update, 'progress', 10)).toBe(1);
  expect(await granted([pacing], update, 'final', 2)).toBe(2);
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
  expect((await pacing.ask(at('chat.postMessage', 'C1'), 'final')).waitMs).toBe(2_000);
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
  for (let i = 0; i < 2; i += 1) await pacing.ask(update, 'final');
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
  await pacing.hold(update, 20_000);
  await pacing.ask(update, 'final');
  const { waitMs } = await pacing.ask(update, 'final');
  expect(waitMs).toBeGreaterThan(30_000);
  expect(waitMs).toBeLessThanOrEqual(32_000);
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

test('while the end of a stream has to wait, its last words stand there already', async () => {
  const wait = { granted: true, waitMs: 50_000 };
  const asked: string[] = [];
  const end = Promise.withResolvers<void>();
  const pacing: Pacing = {
    ...UNPACED,
    async ask({ method }, urgency) {
      asked.push(`${method} ${urgency}`);
      return method === 'chat.stopStream' ? wait : NOW;
    },
  };
  const thread = await startThread('cloud', {
    pacing,
    pause: (ms) => (ms > 40_000 && ms < 120_000 ? end.promise : new Promise((go) => setImmediate(go))),
  });
  const reply = thread.open();
  reply.show(say('Three'));
  await eventually('the stream', () => thread.messages()[0] === 'Three');
  const done = reply.finish(say('Three instances.', { notice: notice('stopped') }));
  await eventually('all of its words', () => thread.messages()[0] === 'Three instances.');
  expect(asked).toContain('chat.appendStream ahead');
  expect(thread.writes()).not.toContain('chat.stopStream');
  end.resolve();
  await done;
  expect(thread.messages()).toEqual(['Three instances.']);
  expect(thread.writes().slice(-2)).toEqual(['chat.appendStream', 'chat.stopStream']);
  expect(JSON.stringify(thread.slack.thread(thread.channel, thread.ts).at(-1)?.blocks)).toContain('Retry');
  await thread.close();
});

test.each([
  ['is lost', { kind: 'drop_answer' }],
  ['is refused', { kind: 'error', error: 'message_not_in_streaming_state' }],
  ['comes too often', { kind: 'status', status: 429, retryAfter: 3 }],
] as const)(
  'when the append before a late end %s, the words stand once all the same',
  async (_how, fault) => {
    const thread = await startThread();
    const reply = thread.open();
    reply.show(say('Three'));
    await eventually('the stream', () => thread.messages()[0] === 'Three');
    thread.slack.faults.add({ kind: 'status', method: 'chat.stopStream', status: 429, retryAfter: 30 });
    thread.slack.faults.add({ ...fault, method: 'chat.appendStream' });
    await reply.finish(say('Three instances.'));
    expect(thread.messages()).toEqual(['Three instances.']);
    expect(thread.slack.thread(thread.channel, thread.ts).at(-1)?.stream?.ended).toBe('finished');
    await thread.close();
  },
);

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
