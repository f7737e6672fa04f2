import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json, Message } from '../../local/teams/model.ts';
import { createTeamsStandIn, type TeamsStandIn } from '../../local/teams/stand-in.ts';
import { eventually } from '../setup/eventually.ts';
import { type Stack, startStack } from './stack.ts';

let stack: Stack;
let teams: TeamsStandIn;

beforeAll(async () => {
  teams = await createTeamsStandIn({
    appId: '11111111-2222-4333-8444-555555555555',
    appPassword: randomBytes(16).toString('hex'),
    botUrl: () => `${stack.backend.url}/api/messages`,
    retryDelaysMs: [200, 1_000],
  });
  // In Teams only.
  stack = await startStack({
    env: { ...teams.environment, SLACK_BOT_TOKEN: '', SLACK_SIGNING_SECRET: '' },
    agentEnv: { OFFLINE_WORD_DELAY_MS: '60' },
  });
});
afterAll(async () => {
  await stack?.close();
  await teams?.close();
});

const entitiesOf = ({ activity }: Message) => activity.entities as Json[];
/** The one reply to a message, once it is complete. */
async function replyTo(message: Message): Promise<Message> {
  return eventually(
    `a reply to ${message.text}`,
    () => {
      const [reply] = teams.repliesTo(message);
      const done = reply && !reply.streaming && /\d/.test(reply.text);
      return done ? reply : undefined;
    },
    30_000,
  );
}

test('in a personal chat the answer is streamed by the rules of Teams, and labelled as made by AI', async () => {
  const { message, status } = await teams.say('alice', 'personal', 'How many EC2 instances are running?');
  expect(status).toBe(200);
  const reply = await replyTo(message);
  await eventually('the turn to end', () => reply.activity.type === 'message' && !reply.streaming);
  expect(teams.repliesTo(message)).toHaveLength(1);
  expect(reply.text).toMatch(/instances/i);
  expect(entitiesOf(reply)).toEqual([
    { type: 'streaminfo', streamId: reply.id, streamType: 'final' },
    expect.objectContaining({ additionalType: ['AIGeneratedContent'] }),
  ]);
  expect(reply.activity.channelData).toEqual({ feedbackLoop: { type: 'default' } });
  const value = { actionName: 'feedback', actionValue: { reaction: 'like', feedback: '{}' } };
  await teams.act('alice', 'personal', {
    type: 'invoke',
    name: 'message/submitAction',
    replyToId: reply.id,
    value,
  });
  expect(await (await fetch(`${stack.backend.url}/metrics`)).text()).toContain(
    'threadcore_feedback_total{value="up"} 1',
  );
  const refused = teams.calls.filter((call) => call.status >= 400);
  expect(refused).toEqual([]);
  const sequences = teams.calls.flatMap(({ activity }) =>
    ((activity.entities ?? []) as Json[]).flatMap(({ streamSequence }) => streamSequence ?? []),
  );
  expect(sequences).toEqual(sequences.map((_one, i) => i + 1));
});

test('in a channel the answer stands in the thread of the question, follow-ups too', async () => {
  const { message } = await teams.say('bob', 'cloud', '@bot How many EC2 instances are running?');
  const reply = await replyTo(message);
  expect(reply.root).toBe(message.id);
  expect(reply.activity.entities).toEqual([
    expect.objectContaining({ additionalType: ['AIGeneratedContent'] }),
  ]);
  const { message: more } = await teams.say('bob', 'cloud', '@bot and how many S3 buckets?', message.id);
  const second = await replyTo(more);
  expect(second.root).toBe(message.id);
  expect(teams.messages.filter(({ from, root, id }) => from === 'bot' && root === id)).toEqual([]);
});

test('in a group chat the bot answers when it is named', async () => {
  const { message } = await teams.say('carol', 'group', '@bot How many EC2 instances are running?');
  expect((await replyTo(message)).conversation).toBe(message.conversation);
});

