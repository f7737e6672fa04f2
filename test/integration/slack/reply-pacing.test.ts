import { expect, test } from 'vitest';
import { notice } from '../../../src/chat/notices.ts';
import type { Pacing } from '../../../src/slack/pacing.ts';
import { APPEND_PACE_MS } from '../../../src/slack/pacing-limits.ts';
import { STOP_ACTION } from '../../../src/slack/render.ts';
import { eventually } from '../../setup/eventually.ts';
import { quickPause, say, shown, startThread, UNPACED } from './slack-thread.ts';

const NOW = { granted: true, waitMs: 0 };

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

test('a reply tells for how long Slack has taken nothing, and Slack is told the time meanwhile', async () => {
  const { pacing } = allowance({ 'chat.appendStream': 1 });
  const thread = await startThread('cloud', { pacing });
  const reply = thread.open();
  reply.show(say('Three', { status: 'is writing…' }));
  await eventually('the stream', () => thread.messages()[0] === 'Three');
  reply.show(say('Three instances', { status: 'is writing…' }));
  await eventually('the words that found room', () => thread.messages()[0] === 'Three instances');
  const rests = () => thread.waits.filter((ms) => ms === APPEND_PACE_MS).length;
  await eventually('Slack’s answer to them', () => rests() === 2);
  thread.later(12_000);
  reply.show(say('Three instances run', { status: 'is writing…' }));
  expect(reply.untakenMs()).toBeGreaterThanOrEqual(12_000);
  reply.show(say('Three instances run', { status: 'is writing · 12 s' }));
  await eventually('Slack has taken it', () => (reply.untakenMs() ?? 0) < 12_000);
  expect(thread.methods().at(-1)).toBe('assistant.threads.setStatus');
  expect(thread.messages()).toEqual(['Three instances']);
  await reply.finish(say('Three instances run.'));
  expect(thread.messages()).toEqual(['Three instances run.']);
  await thread.close();
});

test('while Slack takes no status line, the message says the time; once it does again, the line does', async () => {
  const thread = await startThread();
  thread.slack.faults.add({
    kind: 'status',
    method: 'assistant.threads.setStatus',
    status: 429,
    retryAfter: 30,
    times: 2,
  });
  const reply = thread.open();
  const says = (status: string) => reply.show(say('Three', { status, long: true }));
  const message = () => JSON.stringify(thread.slack.thread(thread.channel, thread.ts).at(-1));
  says('is working · 10 s');
  await eventually('the message says it', () => message().includes('is working · 10 s'));
  thread.later(4_000);
  says('is working · 20 s');
  await eventually('the message goes on', () => message().includes('is working · 20 s'));
  thread.later(4_000);
  says('is working · 30 s');
  await eventually('the line says it, the message no more', () => !message().includes('is working'));
  expect(thread.methods().filter((method) => method === 'assistant.threads.setStatus')).toHaveLength(3);
  await reply.finish(say('Three.'));
  await thread.close();
});

test('while the end has to wait, only the status line goes on, and is taken away with the end', async () => {
  const end = Promise.withResolvers<void>();
  const pacing: Pacing = {
    ...UNPACED,
    ask: async ({ method }) => (method === 'chat.stopStream' ? { granted: true, waitMs: 50_000 } : NOW),
  };
  const thread = await startThread('cloud', {
    pacing,
    pause: (ms) => (ms > 40_000 && ms < 120_000 ? end.promise : new Promise((go) => setImmediate(go))),
  });
  const reply = thread.open();
  reply.show(say('Three', { status: 'is writing…' }));
  await eventually('the stream', () => thread.messages()[0] === 'Three');
  const done = reply.finish(say('Three instances.'));
  thread.later(12_000);
  const line = () =>
    thread.slack.calls.findLast(({ method }) => method === 'assistant.threads.setStatus')?.args.status;
  reply.show(say('Three', { status: 'is writing · 12 s' }));
  await eventually('the line', () => line() === 'is writing · 12 s');
  end.resolve();
  await done;
  expect(line()).toBe('');
  reply.show(say('Three', { status: 'is writing · 30 s' }));
  expect(thread.messages()).toEqual(['Three instances.']);
  expect(line()).toBe('');
  await thread.close();
});

