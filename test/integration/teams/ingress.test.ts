import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { welcomeText } from '../../../src/chat/notices.ts';
import { createConnector } from '../../../src/teams/connector.ts';
import type { Feedback } from '../../../src/turns/feedback.ts';
import type { Acceptance } from '../../../src/turns/lanes.ts';
import type { QuestionEdit } from '../../../src/turns/question-changes.ts';
import { eventually } from '../../setup/eventually.ts';
import { startTeamsIngress, type TestIngress } from './teams-ingress.ts';

const started: TestIngress[] = [];
afterEach(async () => {
  for (const ingress of started.splice(0)) await ingress.close();
});

async function ingress(...args: Parameters<typeof startTeamsIngress>): Promise<TestIngress> {
  const one = await startTeamsIngress(...args);
  started.push(one);
  return one;
}

const accepting = (acceptance: Acceptance) => ({
  accept: {
    acceptTurn: async () => acceptance,
    retryTurn: async () => 'accepted' as const,
    takesPart: async () => false,
    othersWrote: async () => undefined,
  },
});
/** What the bot has said anywhere. */
const said = ({ teams }: TestIngress) =>
  teams.messages.filter(({ from }) => from === 'bot').map(({ text }) => text);
const NOBODY = { any: false, ids: new Set<string>() };

test('a question in a channel becomes a turn in its thread, which can be answered from then on', async () => {
  const t = await ingress();
  const { message } = await t.teams.say('alice', 'cloud', '@bot a < b & c?');
  const [turn] = t.turns;
  expect(turn).toMatchObject({ text: 'a < b & c?', kind: 'channel', addressed: true });
  expect(turn?.key.thread).toBe(`${message.conversation};messageid=${message.id}`);
  expect(turn && (await t.references.of(turn.key))).toEqual({
    serviceUrl: t.teams.serviceUrl,
    conversation: turn?.key.thread,
    bot: t.teams.bot,
  });
});

test('what could not be stored is answered with 503, and delivered again until it is', async () => {
  let down = true;
  const taken: string[] = [];
  const t = await ingress({
    teams: { retryDelaysMs: [20, 20, 20] },
    deps: {
      accept: {
        async acceptTurn({ messageId }) {
          if (down) throw new Error('Redis is away');
          taken.push(messageId);
          return { outcome: 'accepted', turnId: 'turn-1', place: 1, wake: true };
        },
        retryTurn: async () => 'accepted',
        takesPart: async () => false,
        othersWrote: async () => undefined,
      },
    },
  });
  const { status, body, message } = await t.teams.say('alice', 'personal', 'how many?');
  expect(status).toBe(503);
  expect(body).not.toContain('Redis');
  down = false;
  await eventually('the next delivery', () => taken.length > 0);
  expect(taken).toEqual([message.id]);
});

test.each<[string, Acceptance, string]>([
  ['a full lane', { outcome: 'full' }, 'too many unanswered questions'],
  ['a quota', { outcome: 'quota', whose: 'person', waitMs: 60_000 }, 'You have asked as much as is allowed'],
  [
    'a pause',
    { outcome: 'accepted', turnId: 't', place: 1, wake: false, paused: true },
    'I am paused for now (tests)',
  ],
  [
    'a newer question',
    { outcome: 'accepted', turnId: 't', place: 1, wake: true, superseded: 2 },
    'Only your newest question',
  ],
])('the person hears of %s', async (_name, acceptance, words) => {
  const t = await ingress({ deps: { ...accepting(acceptance), pauseReason: async () => 'tests' } });
  await t.teams.say('alice', 'cloud', '@bot how many?');
  const word = await eventually('a word', () => said(t)[0]);
  expect(word).toContain(words);
});

test('who may not ask is told so where they asked, once mentioned; others are left alone', async () => {
  const t = await ingress({ rules: { people: NOBODY } });
  const { message } = await t.teams.say('alice', 'cloud', '@bot how many?');
  await eventually('a word', () => t.teams.repliesTo(message)[0]?.text.startsWith('I am not allowed'));
  await t.teams.say('alice', 'group', 'lunch?');
  expect(t.turns).toEqual([]);
  expect(t.refused).toEqual(['aaaaaaaa-1111-4111-8111-111111111111: person_not_allowed']);
  expect(said(t)).toHaveLength(1);
  expect(
    await t.references.of({ platform: 'teams', tenant: t.teams.tenant, conversation: 'x', thread: 'x' }),
  ).toBeUndefined();
});

