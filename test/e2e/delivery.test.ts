import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SlackStandIn } from '../../local/slack/stand-in.ts';
import { createPacing, type Pacing } from '../../src/slack/pacing.ts';
import { connect, disconnect } from '../../src/store/connection.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import type { Pause } from '../../src/turns/pace.ts';
import type { Reply } from '../../src/turns/reply.ts';
import { askIn, say, shown, startSlack, TURN } from '../integration/slack/slack-thread.ts';
import { testRedis } from '../setup/redis.ts';

/** Slack's minute passes in ten seconds, for Slack, for the workers and for what they share in Redis alike. */
const SPEED = 6;
const began = Date.now();
const now = () => began + (Date.now() - began) * SPEED;
const pause: Pause = (ms, signal) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end);
      resolve();
    }, ms / SPEED);
    signal.addEventListener('abort', end, { once: true });
  });
const wait = (ms: number) => pause(ms, new AbortController().signal);

const ANSWERS = 60;
const MINUTE = 60_000;

let slack: SlackStandIn;
const closers: (() => Promise<unknown>)[] = [];
/** As of two worker processes: each with a connection and a memory of its own. */
let workers: Pacing[];
let workspaces = 0;

beforeEach(async () => {
  workspaces += 1;
  workers = [];
  slack = await startSlack(now, { rateLimits: 'slack' });
  closers.push(() => slack.close());
  const url = await testRedis();
  for (const name of ['one', 'two']) {
    const redis = connect({ url, name });
    closers.push(() => disconnect(redis));
    const log = createLogger({ level: 'silent' });
    workers.push(
      createPacing({ redis, keyPrefix: `{tc}:${workspaces}`, log, now, clock: () => Math.floor(now()) }),
    );
  }
});

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Told {
  readonly thread: { readonly channel: string; readonly ts: string; messages(): string[] };
  readonly text: string;
  /** From the end of the answer to its last visible word, in Slack's milliseconds. */
  readonly lateMs: number;
}

/** An answer that takes `seconds` to write. */
async function tell(index: number, seconds: number): Promise<Told> {
  const thread = await askIn(slack, 'cloud', { now, pause, pacing: workers[index % 2] as Pacing });
  const text = Array.from({ length: 30 + (index % 4) * 30 }, (_, i) => `word${i}`).join(' ');
  const reply: Reply = thread.open({ turn: { id: `${TURN}-${index}` } });
  reply.show(say('', { status: 'is thinking…' }));
  for (let step = 1; step <= seconds; step += 1) {
    await wait(1_000);
    reply.show(say(text.slice(0, Math.floor((text.length * step) / (seconds + 1)))));
  }
  const done = now();
  await reply.finish(say(text));
  return { thread, text, lateMs: now() - done };
}

it('60 answers begun within a minute: all exact, at most 20 streams, none held up, and Slack rarely has to say no', async () => {
  const told = await Promise.all(
    Array.from({ length: ANSWERS }, async (_, i) => {
      await wait((i * MINUTE) / ANSWERS);
      return tell(i, 10 + (i % 4) * 10);
    }),
  );
  for (const { thread, text } of told) expect(thread.messages()).toEqual([shown(text)]);

  const made = (method: string) =>
    slack.calls.filter((call) => call.method === method && call.status === 200);
  const starts = made('chat.startStream').map((call) => call.at);
  const most = Math.max(
    ...starts.map((at) => starts.filter((other) => other >= at && other < at + MINUTE).length),
  );
  const worst = Math.max(...told.map((one) => one.lateMs));
  expect(starts.length).toBeGreaterThanOrEqual(20);
  expect(most).toBeLessThanOrEqual(20);
  // Final writes go out at once until Slack says no; then all of them keep to its rate, so it says so a few times only.
  expect([...slack.limited.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(ANSWERS / 3);
  // What forty answers without a stream need at most, at Slack's 50 edits a minute.
  expect(worst).toBeLessThan((ANSWERS - 20) * (MINUTE / 50));
});

it('a moment in which Slack says no to everything costs the answers that end just then no more than a moment', async () => {
  const STREAMS = 20;
  const SECONDS = 15;
  const storm = wait(SECONDS * 1_000).then(() =>
    slack.faults.add({ kind: 'status', method: '*', status: 429, retryAfter: 1, times: 3 * STREAMS }),
  );
  const told = await Promise.all(Array.from({ length: STREAMS }, (_, i) => tell(i, SECONDS)));
  await storm;
  for (const { thread, text } of told) expect(thread.messages()).toEqual([shown(text)]);
  expect(slack.faults.list()).toEqual([]);
  // By Slack's published rate, counted from what was sent before it said no, the last of them would end after a minute.
  expect(Math.max(...told.map((one) => one.lateMs))).toBeLessThan(MINUTE / 3);
});
