import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FaultInput } from '../../../local/slack/faults.ts';
import { notice } from '../../../src/chat/notices.ts';
import type { Pause } from '../../../src/turns/pace.ts';
import { pause } from '../../../src/turns/pause.ts';
import { ReplyRefused } from '../../../src/turns/reply.ts';
import { eventually } from '../../setup/eventually.ts';
import { type SlackThread, say, shown, startThread } from './slack-thread.ts';

let thread: SlackThread;
beforeEach(async () => {
  thread = await startThread();
});
afterEach(() => thread.close());

const bot = () => thread.slack.thread(thread.channel, thread.ts).slice(1);
const stands = (text: string) =>
  eventually(`the thread shows ${text}`, () => thread.messages().join('') === shown(text, false));
const ANSWER = 'Three <b>instances</b> & one more.\n> quoted\nThe end.';

/** Streams an answer in four views and finishes it, whatever goes wrong on the way. */
async function streamAnswer(): Promise<void> {
  const reply = thread.open();
  for (const cut of [10, 20, 30]) {
    reply.show(say(ANSWER.slice(0, cut), { tasks: [{ id: '1', title: 'Look', state: 'in_progress' }] }));
    await eventually(
      'this view stands',
      () => thread.messages().join('') === shown(ANSWER.slice(0, cut), false),
    );
  }
  await reply.finish(
    say(ANSWER, { tasks: [{ id: '1', title: 'Look', state: 'complete' }], notice: notice('stopped') }),
  );
}

const trouble: [string, FaultInput][] = [
  'chat.startStream',
  'chat.appendStream',
  'chat.stopStream',
  'chat.postMessage',
  'chat.update',
  '*',
].flatMap((method) =>
  (
    [
      { kind: 'drop_answer', method },
      { kind: 'drop_answer', method, times: 3 },
      { kind: 'refuse', method },
      { kind: 'status', method, status: 500 },
      { kind: 'status', method, status: 503, commit: true },
      { kind: 'status', method, status: 429, retryAfter: 7 },
      { kind: 'error', method, error: 'internal_error' },
      { kind: 'drop_answer', method, after: 1 },
    ] satisfies FaultInput[]
  ).map((fault): [string, FaultInput] => [JSON.stringify(fault), fault]),
);

test.each(trouble)('a streamed answer stands once and exactly after %s', async (_name, fault) => {
  thread.slack.faults.add(fault);
  await streamAnswer();
  expect(thread.messages()).toEqual([shown(ANSWER)]);
  expect(bot()[0]?.blocks.at(-1)?.type).toBe('actions');
  expect(bot()[0]?.stream?.ended).not.toBe('no');
});

test.each(trouble)(
  'an answer that is there at once stands once and exactly after %s',
  async (_name, fault) => {
    thread.slack.faults.add(fault);
    await thread.open().finish(say(ANSWER));
    expect(thread.messages()).toEqual([shown(ANSWER)]);
  },
);

test('a post beyond the rate waits as long as Slack says, and is one post in the end', async () => {
  thread.slack.faults.add({
    kind: 'status',
    method: 'chat.postMessage',
    status: 429,
    retryAfter: 31,
    times: 8,
  });
  await thread.open().finish(say('42'));
  expect(thread.waits.filter((ms) => ms === 31_000)).toHaveLength(8);
  expect(thread.messages()).toEqual(['42']);
});

test('an append beyond the rate waits and goes on in the same stream', async () => {
  thread.slack.faults.add({ kind: 'status', method: 'chat.appendStream', status: 429, retryAfter: 3 });
  await streamAnswer();
  expect(thread.waits).toContain(3_000);
  expect(thread.writes()).not.toContain('chat.update');
});