test('who may not ask is told so once, however often the message is delivered', async () => {
  const t = await ingress({ rules: { people: NOBODY } });
  const { activity, message } = await t.teams.say('alice', 'personal', 'how many?');
  await eventually('a word', () => t.teams.repliesTo(message)[0]?.text.startsWith('I am not allowed'));
  expect((await t.teams.deliver(activity)).status).toBe(200);
  await t.teams.say('alice', 'personal', 'and how many now?');
  await eventually('the next word', () => said(t).length > 1);
  expect(said(t)).toHaveLength(2);
  expect(t.refused).toHaveLength(2);
});

test('people of another tenant, in a channel that is shared with them, are refused', async () => {
  const t = await ingress();
  await t.teams.say('external', 'cloud', '@bot how many?');
  expect(t.refused[0]).toContain('external_person');
  expect(t.turns).toEqual([]);
});

test('an edit reaches the question, with a stamp; a deletion cancels it; a late one is told', async () => {
  const edits: QuestionEdit[] = [];
  const cancelled: string[] = [];
  const t = await ingress({
    deps: {
      changes: {
        async amendQuestion(edit) {
          edits.push(edit);
          return 'running';
        },
        async cancelQuestion(claim) {
          cancelled.push(claim);
          return 'cancelled';
        },
      },
    },
  });
  const { activity } = await t.teams.say('alice', 'personal', 'how many?');
  const { teams } = t;
  await teams.deliver({
    ...activity,
    type: 'messageUpdate',
    text: 'how many &lt; 3?',
    channelData: { ...(activity.channelData as object), eventType: 'editMessage' },
  });
  const claim = t.turns[0]?.claims[0];
  expect(edits).toEqual([
    {
      claim,
      editor: 'aaaaaaaa-1111-4111-8111-111111111111',
      text: 'how many < 3?',
      files: [],
      stamp: activity.timestamp,
    },
  ]);
  await eventually('a word', () => said(t).some((text) => text.includes('already begun')));
  await teams.deliver({
    ...activity,
    type: 'messageDelete',
    channelData: { ...(activity.channelData as object), eventType: 'softDeleteMessage' },
  });
  expect(cancelled).toEqual([claim]);
});

test('everything else that Teams sends is answered and ignored', async () => {
  const t = await ingress();
  const { teams } = t;
  for (const fields of [
    { type: 'messageReaction', reactionsAdded: [{ type: 'like' }] },
    { type: 'typing' },
    { type: 'conversationUpdate', membersAdded: [{ id: '29:somebody' }] },
    {
      type: 'conversationUpdate',
      channelData: { tenant: { id: teams.tenant }, eventType: 'channelRenamed' },
    },
    { type: 'installationUpdate', action: 'remove' },
    { type: 'event', name: 'x' },
    { type: 'message', from: { id: '28:another-bot' }, text: 'hello' },
  ])
    expect(await teams.act('alice', 'cloud', fields)).toMatchObject({ status: 200, body: '' });
  expect(t.turns).toEqual([]);
  expect(said(t)).toEqual([]);
  expect((await teams.act('alice', 'cloud', { type: 'invoke', name: 'composeExtension/query' })).status).toBe(
    501,
  );
});

test('a place is welcomed once, however often and in whatever way Teams tells', async () => {
  const t = await ingress();
  await t.teams.act('alice', 'personal', { type: 'installationUpdate', action: 'add' });
  await t.teams.act('alice', 'personal', { type: 'conversationUpdate', membersAdded: [t.teams.bot] });
  await eventually('the welcome', () => said(t).length > 0);
  await t.close();
  started.splice(0);
  expect(said(t)).toEqual([welcomeText('teams')]);
});

test('pressing what nobody knows, or what cannot be read, is answered with an error that Teams can show', async () => {
  const t = await ingress();
  expect(JSON.parse((await t.teams.press('alice', 'personal', 'unknown', {})).body)).toMatchObject({
    statusCode: 400,
  });
  const { body } = await t.teams.act('alice', 'personal', {
    type: 'invoke',
    name: 'adaptiveCard/action',
    value: 7,
  });
  expect(JSON.parse(body)).toMatchObject({ statusCode: 400, type: 'application/vnd.microsoft.error' });
});

