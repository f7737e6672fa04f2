import { afterEach, beforeEach, expect, test } from 'vitest';
import { notice } from '../../../src/chat/notices.ts';
import type { ReplyTask } from '../../../src/chat/vocabulary.ts';
import { RETRY_ACTION } from '../../../src/slack/render.ts';
import { LaneLost, ReplyRefused } from '../../../src/turns/reply.ts';
import { eventually } from '../../setup/eventually.ts';
import { type SlackThread, say, shown, startThread, TURN } from './slack-thread.ts';

let thread: SlackThread;
beforeEach(async () => {
  thread = await startThread();
});
afterEach(() => thread.close());

const streaming = () => eventually('the stream begins', () => thread.writes().includes('chat.startStream'));
const stands = (text: string) =>
  eventually(`the thread shows ${text}`, () => thread.messages().join('') === shown(text, false));
const bot = () => thread.slack.thread(thread.channel, thread.ts).slice(1);

test('an answer that is there at once is exactly one message in the thread, with unfurls off', async () => {
  const reply = thread.open();
  reply.show(say('**Three** instances run.'));
  const parts = await reply.finish(say('**Three** instances run.'));
  expect(thread.writes()).toEqual(['chat.postMessage']);
  expect(thread.messages()).toEqual(['**Three** instances run.']);
  expect(parts).toEqual([{ id: bot()[0]?.ts, streaming: false }]);
  expect(bot()[0]).toMatchObject({
    threadTs: thread.ts,
    unfurl: { links: false, media: false },
    text: '**Three** instances run.',
  });
});

test('finish without any show before it posts the answer', async () => {
  await thread.open().finish(say('42'));
  expect(thread.methods()).toEqual(['chat.postMessage']);
  expect(thread.messages()).toEqual(['42']);
});

test('a reply with nothing in it writes nothing', async () => {
  expect(await thread.open().finish(say(''))).toEqual([]);
  expect(thread.writes()).toEqual([]);
});

test('the status is set at once, and gone when the answer stands', async () => {
  const reply = thread.open();
  reply.show({ text: '', tasks: [], status: 'is thinking…' });
  await eventually(
    'the status',
    () => thread.slack.state.threads.get(`${thread.channel}:${thread.ts}`)?.status === 'is thinking…',
  );
  expect(thread.writes()).toEqual([]);
  await reply.finish(say('42'));
  expect(thread.slack.state.threads.get(`${thread.channel}:${thread.ts}`)?.status).toBe('');
  expect(thread.methods()).toEqual(['assistant.threads.setStatus', 'chat.postMessage']);
});

test('a status sent while the message is being created does not outlive the reply', async () => {
  thread.slack.faults.add({ kind: 'delay', method: 'chat.startStream', ms: 60, commit: true });
  const reply = thread.open();
  reply.show(say('Let me see.'));
  await eventually('the message stands', () => bot().length === 1);
  reply.show(say('Let me see.', { status: 'is looking…' }));
  await eventually('the status', () => thread.methods().includes('assistant.threads.setStatus'));
  await reply.finish(say('Let me see. Three.'));
  expect(thread.slack.state.threads.get(`${thread.channel}:${thread.ts}`)?.status).toBe('');
});

test('a workspace that refuses the status line gets its answer all the same', async () => {
  thread.slack.faults.add({
    kind: 'error',
    method: 'assistant.threads.setStatus',
    error: 'missing_scope',
    times: 9,
  });
  const reply = thread.open();
  reply.show({ text: '', tasks: [], status: 'is thinking…' });
  await reply.finish(say('42'));
  expect(thread.messages()).toEqual(['42']);
});

test('a growing answer is one stream: started, appended, stopped, and exact in the end', async () => {
  const reply = thread.open();
  let text = 'The <b>first</b> & ';
  reply.show(say(text));
  await streaming();
  for (const more of ['second ', '> third\n', '> quoted & "last"']) {
    await stands(text);
    text += more;
    reply.show(say(text));
  }
  await stands(text);
  const parts = await reply.finish(say(`${text}.`));
  expect(thread.writes()).toEqual([
    'chat.startStream',
    'chat.appendStream',
    'chat.appendStream',
    'chat.appendStream',
    'chat.stopStream',
  ]);
  expect(thread.messages()).toEqual([shown(`${text}.`)]);
  expect(bot()[0]).toMatchObject({
    live: { users: [], groups: [], channels: [], links: [] },
    stream: { ended: 'finished' },
  });
  expect(parts).toEqual([{ id: bot()[0]?.ts, streaming: false }]);
  expect(thread.noted[0]).toEqual([{ id: bot()[0]?.ts, streaming: true }]);
});