test('a stream beyond the rate is not waited for: an ordinary message takes its place', async () => {
  thread.slack.faults.add({
    kind: 'status',
    method: 'chat.startStream',
    status: 429,
    retryAfter: 60,
    times: 9,
  });
  await streamAnswer();
  expect(thread.waits).not.toContain(60_000);
  expect(thread.writes()).toEqual([
    'chat.startStream',
    'chat.postMessage',
    'chat.update',
    'chat.update',
    'chat.update',
  ]);
  expect(thread.messages()).toEqual([shown(ANSWER)]);
});

test.each(['missing_recipient_team_id', 'method_not_supported_for_channel_type', 'not_allowed_token_type'])(
  'where a stream is refused with %s, a message is posted and edited',
  async (error) => {
    thread.slack.faults.add({ kind: 'error', method: 'chat.startStream', error, times: 9 });
    await streamAnswer();
    expect(thread.writes().filter((name) => name === 'chat.postMessage')).toHaveLength(1);
    expect(thread.messages()).toEqual([shown(ANSWER)]);
  },
);

test('a stream that Slack ended after five minutes is completed by an edit', async () => {
  const reply = thread.open();
  reply.show(say('Three'));
  await stands('Three');
  thread.later(301_000);
  reply.show(say('Three instances'));
  await stands('Three instances');
  reply.show(say('Three instances run'));
  await stands('Three instances run');
  await reply.finish(say('Three instances run.'));
  expect(thread.messages()).toEqual(['Three instances run.']);
  expect(bot()).toHaveLength(1);
});

test('a stream that ended in silence is completed by its end', async () => {
  const reply = thread.open();
  reply.show(say('Three'));
  await stands('Three');
  thread.later(301_000);
  await reply.finish(say('Three instances.', { notice: notice('agent_timeout') }));
  expect(thread.messages()).toEqual(['Three instances.']);
  expect(bot()[0]?.blocks.at(-1)?.type).toBe('actions');
});

test('a long answer whose stream broke is edited within what Slack takes of an edit', async () => {
  const long = `${'ünïcode & more '.repeat(700)}end`;
  const reply = thread.open();
  reply.show(say(long.slice(0, 100)));
  await stands(long.slice(0, 100));
  thread.slack.faults.add({ kind: 'drop_answer', method: 'chat.stopStream' });
  await reply.finish(say(long));
  expect(thread.messages().join('')).toBe(shown(long));
  const edit = thread.slack.calls.findLast((call) => call.method === 'chat.update');
  expect(Buffer.byteLength(String(edit?.args.text))).toBeLessThanOrEqual(4_000);
});

test('an answer that begins anew replaces what was shown of the first try', async () => {
  const reply = thread.open();
  reply.show(say('It looks like fo', { tasks: [{ id: 'old', title: 'First try', state: 'in_progress' }] }));
  await stands('It looks like fo');
  reply.show(say('Th'));
  await stands('Th');
  await reply.finish(say('Three.'));
  expect(thread.messages()).toEqual(['Three.']);
  expect(JSON.stringify(bot()[0]?.blocks)).not.toContain('First try');
});

test('an answer that begins anew takes away the messages it no longer fills', async () => {
  const reply = thread.open();
  const long = 'x'.repeat(25_000);
  reply.show(say(long));
  await stands(long);
  expect(bot()).toHaveLength(3);
  reply.show(say('Th'));
  await reply.finish(say('Three.'));
  expect(thread.messages()).toEqual(['Three.']);
});

test('where a message may not be deleted, it says that it counts no more', async () => {
  const reply = thread.open();
  const long = 'x'.repeat(15_000);
  reply.show(say(long));
  await stands(long);
  thread.slack.faults.add({
    kind: 'error',
    method: 'chat.delete',
    error: 'compliance_exports_prevent_deletion',
  });
  const parts = await reply.finish(say('Three.'));
  expect(thread.messages()).toEqual(['Three.', expect.stringContaining('replaced')]);
  expect(parts).toHaveLength(1);
});