test.each([
  ['an answer of which nothing was taken for long goes out of what is kept for last words', 12_000, 'ahead'],
  ['one of which something has just been taken does not', 1_000, 'progress'],
])('%s', async (_what, ms, urgency) => {
  const { pacing, asked } = allowance({});
  const thread = await startThread('cloud', { pacing });
  const reply = thread.open();
  reply.show(say('Three'));
  await eventually('the stream is on record', () => thread.noted.length > 0);
  thread.later(ms);
  reply.show(say('Three instances'));
  await eventually('more', () => thread.messages()[0] === 'Three instances');
  expect(asked.at(-1)).toBe(`chat.appendStream ${urgency}`);
  await reply.finish(say('Three instances.'));
  await thread.close();
});

test('a look into the thread is nothing that anybody sees: Slack has taken nothing', async () => {
  const { pacing } = allowance({ 'chat.startStream': 0, 'chat.postMessage': 0 });
  const thread = await startThread('cloud', { pacing });
  const reply = thread.open({ turn: { attempt: 2 } });
  thread.later(12_000);
  reply.show(say('Three'));
  await eventually('it has looked', () => thread.methods().includes('conversations.replies'));
  await eventually('it has to wait', () => thread.waits.includes(2_000));
  expect(reply.untakenMs()).toBeGreaterThanOrEqual(12_000);
  await reply.finish(say('Three.'));
  await thread.close();
});

test('a full message whose Stop button cannot be taken away yet does not keep the next one from being read', async () => {
  const { pacing } = allowance({ 'chat.update': 0 });
  const thread = await startThread('cloud', { pacing });
  const reply = thread.open();
  const stops = () =>
    thread.slack
      .thread(thread.channel, thread.ts)
      .filter(({ blocks }) => JSON.stringify(blocks).includes(STOP_ACTION)).length;
  const words = 'Three instances run in Ohio. '.repeat(600);
  reply.show(say(words.slice(0, 100), { long: true }));
  await eventually('Stop is offered', () => stops() === 1);
  reply.show(say(words, { long: true }));
  await eventually('the next message', () => thread.messages().length === 2);
  expect(thread.writes()).not.toContain('chat.update');
  await reply.finish(say(words));
  expect(stops()).toBe(0);
  expect(thread.messages().join('')).toBe(shown(words));
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

test('a stream that was taken over is ended before anything else, however short calls are', async () => {
  const { pacing, asked } = allowance({ 'chat.stopStream': 0 });
  const thread = await startThread('cloud', { pacing });
  const owner = new AbortController();
  const lost = thread.open({ signal: owner.signal });
  lost.show(say('Three'));
  await eventually('the stream is on record', () => thread.noted.length > 0);
  owner.abort(new Error('killed'));
  const reply = thread.open({ turn: { attempt: 2, posted: thread.noted.at(-1) ?? [] } });
  reply.show(say('Three instances'));
  await eventually('it goes on', () => thread.messages()[0] === 'Three instances');
  expect(asked).toContain('chat.stopStream final');
  await reply.finish(say('Three instances.'));
  expect(thread.messages()).toEqual(['Three instances.']);
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

test('words that are known to go on do not wait for their end', async () => {
  const waits: number[] = [];
  const thread = await startThread('cloud', {
    pause: (ms, signal) =>
      ms > 60 ? quickPause(waits)(ms, signal) : new Promise((_, reject) => noteAbort(signal, reject)),
  });
  const reply = thread.open();
  reply.show(say('Three', { goesOn: true }));
  await eventually('the words', () => thread.messages()[0] === 'Three');
  await reply.finish(say('Three instances.'));
  expect(thread.writes()).toEqual(['chat.startStream', 'chat.stopStream']);
  await thread.close();
});

test('the first words after steps do not wait for the pace between two writes', async () => {
  const thread = await startThread('cloud', {
    pause: (ms, signal) =>
      ms >= 800 ? new Promise((_, reject) => noteAbort(signal, reject)) : quickPause([])(ms, signal),
  });
  const reply = thread.open();
  const step = { id: 'tool-1', title: 'Looks at instances', state: 'in_progress' } as const;
  reply.show(say('', { tasks: [step] }));
  await eventually('the step', () => thread.writes().includes('chat.startStream'));
  reply.show(say('Three', { tasks: [step] }));
  await eventually('the words', () => thread.messages()[0]?.includes('Three'));
  // More of them wait, until the end ends the waiting.
  await reply.finish(say('Three instances.', { tasks: [{ ...step, state: 'complete' }] }));
  expect(thread.writes()).toEqual(['chat.startStream', 'chat.appendStream', 'chat.stopStream']);
  await thread.close();
});

function noteAbort(signal: AbortSignal, reject: (reason: unknown) => void): void {
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
}