test('views that come faster than Slack takes them are overtaken', async () => {
  const reply = thread.open();
  let text = '';
  for (let i = 0; i < 500; i += 1) {
    text += `word${i} `;
    reply.show(say(text));
    if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await reply.finish(say(text));
  expect(thread.writes().length).toBeLessThan(60);
  expect(thread.messages()).toEqual([text]);
});

test('the agent’s words mention nobody', async () => {
  const text = 'Ask <!channel>, <@U0ALICE00000> or <https://evil.example|your bank> & co.';
  const reply = thread.open();
  reply.show(say(text.slice(0, 20)));
  await streaming();
  await reply.finish(
    say(text, { tasks: [{ id: '1', title: '<!here>', state: 'complete', detail: '<@U0ALICE00000>' }] }),
  );
  expect(bot()[0]?.live).toEqual({ users: [], groups: [], channels: [], links: [] });
  expect(thread.messages()).toEqual([shown(text)]);
});

const look: ReplyTask = { id: 'look', title: 'Look at instances', state: 'in_progress', detail: 'us-east-2' };
const cards = () =>
  (bot()[0]?.blocks ?? []).flatMap((block) =>
    block.type === 'task_card' ? [[block.title, block.status]] : [],
  );

test('steps are shown in the order they began, updated in place, and the opening step is closed', async () => {
  const reply = thread.open();
  reply.show(say('', { tasks: [look] }));
  await eventually('the step', () => cards().length === 2);
  expect(cards()).toEqual([
    ['Thinking', 'in_progress'],
    ['Look at instances', 'in_progress'],
  ]);
  const tasks: ReplyTask[] = [
    { ...look, state: 'complete' },
    { id: 'count', title: 'Count', state: 'error' },
  ];
  await reply.finish(say('Three.', { tasks }));
  expect(cards()).toEqual([
    ['Thinking', 'complete'],
    ['Look at instances', 'complete'],
    ['Count', 'error'],
  ]);
  expect(JSON.stringify(bot()[0]?.blocks).match(/us-east-2/g)).toHaveLength(1);
});

test('a stream that begins with words has no step that goes on for ever', async () => {
  const reply = thread.open();
  reply.show(say('Three'));
  await streaming();
  await reply.finish(say('Three instances.'));
  expect(cards()).toEqual([['Thinking', 'complete']]);
});

test.each(['post', 'stream'])('a closing remark with its Retry button ends a %s', async (how) => {
  const reply = thread.open();
  if (how === 'stream') {
    reply.show(say('Half of'));
    await streaming();
  }
  await reply.finish(say('Half of the', { notice: notice('agent_cut_off') }));
  const [message] = bot();
  expect(message?.blocks.map((block) => block.type).slice(-2)).toEqual(['section', 'actions']);
  expect(JSON.stringify(message?.blocks.at(-1))).toContain(`"action_id":"${RETRY_ACTION}","value":"${TURN}"`);
  expect(thread.messages()).toEqual(['Half of the']);
});

test('nothing but a remark is a message too', async () => {
  const reply = thread.open();
  reply.show({ text: '', tasks: [], status: 'is thinking…' });
  await reply.finish(say('', { notice: notice('agent_unreachable') }));
  expect(bot().map((message) => message.text)).toEqual([notice('agent_unreachable').text]);
});

test('a long answer becomes several messages whose texts join exactly', async () => {
  const text = `${'A line of about forty characters & some.\n'.repeat(900)}end`;
  const reply = thread.open();
  for (let at = 0; at < text.length; at += 5_000) {
    reply.show(say(text.slice(0, at + 1)));
    await eventually(
      'the view stands',
      () => thread.messages().join('') === shown(text.slice(0, at + 1), false),
    );
  }
  const parts = await reply.finish(say(text));
  expect(thread.messages().length).toBeGreaterThan(3);
  expect(thread.messages().join('')).toBe(shown(text));
  expect(parts.map((part) => part.id)).toEqual(bot().map((message) => message.ts));
});

test('a long answer that is there at once is posted as it is read, from top to bottom', async () => {
  const text = 'x'.repeat(40_000);
  await thread.open().finish(say(text, { notice: notice('answer_limited') }));
  expect(thread.writes()).toEqual(Array(4).fill('chat.postMessage'));
  expect(thread.messages().join('')).toBe(text);
  expect(bot().map((message) => message.blocks.length)).toEqual([1, 1, 1, 2]);
});

test('before Slack ends a stream it is ended, silent or not, and the same message goes on by edits', async () => {
  const reply = thread.open();
  reply.show(say('Three', { tasks: [look] }));
  await stands('Three');
  thread.later(239_000);
  reply.show(say('Three instances', { tasks: [look] }));
  await stands('Three instances');
  expect(thread.writes()).not.toContain('chat.stopStream');
  thread.later(1_000);
  reply.show(say('Three instances run', { tasks: [look] }));
  await stands('Three instances run');
  expect(bot()[0]?.stream?.ended).toBe('finished');
  reply.show(say('Three instances run in', { tasks: [look] }));
  await stands('Three instances run in');
  await reply.finish(say('Three instances run in Ohio.', { tasks: [{ ...look, state: 'complete' }] }));
  expect(thread.writes()).toEqual([
    'chat.startStream',
    'chat.appendStream',
    'chat.stopStream',
    'chat.update',
    'chat.update',
  ]);
  expect(thread.messages()).toEqual(['Three instances run in Ohio.']);
});

test('an old stream that ends with the very look it was left in needs no further call', async () => {
  const reply = thread.open();
  reply.show(say('Three instances.'));
  await stands('Three instances.');
  thread.later(240_000);
  reply.show(say('Three instances. Done.'));
  await stands('Three instances. Done.');
  await reply.finish(say('Three instances. Done.'));
  expect(thread.writes()).toEqual(['chat.startStream', 'chat.stopStream']);
});

test('tables and code stand as blocks of Slack, streamed or at once', async () => {
  const text =
    'Two:\n\n| name | state |\n|---|---|\n| web | running |\n| db | stopped |\n\nAs code:\n\n```sh\naws ec2\n```\n\nDone.';
  await thread.open().finish(say(text));
  const reply = thread.open({ turn: { id: `${TURN}2` } });
  for (const cut of [10, 40, 75, 100]) {
    reply.show(say(text.slice(0, cut)));
    await eventually('this view stands', () => thread.messages().at(-1) === shown(text.slice(0, cut), false));
  }
  await reply.finish(say(text));
  const [posted, streamed] = bot().map((message) =>
    message.blocks
      .filter((block) => block.type !== 'task_card')
      .map(({ type, text: words, rows }) => ({ type, words, rows })),
  );
  expect(streamed).toEqual(posted);
  expect(posted?.map((block) => block.type)).toEqual(['markdown', 'table', 'markdown']);
});

test('in a direct message a stream needs no reader’s name', async () => {
  await thread.close();
  thread = await startThread('dm');
  const reply = thread.open();
  reply.show(say('Three'));
  await streaming();
  await reply.finish(say('Three.'));
  expect(thread.messages()).toEqual(['Three.']);
  expect(thread.slack.calls.find((call) => call.method === 'chat.startStream')?.args).not.toHaveProperty(
    'recipient_user_id',
  );
});

test.each(['channel_not_found', 'not_in_channel', 'is_archived', 'token_revoked'])(
  'a thread that refuses everything with %s ends the reply with that reason',
  async (error) => {
    thread.slack.faults.add({ kind: 'error', method: '*', error, times: 50 });
    const reply = thread.open();
    reply.show(say('Three'));
    await expect(reply.finish(say('Three.'))).rejects.toThrow(ReplyRefused);
    await expect(thread.open().finish(say('Three.'))).rejects.toMatchObject({ reason: error });
    expect(bot()).toEqual([]);
  },
);

test('a worker that has lost its lane makes no further call', async () => {
  let held = true;
  const reply = thread.open({
    assertHeld: () => {
      if (!held) throw new LaneLost('lane');
    },
  });
  reply.show(say('Three'));
  await streaming();
  await stands('Three');
  held = false;
  const before = thread.methods().length;
  reply.show(say('Three instances', { status: 'is writing…' }));
  await expect(reply.finish(say('Three instances.'))).rejects.toThrow(LaneLost);
  expect(thread.methods().length).toBe(before);
  expect(thread.messages()).toEqual(['Three']);
});

test('a lane lost when the message was recorded ends the reply', async () => {
  const reply = thread.open({
    notePosted: async () => {
      throw new LaneLost('lane');
    },
  });
  reply.show(say('Three'));
  await streaming();
  await expect(reply.finish(say('Three.'))).rejects.toThrow(LaneLost);
  expect(thread.writes()).toEqual(['chat.startStream']);
});

test('a turn that is given up stops waiting at once, with the reason', async () => {
  const owner = new AbortController();
  const reply = thread.open({ signal: owner.signal });
  reply.show(say('Three'));
  await streaming();
  const reason = new Error('shutting down');
  owner.abort(reason);
  await expect(reply.finish(say('Three.'))).rejects.toBe(reason);
});

test('a turn given up before its first word disturbs nobody', async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', onUnhandled);
  const owner = new AbortController();
  thread.open({ signal: owner.signal, turn: { quietMs: 8_000 } });
  owner.abort(new Error('shutting down'));
  await new Promise((resolve) => setTimeout(resolve, 0));
  process.off('unhandledRejection', onUnhandled);
  expect(unhandled).toEqual([]);
});

test('a successor keeps quiet first: neither status nor message before the time is over', async () => {
  const reply = thread.open({ turn: { attempt: 2, quietMs: 8_000 } });
  reply.show(say('', { status: 'is thinking…' }));
  expect(thread.waits).toEqual([8_000]);
  expect(thread.methods()).toEqual([]);
  await reply.finish(say('42'));
  expect(thread.messages()).toEqual(['42']);
});