test('whoever may not ask may not press either', async () => {
  const pressed: string[] = [];
  const t = await ingress({
    rules: { people: NOBODY },
    deps: {
      accept: {
        acceptTurn: async () => ({ outcome: 'full' }),
        async retryTurn(id) {
          pressed.push(id);
          return 'accepted';
        },
        takesPart: async () => false,
        othersWrote: async () => undefined,
      },
    },
  });
  const { body } = await t.teams.press('alice', 'personal', 'turn_retry', { turn: 'turn-1' });
  expect(body).toContain('I am not allowed');
  expect(pressed).toEqual([]);
});

test('what people think of an answer is kept for its turn, with their words; of anything else it is ignored', async () => {
  const said: Feedback[] = [];
  const t = await ingress({
    deps: {
      async recordFeedback(feedback) {
        said.push(feedback);
        return 'new';
      },
    },
  });
  const { message } = await t.teams.say('alice', 'cloud', '@bot how many?');
  const key = t.turns[0]?.key;
  if (key) await t.references.noteAnswer(key, '77', 'turn-7');
  const think = (replyToId: string, actionValue: object) =>
    t.teams.act(
      'bob',
      'cloud',
      {
        type: 'invoke',
        name: 'message/submitAction',
        replyToId,
        value: { actionName: 'feedback', actionValue },
      },
      message.id,
    );
  await think('77', { reaction: 'like', feedback: '' });
  await think('77', { reaction: 'dislike', feedback: '{"feedbackText":" too short "}' });
  await think('77', { reaction: 'like', feedback: { feedbackText: 'not as text' } });
  await think('78', { reaction: 'like' });
  expect((await think('77', { reaction: 'shrug' })).status).toBe(200);
  const by = { id: 'bbbbbbbb-1111-4111-8111-111111111111', tenant: t.teams.tenant };
  expect(said).toEqual([
    { turnId: 'turn-7', by, value: 'up' },
    { turnId: 'turn-7', by, value: 'down', reason: 'too short' },
    { turnId: 'turn-7', by, value: 'up' },
  ]);
  expect(t.ignored).toEqual(['no_feedback', 'malformed']);
});

test('on a laptop unsigned activities are taken, from programs on this machine only', async () => {
  const t = await ingress({ deps: { appId: undefined, allowUnauthenticatedLoopback: true } });
  const { activity } = await t.teams.say('alice', 'personal', 'how many?');
  // A signed one is no better where nobody knows the app.
  expect(t.turns).toEqual([]);
  const unsigned = (headers: Record<string, string>, more: object = {}) =>
    fetch(`${t.url}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ ...activity, ...more }),
    });
  for (const headers of [
    { 'x-forwarded-for': '203.0.113.9' },
    { forwarded: 'for=203.0.113.9' },
    { origin: 'https://evil.example.com' },
    { 'content-type': 'text/plain' },
  ])
    expect((await unsigned(headers as Record<string, string>)).status).toBe(401);
  expect((await unsigned({}, { serviceUrl: 'https://evil.example.com/' })).status).toBe(401);
  expect((await unsigned({}, { conversation: { id: 'a:1', tenantId: 'another' } })).status).toBe(401);
  expect(t.turns).toEqual([]);
  expect((await unsigned({})).status).toBe(200);
  expect((await unsigned({}, { id: '2', serviceUrl: 'http://localhost:56150/_connector' })).status).toBe(200);
  expect(t.turns).toHaveLength(2);
});

test('a call to a service that is not listed is made by nobody, and no token is asked for', async () => {
  let asked = 0;
  const connector = createConnector({
    async token() {
      asked += 1;
      return 'secret';
    },
    serviceUrlHosts: new Set(['smba.trafficmanager.net']),
    allowLoopback: false,
    timeoutMs: 1_000,
    observe: () => undefined,
  });
  for (const serviceUrl of ['http://127.0.0.1:9/', 'https://evil.example.com/', ''])
    await expect(connector.send({ serviceUrl, conversation: 'a:1' }, {})).rejects.toThrow(
      'service_url_not_allowed',
    );
  expect(asked).toBe(0);
});

test('a redirect is not followed: the token stays with the host that was checked', async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? '');
    response.writeHead(307, { location: '/elsewhere' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connector = createConnector({
    token: async () => 'secret',
    serviceUrlHosts: new Set([host]),
    allowLoopback: false,
    timeoutMs: 1_000,
    observe: () => undefined,
  });
  try {
    const sent = connector.send({ serviceUrl: `http://${host}/`, conversation: 'a:1' }, {});
    await expect(sent).rejects.toThrow('http_307');
    expect(seen).toEqual(['/v3/conversations/a%3A1/activities']);
  } finally {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
});
