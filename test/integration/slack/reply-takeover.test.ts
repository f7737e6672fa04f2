import { afterEach, beforeEach, expect, test } from 'vitest';
import { notice } from '../../../src/chat/notices.ts';
import type { ReplyView } from '../../../src/chat/vocabulary.ts';
import { STOP_ACTION } from '../../../src/slack/render.ts';
import { eventually } from '../../setup/eventually.ts';
import { quickPause, type SlackThread, say, shown, startThread, TURN } from './slack-thread.ts';

let thread: SlackThread;
beforeEach(async () => {
  thread = await startThread();
});
afterEach(() => thread.close());

const bot = () => thread.slack.thread(thread.channel, thread.ts).slice(1);
const stands = (text: string) =>
  eventually(`the thread shows ${text}`, () => thread.messages().join('') === shown(text, false));

/** A first worker that shows something and is heard of no more. */
async function lostWorker(text: string, more: Partial<ReplyView> = {}): Promise<void> {
  const owner = new AbortController();
  const reply = thread.open({ signal: owner.signal });
  reply.show(say(text, more));
  await eventually('the message is on record', () => thread.noted.length > 0);
  await stands(text);
  owner.abort(new Error('killed'));
  await reply.finish(say(text)).catch(() => undefined);
}

test('a successor goes on in the message that is on record', async () => {
  await lostWorker('Three inst');
  const posted = thread.noted.at(-1) ?? [];
  expect(posted).toEqual([{ id: bot()[0]?.ts, streaming: true }]);
  const reply = thread.open({ turn: { attempt: 2, posted } });
  reply.show(say('Three instances run'));
  await stands('Three instances run');
  const parts = await reply.finish(say('Three instances run.'));
  expect(thread.messages()).toEqual(['Three instances run.']);
  expect(parts).toEqual([{ id: posted[0]?.id, streaming: false }]);
  // Not to find it, but to see whether it stands there alone.
  expect(thread.methods().filter((name) => name === 'conversations.replies')).toHaveLength(1);
});

test('a successor that has nothing to show yet leaves what stands there alone', async () => {
  await lostWorker('Three inst');
  const reply = thread.open({ turn: { attempt: 2, posted: thread.noted.at(-1) ?? [] } });
  reply.show(say('', { status: 'is thinking…' }));
  await eventually('the status', () => thread.methods().includes('assistant.threads.setStatus'));
  expect(thread.messages()).toEqual(['Three inst']);
  await reply.finish(say('Three instances.'));
  expect(thread.messages()).toEqual(['Three instances.']);
});

test('what a run repeats after a take-over is not shown word by word over what stands there', async () => {
  await thread.close();
  const repeated = Promise.withResolvers<void>();
  thread = await startThread('cloud', {
    pause: (ms, signal) => (ms === 300 ? repeated.promise : quickPause([])(ms, signal)),
  });
  await lostWorker('Three instances');
  const reply = thread.open({ turn: { attempt: 2, posted: thread.noted.at(-1) ?? [] } });
  reply.show(say('Three'));
  // As long as a write of it would take.
  await thread.slack.postAs('bob', 'cloud', 'meanwhile');
  for (let i = 0; i < 50; i += 1) await new Promise((go) => setImmediate(go));
  reply.show(say('Three instances run'));
  repeated.resolve();
  await stands('Three instances run');
  await reply.finish(say('Three instances run.'));
  const edits = thread.slack.calls.filter(({ method }) => method === 'chat.update');
  expect(edits.map(({ args }) => args.text)).toEqual(['Three instances run', 'Three instances run.']);
});

test('a posted message that is not on record is found by its marker', async () => {
  await thread.open().finish(say('Three.'));
  const reply = thread.open({ turn: { attempt: 2 } });
  const parts = await reply.finish(say('Three instances.'));
  expect(thread.messages()).toEqual(['Three instances.']);
  expect(parts).toEqual([{ id: bot()[0]?.ts, streaming: false }]);
  expect(thread.writes().filter((name) => name === 'chat.postMessage')).toHaveLength(1);
});

