import { expect, test } from 'vitest';
import type { CallFault } from '../../../local/teams/faults.ts';
import { notice } from '../../../src/chat/notices.ts';
import { ReplyRefused } from '../../../src/turns/reply.ts';
import { eventually } from '../../setup/eventually.ts';
import { say, type TeamsThread, threadOfTest as thread } from './teams-thread.ts';

test('a posting that is answered without a name is not made again: it stands there', async () => {
  for (const body of ['', '{}', '{"id":""}', '<html>ok</html>']) {
    const t = await thread('cloud');
    t.teams.faults.add({ method: 'send', kind: 'answer', status: 200, body, commit: true });
    await t.open().finish(say('42'));
    expect(t.texts()).toEqual(['42']);
    expect(t.doubts()).toBe(0);
  }
});

test.each(['personal', 'cloud'] as const)(
  'what is shown on the way stands once beside the answer where Teams tells no name for it, and is counted (%s)',
  async (where) => {
    const t = await thread(where);
    // In a channel the first call is the sign of typing.
    const after = where === 'personal' ? 0 : 1;
    t.teams.faults.add({ method: 'send', after, kind: 'answer', status: 202, body: '', commit: true });
    const reply = t.open();
    reply.show(say('', { status: 'Looking', long: true }));
    await eventually('a first look', () => t.texts().length > 0);
    reply.show(say('one'));
    await reply.finish(say('one two'));
    expect(t.texts()).toEqual([where === 'personal' ? 'Looking' : 'Working on it…', 'one two']);
    expect(t.doubts()).toBe(1);
  },
);

const FAILED = notice('agent_failed');
const answer = (text: string) => say(text, { notice: FAILED });
const shown = (text: string) => `${text}\n\n---\n\n${FAILED.text}`;
type Refusal = Pick<CallFault, 'times'> & { kind: 'error'; status: number; code: string; message: string };
const refusal = (status: number, code: string, message = 'no'): Refusal => ({
  kind: 'error',
  status,
  code,
  message,
});
const cardsOf = ({ teams, question }: TeamsThread) =>
  teams.repliesTo(question).flatMap(({ activity }) => (activity.attachments as unknown[] | undefined) ?? []);

test.each([
  ['personal', 'open', 'send'],
  ['personal', 'new', 'send'],
  ['cloud', 'open', 'update'],
  ['cloud', 'new', 'send'],
] as const)(
  'a message that Teams does not take with its card is shown in words (%s, %s)',
  async (where, state, method) => {
    const t = await thread(where);
    const reply = t.open();
    if (state === 'open') {
      reply.show(say('one'));
      await t.shows('one');
    }
    t.teams.faults.add({ method, ...refusal(400, 'BadSyntax') });
    await reply.finish(answer('one two'));
    expect(t.texts()).toEqual([shown('one two')]);
    expect(cardsOf(t)).toEqual([]);
    expect(t.doubts()).toBe(0);
  },
);

test('a table on a card that Teams does not take stands in the words', async () => {
  const t = await thread('cloud');
  const head = '| a | b | c | d | e | f |\n| --- | --- | --- | --- | --- | --- |';
  t.teams.faults.add({ method: 'send', ...refusal(400, 'BadSyntax') });
  await t.open().finish(say(`See:\n\n${head}\n| 1 | <b> | 3 | 4\\|5 | 5 | 6 |\n\nDone.`));
  expect(t.texts()).toEqual([
    `See:\n\n*Table 1, below*\n\nDone.\n\n**Table 1**\n\n${head}\n| 1 | &lt;b> | 3 | 4\\|5 | 5 | 6 |`,
  ]);
});

