import { afterEach, beforeEach, expect, test } from 'vitest';
import { notice } from '../../../src/chat/notices.ts';
import { ReplyRefused } from '../../../src/turns/reply.ts';
import { eventually } from '../../setup/eventually.ts';
import { type SlackThread, say, startThread } from './slack-thread.ts';

let thread: SlackThread;
beforeEach(async () => {
  thread = await startThread();
});
afterEach(() => thread.close());

const bot = () => thread.slack.thread(thread.channel, thread.ts).slice(1);
const refuse = (method: string, error: string, times = 1) =>
  thread.slack.faults.add({ kind: 'error', method, error, times });

/** Shows the first words of an answer and waits until they stand there. */
async function begin() {
  const reply = thread.open();
  reply.show(say('Three'));
  await eventually('the first words stand', () => thread.messages().join('') === 'Three');
  const [message] = bot();
  if (!message) throw new Error('nothing stands there');
  return { reply, message };
}

/** An administrator deletes it, with a call that is not the reply's. */
async function deleteMessage(ts: string): Promise<void> {
  const answer = await fetch(`${thread.slack.apiUrl}chat.delete`, {
    method: 'POST',
    headers: { authorization: 'Bearer xoxb-test' },
    body: new URLSearchParams({ channel: thread.channel, ts }),
  });
  expect(await answer.json()).toMatchObject({ ok: true });
}

test('an answer whose blocks Slack does not take is shown in words alone', async () => {
  refuse('chat.postMessage', 'invalid_blocks');
  await thread.open().finish(say('Three *instances*.', { notice: notice('answer_limited') }));
  expect(bot()).toHaveLength(1);
  expect(bot()[0]?.text).toContain('Three *instances*.');
  expect(bot()[0]?.text).toContain(notice('answer_limited').text);
});

test('so is one whose blocks are refused at the end of its stream, however long it is', async () => {
  for (const words of ['Three instances.', `Three ${'instances and more '.repeat(300)}end.`]) {
    await thread.close();
    thread = await startThread();
    const { reply } = await begin();
    refuse('chat.stopStream', 'invalid_blocks');
    refuse('chat.update', 'invalid_blocks');
    refuse('chat.postMessage', 'invalid_blocks');
    await reply.finish(say(words, { notice: notice('answer_limited') }));
    expect(bot()).toHaveLength(1);
    expect(bot()[0]?.text).toContain(words);
    expect(bot()[0]?.blocks).toEqual([]);
  }
});

test('an answer whose message somebody has deleted meanwhile is shown in another', async () => {
  refuse('chat.startStream', 'method_not_supported_for_channel_type');
  const { reply, message } = await begin();
  await deleteMessage(message.ts);
  reply.show(say('Three instances'));
  await eventually('it is tried', () => thread.writes().includes('chat.update'));
  expect(bot()).toEqual([]);
  const parts = await reply.finish(say('Three instances.'));
  expect(thread.messages()).toEqual(['Three instances.']);
  expect(parts.map(({ id }) => id)).toEqual(bot().map(({ ts }) => ts));
});

test('so is one whose message the workspace lets nobody change any more, which then goes', async () => {
  refuse('chat.startStream', 'method_not_supported_for_channel_type');
  const { reply } = await begin();
  refuse('chat.update', 'edit_window_closed', 9);
  await reply.finish(say('Three instances.'));
  expect(thread.messages()).toEqual(['Three instances.']);
});

test('a successor that finds the message of a lost worker gone finds the other one that it posted', async () => {
  refuse('chat.startStream', 'method_not_supported_for_channel_type');
  const { reply, message } = await begin();
  await deleteMessage(message.ts);
  await reply.finish(say('Three instances.'));
  // Its worker was lost before the new message went on record.
  const posted = [{ id: message.ts, streaming: false }];
  await thread.open({ turn: { attempt: 2, crashes: 1, posted } }).finish(say('Three instances.'));
  expect(thread.messages()).toEqual(['Three instances.']);
});

test('what is refused without its blocks as well ends the reply', async () => {
  refuse('chat.postMessage', 'invalid_blocks', 2);
  await expect(thread.open().finish(say('42'))).rejects.toThrow(ReplyRefused);
  expect(thread.writes()).toHaveLength(2);
});
