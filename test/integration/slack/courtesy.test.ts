import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPassingCalls } from '../../../src/slack/asides.ts';
import { createSlackClient } from '../../../src/slack/client.ts';
import { type Courtesy, createCourtesy } from '../../../src/slack/courtesy.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { type SlackThread, startThread, UNPACED } from './slack-thread.ts';

const METHOD = 'assistant.threads.setStatus';
let thread: SlackThread;
let courtesy: Courtesy;
let logged: string[];
beforeEach(async () => {
  thread = await startThread();
  logged = [];
  const client = createSlackClient({
    token: 'xoxb-test',
    apiUrl: thread.slack.apiUrl,
    timeoutMs: 5_000,
    observe: () => undefined,
  });
  courtesy = createCourtesy(
    createPassingCalls({ client, pacing: UNPACED }),
    createLogger({ level: 'warn', destination: { write: (line) => void logged.push(line) } }),
  );
});
afterEach(() => thread.close());

const say = (workspace = 'T1') =>
  courtesy(workspace, METHOD, { channel_id: thread.channel, thread_ts: thread.ts, status: 'x' });
const tried = () => thread.methods().filter((method) => method === METHOD).length;

test.each(['unknown_method', 'missing_scope', 'feature_not_enabled'])(
  'after %s the method is left alone in that workspace, and nowhere else; the operator hears of it once',
  async (error) => {
    thread.slack.faults.add({ method: METHOD, kind: 'error', error, times: 2 });
    expect(await Promise.all([say(), say()])).toEqual([false, false]);
    expect(await say()).toBe(false);
    expect(tried()).toBe(2);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain(error);
    expect(await say('T2')).toBe(true);
    expect(await courtesy('T1', 'auth.test', {})).toBe(true);
  },
);

test('what concerns one thread, or passes by itself, is tried again next time', async () => {
  thread.slack.faults.add({ method: METHOD, kind: 'error', error: 'channel_not_found' });
  thread.slack.faults.add({ method: METHOD, kind: 'status', status: 500 });
  thread.slack.faults.add({ method: METHOD, kind: 'status', status: 429, retryAfter: 1 });
  thread.slack.faults.add({ method: METHOD, kind: 'refuse' });
  for (let i = 0; i < 4; i += 1) expect(await say()).toBe(false);
  expect(await say()).toBe(true);
  expect(logged).toEqual([]);
});
