import { afterEach, beforeEach, expect, test } from 'vitest';
import { STOP_ACTION } from '../../../src/slack/render.ts';
import { eventually } from '../../setup/eventually.ts';
import { type SlackThread, say, shown, startThread } from './slack-thread.ts';

let thread: SlackThread;
beforeEach(async () => {
  thread = await startThread();
});
afterEach(() => thread.close());

const bot = () => thread.slack.thread(thread.channel, thread.ts).slice(1);
const seen = () => JSON.stringify(bot().map(({ blocks }) => blocks));
const stopOffered = () => seen().includes(STOP_ACTION);
/** What the thread says of the work, apart from the status line. */
const says = (words: string) => eventually(`the thread says ${words}`, () => seen().includes(words));
const working = (time: string, text = '') => ({
  ...say(text),
  status: `is working · ${time}`,
  long: true as const,
});

test('an agent that says nothing for long has a message with a Stop button, which goes away with the answer', async () => {
  const reply = thread.open();
  reply.show(working('10 s'));
  await eventually('Stop is offered', stopOffered);
  expect(bot()).toHaveLength(1);
  await reply.finish(say('42'));
  expect(stopOffered()).toBe(false);
  expect(thread.messages()).toEqual(['42']);
});

test('an answer that grows for long keeps its words, offers Stop once, and is exact in the end', async () => {
  const reply = thread.open();
  reply.show(say('One.'));
  await eventually('the stream begins', () => thread.writes().includes('chat.startStream'));
  for (const time of ['10 s', '20 s', '30 s']) reply.show(working(time, 'One.'));
  await eventually('Stop is offered', stopOffered);
  const writes = thread.writes().length;
  reply.show(working('40 s', 'One.'));
  reply.show(working('50 s', 'One. Two.'));
  await eventually('more stands there', () => thread.messages().join('') === shown('One. Two.', false));
  expect(thread.writes().length).toBe(writes + 1);
  await reply.finish(say('One. Two. Three.'));
  expect(stopOffered()).toBe(false);
  expect(thread.messages()).toEqual(['One. Two. Three.']);
});

test.each([
  ['streams', []],
  [
    'edits, where no stream is to be had',
    [{ kind: 'error', method: 'chat.startStream', error: 'not_allowed', times: 9 } as const],
  ],
])('without a status line the message itself says how long it takes: it %s', async (_, faults) => {
  thread.slack.faults.add({
    kind: 'error',
    method: 'assistant.threads.setStatus',
    error: 'missing_scope',
    times: 99,
  });
  for (const fault of faults) thread.slack.faults.add(fault);
  const reply = thread.open();
  reply.show({ ...say(''), status: 'is thinking…' });
  await eventually('it is refused', () => thread.methods().includes('assistant.threads.setStatus'));
  for (const time of ['10 s', '20 s', '30 s']) {
    reply.show(working(time));
    await says(`is working · ${time}`);
  }
  expect(stopOffered()).toBe(true);
  await reply.finish(say('42'));
  expect(stopOffered()).toBe(false);
  expect(thread.messages()).toEqual(['42']);
  expect(seen()).not.toContain('is working');
});