test('a stream that is not on record is found by its opening step, and ended', async () => {
  await lostWorker('Three inst');
  await thread.open({ turn: { attempt: 2 } }).finish(say('Three instances.'));
  expect(thread.messages()).toEqual(['Three instances.']);
  expect(bot()[0]?.stream?.ended).toBe('finished');
});

const status = () => thread.slack.state.threads.get(`${thread.channel}:${thread.ts}`)?.status;

test('the status line of a successor that only edits what it found does not stay', async () => {
  await thread.open().finish(say('Three.'));
  const reply = thread.open({ turn: { attempt: 2 } });
  reply.show(say('', { status: 'is thinking…' }));
  await eventually('the status', () => status() === 'is thinking…');
  await reply.finish(say('Three instances.'));
  expect(thread.messages()).toEqual(['Three instances.']);
  expect(status()).toBe('');
});

test('a status line that an earlier worker left is taken away, also when Slack does not want to at first', async () => {
  await lostWorker('Three inst');
  const lost = thread.open({ turn: { attempt: 2, posted: thread.noted.at(-1) ?? [] } });
  lost.show(say('', { status: 'is thinking…' }));
  await eventually('the status', () => status() === 'is thinking…');
  thread.slack.faults.add({ method: 'assistant.threads.setStatus', kind: 'status', status: 503 });
  const posted = thread.noted.at(-1) ?? [];
  await thread.open({ turn: { attempt: 3, posted } }).finish(say('Three instances.'));
  expect(status()).toBe('');
});

test('nothing left behind: a successor posts', async () => {
  await thread.open({ turn: { attempt: 2 } }).finish(say('42'));
  expect(thread.messages()).toEqual(['42']);
});

test('the message of another turn, or of another part, is not taken for ours', async () => {
  await thread.open({ turn: { id: `${TURN}2` } }).finish(say('The other answer.'));
  await thread.open({ turn: { attempt: 2 } }).finish(say('My answer.'));
  expect(thread.messages()).toEqual(['The other answer.', 'My answer.']);
});

test('a person who writes our step’s id into the thread is not answered by an edit of that message', async () => {
  await thread.slack.postAs('bob', 'cloud', `${TURN}.0`, { threadTs: thread.ts });
  await thread.open({ turn: { attempt: 2 } }).finish(say('My answer.'));
  expect(bot().map((message) => message.text)).toEqual([`${TURN}.0`, 'My answer.']);
});

test('all messages of a long answer are taken over, on record or not', async () => {
  const long = `${'some words & more '.repeat(1_500)}`;
  await lostWorker(long);
  const posted = (thread.noted.at(-1) ?? []).slice(0, 1);
  expect(bot().length).toBeGreaterThan(2);
  const before = bot().map((message) => message.ts);
  await thread.open({ turn: { attempt: 2, posted } }).finish(say(`${long}end`));
  expect(bot().map((message) => message.ts)).toEqual(before);
  expect(thread.messages().join('')).toBe(shown(`${long}end`));
});

test('messages on record that the last answer does not need are taken away', async () => {
  await lostWorker('x'.repeat(25_000));
  const posted = thread.noted.at(-1) ?? [];
  expect(posted).toHaveLength(3);
  const parts = await thread
    .open({ turn: { attempt: 2, posted } })
    .finish(say('', { notice: notice('internal') }));
  expect(bot().map((message) => message.text)).toEqual([notice('internal').text]);
  expect(parts).toHaveLength(1);
});

test('a successor that has only a notice to add leaves the stream as it stands, and ends it', async () => {
  await lostWorker('Three inst');
  const posted = thread.noted.at(-1) ?? [];
  const last = say('', { keep: true, notice: notice('stopped') });
  const parts = await thread.open({ turn: { attempt: 2, posted } }).finish(last);
  const [stream, remark] = bot();
  expect(stream?.stream?.ended).toBe('finished');
  expect(JSON.stringify(stream?.blocks)).toContain('Three inst');
  expect(JSON.stringify(stream)).not.toContain('"in_progress"');
  expect(remark?.text).toBe(notice('stopped').text);
  expect(parts).toEqual([
    { id: posted[0]?.id, streaming: false },
    { id: remark?.ts, streaming: false },
  ]);
  // Whoever comes after finds the notice by its marker.
  await thread.open({ turn: { attempt: 3, posted } }).finish(last);
  expect(bot()).toHaveLength(2);
});