test.each([
  ['update', refusal(403, 'MessageWritesBlocked')],
  ['update', refusal(405, 'MethodNotAllowed')],
  ['update', refusal(403, 'ContentStreamNotAllowed', 'Content stream is not allowed')],
] as const)('a message that cannot be changed is shown anew in a channel (%s, %j)', async (method, why) => {
  const t = await thread('cloud');
  const reply = t.open();
  reply.show(say('one'));
  await t.shows('one');
  t.teams.faults.add({ method, ...why, times: 9 });
  reply.show(say('one two'));
  await eventually('a try', () => t.teams.calls.at(-1)?.status === why.status);
  await reply.finish(answer('one two three'));
  expect(t.texts()).toEqual([shown('one two three')]);
  expect(cardsOf(t)).toHaveLength(1);
});

test.each([
  refusal(400, 'BadRequest'),
  refusal(403, 'Forbidden'),
  refusal(404, 'ActivityNotFoundInConversation'),
  refusal(403, 'ContentStreamNotAllowed', 'Content stream finished due to exceeded streaming time.'),
  refusal(413, 'MessageSizeTooBig'),
])('words of a stream that Teams does not take cost nothing of the answer (%j)', async (why) => {
  const t = await thread();
  const reply = t.open();
  reply.show(say('one'));
  await t.shows('one');
  t.teams.faults.add({ method: 'send', ...why });
  reply.show(say('one two'));
  await eventually('a try', () => t.teams.calls.some(({ status }) => status === why.status));
  await reply.finish(answer('one two three'));
  expect(t.texts()).toEqual([shown('one two three')]);
});

test.each([
  refusal(400, 'BadRequest'),
  refusal(404, 'ActivityNotFoundInConversation'),
  refusal(403, 'ContentStreamNotAllowed', 'Content stream is not allowed on an already completed message'),
])('a stream that does not take its end is shown anew (%j)', async (why) => {
  const t = await thread();
  const reply = t.open();
  reply.show(say('one'));
  await t.shows('one');
  t.teams.faults.add({ method: 'send', ...why, times: why.status === 400 ? 2 : 1 });
  await reply.finish(answer('one two'));
  expect(t.texts()).toEqual([shown('one two')]);
});

test('where no stream can be begun, for whatever reason, the answer is a message', async () => {
  const t = await thread();
  t.teams.faults.add({ method: 'send', ...refusal(400, 'BadRequest') });
  const reply = t.open();
  reply.show(say('', { status: 'Looking' }));
  reply.show(say('one'));
  await t.shows('one');
  await reply.finish(answer('one two'));
  expect(t.texts()).toEqual([shown('one two')]);
});

test('what earlier words stand too much and cannot be taken away costs nothing of the answer, and says so', async () => {
  const t = await thread('cloud');
  const posted = await t.open().finish(say('word '.repeat(8_000)));
  t.teams.faults.add({ method: 'delete', ...refusal(403, 'Forbidden') });
  await t.open({ attempt: 2, posted }).finish(say('short'));
  expect(t.texts()).toEqual(['short', '_This part was replaced._']);
});

test.each([
  [404, 'http_404'],
  [403, 'ContentStreamNotAllowed'],
] as const)('a posting that Teams does not take ends the reply as refused (%i)', async (status, code) => {
  const t = await thread('cloud');
  t.teams.faults.add({ method: 'send', ...refusal(status, code), times: 9 });
  const refused = t.open().finish(say('42'));
  await expect(refused).rejects.toBeInstanceOf(ReplyRefused);
  await expect(refused).rejects.toMatchObject({ reason: code });
});

test('nothing is tried again and again where a conversation takes nothing any more', async () => {
  const t = await thread('cloud');
  const reply = t.open();
  reply.show(say('one'));
  await t.shows('one');
  t.teams.faults.add({ method: '*', ...refusal(403, 'BotNotInConversationRoster'), times: 99 });
  for (const text of ['one two', 'one two three']) {
    reply.show(say(text));
    await eventually('a try', () => t.teams.calls.at(-1)?.status === 403);
    t.later(10_000);
  }
  const before = t.teams.calls.length;
  await expect(reply.finish(say('one two three four'))).rejects.toMatchObject({
    reason: 'BotNotInConversationRoster',
  });
  expect(before).toBeLessThan(6);
  expect(t.teams.calls.length - before).toBeLessThan(8);
});

