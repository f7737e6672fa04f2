import { afterAll, beforeEach, expect, test } from 'vitest';
import { nameSessions } from '../../../src/slack/agent-session.ts';
import { createPassingCalls } from '../../../src/slack/asides.ts';
import { createSlackClient } from '../../../src/slack/client.ts';
import { createCourtesy } from '../../../src/slack/courtesy.ts';
import { createPacing, type PacedCall, type Pacing } from '../../../src/slack/pacing.ts';
import { APPEND_PACE_MS, type CallLimits } from '../../../src/slack/pacing-limits.ts';
import type { Urgency } from '../../../src/store/call-pacing.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { testRedis } from '../../setup/redis.ts';
import { startCountingProxy } from '../turns/counting-proxy.ts';
import { say, startThread } from './slack-thread.ts';

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

test.each([2, 3])(
  'while %i answers are streamed in a workspace, none stands still for long',
  async (answers) => {
    const pacing = await worker();
    const streams = Array.from({ length: answers }, (_, i) => ({
      due: time + i * 150,
      taken: time,
      stood: 0,
    }));
    const end = time + 180_000;
    for (;;) {
      const next = streams.toSorted((a, b) => a.due - b.due)[0];
      if (!next || next.due > end) break;
      time = Math.max(time, next.due);
      const { granted, waitMs } = await pacing.ask(at('chat.appendStream'), 'progress');
      if (granted) {
        next.stood = Math.max(next.stood, time - next.taken);
        next.taken = time;
      }
      next.due = time + Math.max(waitMs, APPEND_PACE_MS);
    }
    expect(streams.filter(({ stood }) => stood > 15_000)).toEqual([]);
  },
);

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
  await pacing.hold(update, 6_000);
  expect(await pacing.ask(update, 'final')).toEqual({ granted: true, waitMs: 6_000 });
  expect(await pacing.ask(update, 'final')).toEqual({ granted: true, waitMs: 18_000 });
});

test('what Slack refused does not count: as many as it would have taken are tried again when it allows', async () => {
  const pacing = await worker(undefined, LIMITS);
  expect(await granted([pacing], update, 'final', 5)).toBe(5);
  for (let i = 0; i < 4; i += 1) await pacing.hold(update, 6_000);
  const waits = [];
  for (let i = 0; i < 5; i += 1) waits.push((await pacing.ask(update, 'final')).waitMs);
  expect(waits).toEqual([6_000, 6_000, 6_000, 6_000, 18_000]);
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
    await pacing.hold(update, 6_000);
    // Many calls that were under way are refused at once: that is one refusal.
    await pacing.hold(update, 4_000);
    time += 6_000;
    lasts.push(await lineLasts(pacing));
  }
  expect(lasts).toEqual([12_000, 24_000, 48_000, 96_000, 120_000]);
  time += 120_000;
  await pacing.hold(update, 60_000);
  time += 60_000;
  expect(await lineLasts(pacing)).toBe(30_000);
});

test('a short refusal now and then makes no line, however many calls are made', async () => {
  const [one, two] = [await worker(undefined, LIMITS), await worker(undefined, LIMITS)];
  let made = 0;
  for (let i = 0; i < 60; i += 1) {
    const waits = [];
    for (let n = 0; n < 10; n += 1) waits.push((await two.ask(update, 'final')).waitMs);
    expect(waits).toEqual(waits.map(() => 0));
    made += waits.length;
    await one.hold(update, 1_000);
    // Everybody keeps to it.
    expect(await two.ask(update, 'final')).toEqual({ granted: true, waitMs: 1_000 });
    time += 1_000;
  }
  expect(made).toBe(600);
});

test('short refusals of most calls do make a line', async () => {
  const pacing = await worker(undefined, LIMITS);
  for (let i = 0; i < 10; i += 1) {
    await pacing.ask(update, 'final');
    await pacing.hold(update, 1_000);
    time += 1_000;
  }
  const waits = [];
  for (let i = 0; i < 8; i += 1) waits.push((await pacing.ask(update, 'final')).waitMs);
  expect(Math.max(...waits)).toBeGreaterThan(12_000);
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
  for (const channel of ['C1', 'C2']) await pacing.hold(at('chat.postMessage', channel), 6_000);
  time += 6_000;
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

test('a short first answer, its status line and the name of its thread ask Redis one question', async () => {
  const proxy = await startCountingProxy(await testRedis());
  const pacing = await worker(proxy.url);
  const thread = await startThread('cloud', { pacing });
  const client = createSlackClient({
    token: 'xoxb-test',
    apiUrl: thread.slack.apiUrl,
    timeoutMs: 5_000,
    observe: () => undefined,
  });
  const named = nameSessions(
    ({ turn }) => thread.open({ turn }),
    createCourtesy(createPassingCalls({ client, pacing }), log),
    ({ message }) => message.text,
  );
  const answer = async () => {
    const { turn } = thread;
    const reply = named({
      turn: { ...turn, opensThread: true },
      assertHeld: () => undefined,
      notePosted: async () => undefined,
      signal: new AbortController().signal,
    });
    reply.show(say('', { status: 'is thinking…' }));
    await reply.finish(say('42'));
  };
  // The first one also sends the script.
  await answer();
  proxy.reset();
  await answer();
  expect(proxy.commands().map(([command]) => command?.toUpperCase())).toEqual(['EVALSHA']);
  for (const method of ['assistant.threads.setStatus', 'agents.sessions.setStatus', 'chat.postMessage'])
    expect(thread.methods().filter((name) => name === method)).toHaveLength(2);
  await thread.close();
  await disconnect(open.pop() as Connection);
  await proxy.close();
});