test('a notice is added below all messages of a long answer, none of which is touched', async () => {
  const long = `${'some words & more '.repeat(1_500)}`;
  await lostWorker(long);
  const posted = thread.noted.at(-1) ?? [];
  const before = thread.messages();
  await thread
    .open({ turn: { attempt: 2, posted } })
    .finish(say('', { keep: true, notice: notice('stopped') }));
  expect(thread.messages()).toEqual([...before, '']);
  expect(bot().at(-1)?.text).toBe(notice('stopped').text);
});

test.each([
  ['a stream', 0],
  ['an edited message', 1],
])(
  'a notice below what an earlier worker left in %s takes the Stop button there away',
  async (_what, refused) => {
    const fault = { kind: 'error', method: 'chat.startStream', error: 'not_allowed' } as const;
    for (let i = 0; i < refused; i += 1) thread.slack.faults.add(fault);
    await lostWorker('Three inst', { long: true });
    const looks = () => JSON.stringify(bot().map(({ blocks }) => blocks));
    expect(looks()).toContain(STOP_ACTION);
    const posted = thread.noted.at(-1) ?? [];
    const last = say('', { keep: true, notice: notice('stopped') });
    await thread.open({ turn: { attempt: 2, posted } }).finish(last);
    expect(looks()).not.toContain(STOP_ACTION);
    expect(JSON.stringify(bot()[0]?.blocks)).toContain('Three inst');
    expect(bot()[1]?.text).toBe(notice('stopped').text);
  },
);

test('a message that says nothing beside its Stop button goes when the turn ends in a notice', async () => {
  thread.slack.faults.add({ kind: 'error', method: 'chat.startStream', error: 'not_allowed' });
  await lostWorker('', { long: true });
  expect(bot().map(({ text }) => text)).toEqual(['Working on it…']);
  const posted = thread.noted.at(-1) ?? [];
  await thread
    .open({ turn: { attempt: 2, posted } })
    .finish(say('', { keep: true, notice: notice('stopped') }));
  expect(bot().map(({ text }) => text)).toEqual([notice('stopped').text]);
});

test('where Slack refuses to take a Stop button away, the notice stands all the same', async () => {
  await lostWorker('Three inst', { long: true });
  const posted = thread.noted.at(-1) ?? [];
  thread.slack.faults.add({ kind: 'error', method: 'chat.update', error: 'invalid_blocks' });
  await thread
    .open({ turn: { attempt: 2, posted } })
    .finish(say('', { keep: true, notice: notice('stopped') }));
  expect(bot().map(({ text }) => text)).toEqual(['Three inst', notice('stopped').text]);
});

test('a notice stands alone where nothing was left', async () => {
  await thread.open({ turn: { attempt: 2 } }).finish(say('', { keep: true, notice: notice('stopped') }));
  expect(bot().map((message) => message.text)).toEqual([notice('stopped').text]);
});

test('a thread of more than one page is read to its end', async () => {
  for (let i = 0; i < 230; i += 1) {
    await thread.slack.postAs('bob', 'cloud', `message ${i}`, { threadTs: thread.ts });
  }
  await thread.open().finish(say('Three.'));
  await thread.open({ turn: { attempt: 2 } }).finish(say('Three instances.'));
  expect(thread.messages().filter((text) => text !== '')).toEqual(['Three instances.']);
  const readings = thread.slack.calls.filter((call) => call.method === 'conversations.replies');
  // Once to find it, once to see whether it stands there alone.
  expect(readings.map((call) => typeof call.args.cursor)).toEqual([
    'undefined',
    'string',
    'undefined',
    'string',
  ]);
});
