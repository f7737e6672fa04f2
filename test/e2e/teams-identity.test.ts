import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVisitor } from '../../local/laptop/visitor.ts';
import type { Message } from '../../local/teams/model.ts';
import { createTeamsStandIn, type TeamsStandIn } from '../../local/teams/stand-in.ts';
import { connect, disconnect } from '../../src/store/connection.ts';
import { eventually } from '../setup/eventually.ts';
import { linkUp, promptFor, signInAs } from './linking.ts';
import { type Stack, startStack } from './stack.ts';
import { settledReplies } from './thread.ts';
import { found, redisTraces } from './traces.ts';

let stack: Stack;
let teams: TeamsStandIn;

beforeAll(async () => {
  teams = await createTeamsStandIn({
    appId: '11111111-2222-4333-8444-555555555555',
    appPassword: randomBytes(16).toString('hex'),
    botUrl: () => `${stack.backend.url}/api/messages`,
    retryDelaysMs: [],
  });
  stack = await startStack({ identity: {}, env: teams.environment });
});
afterAll(async () => {
  await stack?.close();
  await teams?.close();
});

const alone = (who: string) =>
  teams.messages.filter(
    ({ from, conversation }) => from === 'bot' && conversation === `a:1${who}-and-the-bot`,
  );
const inCards = (who: string, pattern: RegExp) =>
  alone(who).flatMap(({ activity }) => pattern.exec(JSON.stringify(activity.attachments ?? []))?.[1] ?? []);
const answered = (question: Message) =>
  eventually(
    'the answer',
    () =>
      teams
        .repliesTo(question)
        .find(({ text, streaming }) => !streaming && text.includes('instances are running')),
    30_000,
  );

test('somebody asks in a channel, signs in through their own chat, and reads the answer in the thread', async () => {
  const { message } = await teams.say('carol', 'cloud', '@bot how many EC2 instances are running?');
  const url = await eventually('a prompt', () => inCards('carol', /"url":"([^"]+)"/)[0]);
  expect(teams.repliesTo(message)).toEqual([]);
  const visitor = createVisitor();
  const confirm = await signInAs(stack, url, 'carol', visitor);
  expect(confirm.text).toContain('Carol Cook');
  await visitor.submit(confirm, { decision: 'yes' });
  const proposal = await eventually('the last question', () => inCards('carol', /"proposal":"([^"]+)"/)[0]);
  const other = await teams.press('bob', 'personal', 'link_yes', { proposal });
  expect(other.body).toContain('put to somebody else');
  const { body } = await teams.press('carol', 'personal', 'link_yes', { proposal });
  expect(body).toContain('You are linked now');
  expect((await answered(message)).root).toBe(message.id);
});

test('guests of the tenant are refused, in private', async () => {
  const { message } = await teams.say('guest', 'cloud', '@bot how many EC2 instances are running?');
  await eventually('a word', () => alone('guest').find(({ text }) => text.includes('guests')));
  expect(teams.repliesTo(message)).toEqual([]);
});

test('one person’s accounts in Slack and in Teams act as one account only after both were linked', async () => {
  const callers = () =>
    stack.aws.calls.flatMap((call) => (call.operation === 'InvokeAgentRuntime' ? [call.userId] : []));
  const before = callers();
  expect(before).toHaveLength(1);
  // Linked in Teams, and still nobody in Slack.
  const { ts } = await stack.slack.postAs(
    'carol',
    '#cloud',
    '@Cloud Engineer how many EC2 instances are running?',
  );
  const url = await promptFor(stack, 'carol', '#cloud');
  expect(callers()).toEqual(before);
  await linkUp(stack, 'carol', '#cloud', url);
  await settledReplies(stack, stack.slack.people.place('carol', '#cloud').channel.id, ts);
  expect(callers()).toEqual([before[0], before[0]]);
  const told = await eventually('a word in Teams', () =>
    alone('carol').find(({ text }) => text.startsWith('Another chat account')),
  );
  expect(told.text).toContain('acts as your company account now');
  const { message } = await teams.say('carol', 'personal', 'whoami');
  const reply = await eventually('an answer', () => teams.repliesTo(message)[0]);
  expect(reply.text).toContain('You are carol');
  // What was begun in Slack is on the list in Teams, and goes on there.
  const sessionsOf = () =>
    stack.aws.calls.flatMap((call) => (call.operation === 'InvokeAgentRuntime' ? [call.sessionId] : []));
  const inSlack = sessionsOf().at(-1);
  await teams.say('carol', 'personal', 'sessions');
  const [id] = await eventually('the list', () => {
    const ids = inCards('carol', new RegExp(`"verb":"session_resume","data":\\{"id":"(${inSlack})"`));
    return ids.length > 0 ? ids : undefined;
  });
  const { body } = await teams.press('carol', 'personal', 'session_resume', { id });
  expect(body).toContain('Here we go on with');
  const more = await teams.say('carol', 'personal', 'how many EC2 instances are running?');
  await answered(more.message);
  expect(sessionsOf().at(-1)).toBe(inSlack);
});

test('who is forgotten in Teams is forgotten everywhere, with both accounts, and is told there', async () => {
  const redis = connect({ url: stack.redisUrl, name: 'teams-forget-test' });
  try {
    const slackId = stack.slack.people.person('carol').id;
    const canaries = [
      ...['cccccccc-1111-4111-8111-111111111111', '29:1carol', 'a:1carol', 'carol@example.com', slackId],
      ...(await Promise.all((await redis.keys('{tc}:link:*')).map((key) => redis.hget(key, 'sub')))),
    ].map(String);
    expect(found(await redisTraces(stack.redisUrl), canaries).length).toBeGreaterThan(5);
    await teams.say('bob', 'personal', 'status');
    await teams.say('carol', 'cloud', '@bot forget me');
    const ask = await eventually('the card', () => inCards('carol', /"ask":"([^"]+)"/)[0]);
    const data = { ask, typed: 'forget me' };
    expect((await teams.press('bob', 'personal', 'forget_me', data)).body).toContain('put to somebody else');
    expect((await teams.press('carol', 'personal', 'forget_me', data)).body).toContain('I have begun');
    const receipt = await eventually(
      'the receipt',
      () => alone('carol').find(({ text }) => text.startsWith('I have forgotten you')),
      60_000,
    );
    expect(receipt.text).toContain('all 2 chat accounts');
    await eventually('the job is over', async () => (await redis.zcard('{tc}:erasures')) === 0);
    const left = await redisTraces(stack.redisUrl);
    expect(found(left, canaries)).toEqual([]);
    expect(found(left, ['29:1bob']).length).toBe(1);
  } finally {
    await disconnect(redis);
  }
});