test('a lost worker’s stream that takes no end is shown anew by its successor', async () => {
  const t = await thread();
  const controller = new AbortController();
  const lost = t.open({}, { signal: controller.signal });
  lost.show(say('one'));
  const { id } = await t.shows('one');
  controller.abort(new Error('killed'));
  t.teams.faults.add({ method: 'send', ...refusal(404, 'ActivityNotFoundInConversation') });
  await t.open({ attempt: 2, posted: [{ id, streaming: true }] }).finish(answer('one two'));
  expect(t.texts()).toEqual([shown('one two')]);
});

test('the parts of a long answer stay in their order where the first has to be shown anew', async () => {
  const t = await thread('cloud');
  const text = `${'one '.repeat(6_000)}${'two '.repeat(4_000)}`;
  const posted = await t.open().finish(say(text));
  expect(posted).toHaveLength(2);
  t.teams.faults.add({ method: 'update', ...refusal(403, 'MessageWritesBlocked'), times: 2 });
  const anew = await t.open({ attempt: 2, posted }).finish(say(text.replace('one', 'One')));
  expect(t.texts().join('')).toBe(text.replace('one', 'One'));
  expect(anew.map(({ id }) => id)).toEqual(t.teams.repliesTo(t.question).map(({ id }) => id));
});

test.each(['personal', 'cloud'] as const)(
  'an answer that Teams finds too big is shown in smaller messages, all of it (%s)',
  async (where) => {
    const t = await thread(where, { messageLimit: 16_000 });
    const reply = t.open();
    reply.show(say('x'.repeat(5_000)));
    await t.shows('x'.repeat(5_000));
    const text = `${'x'.repeat(5_000)} ${'word '.repeat(6_000)}`;
    reply.show(say(text.slice(0, 20_000)));
    await eventually('a refusal', () => t.teams.calls.at(-1)?.status === 413);
    await reply.finish(answer(text));
    expect(t.texts().join('')).toBe(shown(text));
    expect(t.texts().length).toBeGreaterThan(2);
  },
);

test('what follows is not posted before what stands above it', async () => {
  const t = await thread('cloud');
  const reply = t.open();
  const [one, two, three] = ['one '.repeat(5_800), 'two '.repeat(5_800), 'three'];
  reply.show(say(one));
  await eventually('the first part', () => t.texts()[0]?.startsWith('one'));
  t.teams.faults.add({ method: 'send', ...refusal(403, 'Forbidden'), times: 2 });
  const text = `${one}${two}${three}`;
  reply.show(say(text));
  await eventually('a refusal', () => t.teams.calls.filter(({ status }) => status === 403).length === 2);
  reply.show(say(`${text} four`));
  await reply.finish(say(`${text} four five`));
  expect(t.texts().join('')).toBe(`${text} four five`);
});

test('what had to make room for a part that is shown anew is shown again behind it', async () => {
  const t = await thread('cloud');
  const reply = t.open();
  const parts = ['one ', 'two ', 'three '].map((word) => word.repeat(24_000 / word.length));
  reply.show(say(parts.join('')));
  await eventually('all parts', () => t.texts().length > 2);
  const text = parts.join('').replace('two', 'Two');
  t.teams.faults.add({ method: 'update', ...refusal(403, 'MessageWritesBlocked'), times: 2 });
  await reply.finish(say(text));
  expect(t.texts().join('')).toBe(text);
});

test('a conversation that takes nothing any more ends the reply with Teams’ own name for it', async () => {
  const t = await thread('cloud');
  t.teams.faults.add({
    method: 'send',
    kind: 'error',
    code: 'BotNotInConversationRoster',
    message: 'The bot is not part of the conversation roster.',
    times: 9,
  });
  const refused = t.open().finish(say('42'));
  await expect(refused).rejects.toBeInstanceOf(ReplyRefused);
  await expect(refused).rejects.toMatchObject({ reason: 'BotNotInConversationRoster' });
});