test('files that are attached to a question go to the agent, and the person hears of those that cannot', async () => {
  const csv = teams.drive.share('costs.csv', Buffer.from('service,usd\nEC2,12\n'));
  const elsewhere = { ...csv, name: 'other.csv', content: { downloadUrl: 'http://127.0.0.1:9/other.csv' } };
  const { message } = await teams.say('bob', 'personal', 'How many EC2 instances are running?', '', [
    csv,
    elsewhere,
  ]);
  const replies = await eventually('both', () => {
    const found = teams.repliesTo(message).filter(({ streaming }) => !streaming);
    return found.length === 2 && found;
  });
  expect(replies.map(({ text }) => text)).toContain(
    'I could not read “other.csv”: it is kept at a place that I may not read from.',
  );
  const [file] = [...teams.drive.files.values()];
  expect(file?.headers['user-agent']).toBe('threadcore');
  expect(file?.headers.authorization).toBeUndefined();
});

test('commands are messages, answered at once', async () => {
  const { message } = await teams.say('carol', 'personal', 'whoami');
  const reply = await eventually('an answer', () => teams.repliesTo(message)[0]);
  expect(reply.text).toContain('You are the chat account cccccccc-1111-4111-8111-111111111111');
  const { message: status } = await teams.say('carol', 'personal', 'status');
  expect((await eventually('an answer', () => teams.repliesTo(status)[0])).text).toContain(
    'Nothing of yours',
  );
});

test('what is private is said in the personal chat, not in the channel', async () => {
  const { message } = await teams.say('carol', 'cloud', '@bot whoami');
  const reply = await eventually('a word in the channel', () => teams.repliesTo(message)[0]);
  expect(reply.text).toBe('I have answered you in our own chat.');
  expect(
    teams.messages
      .filter(({ from, text }) => from === 'bot' && text.includes('cccccccc'))
      .map(({ conversation }) => conversation),
  ).toEqual(['a:1carol-and-the-bot', 'a:1carol-and-the-bot']);
});

test('a message that is delivered again is answered once', async () => {
  const { message, activity } = await teams.say('bob', 'personal', 'How many EC2 instances are running?');
  for (let i = 0; i < 3; i += 1) expect((await teams.deliver(activity)).status).toBe(200);
  await replyTo(message);
  expect(teams.repliesTo(message)).toHaveLength(1);
});

test('Teams’ own Stop ends the turn: what was streamed stays, and the end is told below', async () => {
  const { message } = await teams.say(
    'alice',
    'personal',
    'Explain at length how EC2 instances, Lambda functions and S3 buckets work.',
  );
  const streamed = await eventually(
    'words',
    () => teams.repliesTo(message).find(({ text, streaming }) => streaming && text.length > 20),
    30_000,
  );
  expect(teams.stop(streamed.id)).toBe(true);
  const before = streamed.text;
  const told = await eventually('the end', () => teams.repliesTo(message)[1], 30_000);
  expect(told.text).toContain('Stopped');
  expect(streamed.text).toBe(before);
  expect(JSON.stringify(told.activity.attachments)).toContain('"verb":"turn_retry"');
});

test('Retry asks the same question again, for the person who asked it', async () => {
  const stopped = teams.messages.findLast(({ text }) => text.includes('Stopped'));
  const [, turn = ''] = /"turn":"([^"]+)"/.exec(JSON.stringify(stopped?.activity)) ?? [];
  const other = await teams.press('bob', 'personal', 'turn_retry', { turn });
  expect(JSON.parse(other.body)).toMatchObject({
    statusCode: 200,
    type: 'application/vnd.microsoft.activity.message',
  });
  const { status, body } = await teams.press('alice', 'personal', 'turn_retry', { turn });
  expect(status).toBe(200);
  expect(JSON.parse(body)).toMatchObject({ type: 'application/vnd.microsoft.card.adaptive' });
  const count = () =>
    teams.messages.filter(({ from, conversation }) => from === 'bot' && conversation.startsWith('a:1alice'))
      .length;
  const before = count();
  await eventually(
    'another answer',
    () => count() > before || teams.messages.some(({ streaming }) => streaming),
    30_000,
  );
});

test('where the bot comes in, it says once what it can do', async () => {
  const came = { type: 'installationUpdate', action: 'add' };
  for (let i = 0; i < 2; i += 1) expect((await teams.act('external', 'group', came)).status).toBe(200);
  await eventually('a welcome', () =>
    teams.messages.some(({ text }) => text.startsWith('Mention me with a question')),
  );
  expect(teams.messages.filter(({ text }) => text.startsWith('Mention me with a question'))).toHaveLength(1);
});