test('steps that end after their message was full are still brought up to date', async () => {
  const reply = thread.open();
  const long = 'x'.repeat(15_000);
  reply.show(say(long, { tasks: [{ id: '1', title: 'Look', state: 'in_progress' }] }));
  await stands(long);
  await reply.finish(say(`${long}.`, { tasks: [{ id: '1', title: 'Look', state: 'complete' }] }));
  expect(thread.messages().join('')).toBe(`${long}.`);
  expect(JSON.stringify(bot()[0]?.blocks)).toContain('✓ Look');
});

test('when the thread cannot be read after a lost answer, nothing is posted a second time', async () => {
  thread.slack.faults.add({ kind: 'drop_answer', method: 'chat.startStream' });
  thread.slack.faults.add({
    kind: 'error',
    method: 'conversations.replies',
    error: 'missing_scope',
    times: 9,
  });
  const reply = thread.open();
  reply.show(say('Three'));
  await eventually('the stream is there, unknown to us', () => bot().length === 1);
  await expect(reply.finish(say('Three.'))).rejects.toThrow(ReplyRefused);
  expect(bot()).toHaveLength(1);
});

test('while the reading is beyond the rate, it waits and posts nothing', async () => {
  thread.slack.faults.add({ kind: 'drop_answer', method: 'chat.postMessage' });
  thread.slack.faults.add({
    kind: 'status',
    method: 'conversations.replies',
    status: 429,
    retryAfter: 60,
    times: 3,
  });
  await thread.open().finish(say('42'));
  expect(thread.waits.filter((ms) => ms === 60_000)).toHaveLength(3);
  expect(thread.writes()).toEqual(['chat.postMessage']);
  expect(thread.messages()).toEqual(['42']);
});

const waited = () => thread.waits.reduce((sum, ms) => sum + ms, 0);

test.each([
  { kind: 'refuse', method: '*', times: 40 },
  { kind: 'status', method: '*', status: 503, times: 40 },
] as const)('an outage of Slack of some minutes delays an answer, and no more ($kind)', async (fault) => {
  thread.slack.faults.add(fault);
  await thread.open().finish(say('42'));
  expect(waited()).toBeGreaterThan(240_000);
  expect(thread.messages()).toEqual(['42']);
});

test('Slack that never answers is given up after ten minutes, for a later worker', async () => {
  thread.slack.faults.add({ kind: 'refuse', method: '*', times: 999 });
  await expect(thread.open().finish(say('42'))).rejects.toThrow(/Slack did not answer/);
  expect(waited()).toBeGreaterThan(500_000);
  expect(waited()).toBeLessThan(700_000);
  expect(bot()).toEqual([]);
});

test('a call that Slack itself fails with is given up sooner: it may be the call', async () => {
  thread.slack.faults.add({ kind: 'error', method: 'chat.postMessage', error: 'internal_error', times: 999 });
  await expect(thread.open().finish(say('42'))).rejects.toThrow(/Slack did not answer/);
  expect(thread.writes()).toHaveLength(6);
});

test('a call that hangs is cut off by its time-out and looked up', async () => {
  await thread.close();
  thread = await startThread('cloud', { timeoutMs: 100 });
  thread.slack.faults.add({ kind: 'delay', method: 'chat.postMessage', ms: 400, commit: true });
  await thread.open().finish(say('42'));
  expect(thread.messages()).toEqual(['42']);
  // The hanging call is still to be noted by the stand-in.
  await eventually('the hanging call ends', () => thread.writes().length === 1);
});

test('a post that Slack carries out after its answer was given up is not made again', async () => {
  await thread.close();
  const tenth: Pause = (ms, signal) => pause(ms / 10, signal);
  thread = await startThread('cloud', { timeoutMs: 200, pause: tenth });
  thread.slack.faults.add({ kind: 'delay', method: 'chat.postMessage', ms: 300 });
  await thread.open().finish(say('Three.'));
  expect(thread.messages()).toEqual(['Three.']);
  expect(thread.writes()).toEqual(['chat.postMessage']);
});
