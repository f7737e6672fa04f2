import { afterEach, expect, test } from 'vitest';
import type { InboundMessage } from '../../../src/chat/vocabulary.ts';
import type { Urgency } from '../../../src/store/call-pacing.ts';
import type { Accept, Retry } from '../../../src/turns/accept-turn.ts';
import type { Acceptance } from '../../../src/turns/lanes.ts';
import { eventually } from '../../setup/eventually.ts';
import { BOT, form, type Ingress, mention, send, startIngress } from './slack-ingress.ts';
import { UNPACED } from './slack-thread.ts';

const open: Ingress[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((ingress) => ingress.close()));
});

async function start(...args: Parameters<typeof startIngress>): Promise<Ingress> {
  const ingress = await startIngress(...args);
  open.push(ingress);
  return ingress;
}
const whispers = (ingress: Ingress) => ingress.calls.filter((call) => call.method === 'chat.postEphemeral');
const accepted: Acceptance = { outcome: 'accepted', turnId: 'turn-1', place: 1, wake: true };

test('Slack is acknowledged only after the turn is stored', async () => {
  const steps: string[] = [];
  const stored = Promise.withResolvers<void>();
  const ingress = await start({
    acceptTurn: async () => {
      steps.push('accept begun');
      await stored.promise;
      steps.push('accept done');
      return accepted;
    },
  });
  const answer = send(ingress, mention()).then(({ status }) => steps.push(`answered ${status}`));
  await eventually('the accept begins', () => steps.length === 1);
  // Another request goes through meanwhile, so the first answer had every chance to come too early.
  expect((await send(ingress, mention({ text: 'lunch?', type: 'message' }))).status).toBe(200);
  expect(steps).toEqual(['accept begun']);
  stored.resolve();
  await answer;
  expect(steps).toEqual(['accept begun', 'accept done', 'answered 200']);
});

test('an event that cannot be stored is answered with 503, and taken when Slack delivers it again', async () => {
  const seen: InboundMessage[] = [];
  const ingress = await start({
    acceptTurn: async (message) => {
      seen.push(message);
      if (seen.length === 1) throw new Error('Redis is away');
      return accepted;
    },
  });
  const first = await send(ingress, mention());
  expect(first.status).toBe(503);
  expect(first.text).not.toContain('Redis is away');
  const again = { ...mention(), headers: { 'X-Slack-Retry-Num': '1', 'X-Slack-Retry-Reason': 'http_error' } };
  expect((await send(ingress, again)).status).toBe(200);
  expect(seen[1]).toEqual(seen[0]);
});

test('both events of one mention are offered under a common claim', async () => {
  const seen: InboundMessage[] = [];
  const ingress = await start({
    acceptTurn: async (message) => {
      seen.push(message);
      return accepted;
    },
  });
  await send(ingress, mention());
  await send(ingress, mention({ type: 'message', channel_type: 'channel' }, { event_id: 'Ev2' }));
  const [one, two] = seen.map((message) => message.claims);
  expect(one?.some((claim) => two?.includes(claim))).toBe(true);
});

test('bots, edits and our own messages are acknowledged and start nothing', async () => {
  const seen: string[] = [];
  const ingress = await start({
    acceptTurn: async (message) => {
      seen.push(message.text);
      return accepted;
    },
  });
  const im = { type: 'message', channel: 'D1', channel_type: 'im' };
  await send(ingress, mention({ ...im, bot_id: 'B1' }));
  await send(ingress, mention({ ...im, user: BOT }));
  await send(ingress, mention({ ...im, subtype: 'message_changed' }));
  expect(seen).toEqual([]);
  expect(ingress.ignored).toEqual(['from_a_bot', 'own_message', 'not_a_new_message']);
});

const nobody = { any: false, ids: new Set<string>() };
const any = { any: true, ids: new Set<string>() };

test('a person who may not ask is told so in private, once addressed, and nothing is stored', async () => {
  const seen: string[] = [];
  const accept: Partial<Accept> = {
    acceptTurn: async (message) => {
      seen.push(message.text);
      return accepted;
    },
  };
  const ingress = await start(accept, { rules: { tenants: any, conversations: any, people: nobody } });
  expect((await send(ingress, mention())).status).toBe(200);
  await eventually('the explanation', () => whispers(ingress).length === 1);
  expect(whispers(ingress)[0]?.args).toMatchObject({
    channel: 'C1',
    user: 'U1',
    thread_ts: '1700000000.000100',
  });
  // A follow-up that does not name the bot is none of its business.
  await send(ingress, mention({ type: 'message', text: 'and?', thread_ts: '1.1', ts: '1.2' }));
  expect(whispers(ingress)).toHaveLength(1);
  expect(ingress.ignored).toEqual(['person_not_allowed', 'person_not_allowed']);
  expect(seen).toEqual([]);
});

test('when the lane is full the person is told, and an unaddressed follow-up is passed over in silence', async () => {
  const outcomes: Acceptance[] = [
    { outcome: 'full' },
    { outcome: 'unaddressed' },
    { outcome: 'duplicate', turnId: 't' },
  ];
  const ingress = await start({ acceptTurn: async () => outcomes.shift() ?? accepted });
  for (let i = 0; i < 3; i += 1) expect((await send(ingress, mention())).status).toBe(200);
  await eventually('the word about the full lane', () => whispers(ingress).length === 1);
  expect(String(whispers(ingress)[0]?.args.text)).toMatch(/too many unanswered questions/);
});

test('a private explanation that Slack refuses does not fail the delivery', async () => {
  const tried: string[] = [];
  const ingress = await start(
    { acceptTurn: async () => ({ outcome: 'full' }) },
    {
      client: {
        async call(method) {
          tried.push(method);
          throw new Error('no Slack today');
        },
      },
    },
  );
  expect((await send(ingress, mention())).status).toBe(200);
  expect(tried).toEqual(['auth.test', 'chat.postEphemeral']);
  expect((await send(ingress, mention())).status).toBe(200);
});

test('a private explanation without room waits beside the acknowledgement, as a courtesy', async () => {
  const asked: [string, Urgency][] = [];
  const room = Promise.withResolvers<void>();
  const ingress = await start(
    { acceptTurn: async () => ({ outcome: 'full' }) },
    {
      pacing: {
        ...UNPACED,
        async ask({ method, workspace, channel }, urgency) {
          asked.push([`${workspace} ${method} ${channel}`, urgency]);
          return asked.length === 1 ? { granted: false, waitMs: 20_000 } : { granted: true, waitMs: 0 };
        },
      },
      pause: () => room.promise,
    },
  );
  expect((await send(ingress, mention())).status).toBe(200);
  await eventually('it was asked for', () => asked.length === 1);
  expect(asked).toEqual([['T1 chat.postEphemeral C1', 'aside']]);
  expect(whispers(ingress)).toEqual([]);
  room.resolve();
  await eventually('the word about the full lane', () => whispers(ingress).length === 1);
});

const press = (value = 'turn-1', more: Record<string, unknown> = {}) =>
  form({
    payload: JSON.stringify({
      type: 'block_actions',
      user: { id: 'U1', team_id: 'T1' },
      team: { id: 'T1' },
      channel: { id: 'C1' },
      message: { ts: '1700000001.000100', thread_ts: '1700000000.000100' },
      actions: [{ type: 'button', action_id: 'turn_retry', block_id: 'b', value }],
      ...more,
    }),
  });

test('Retry asks again for the person who pressed it', async () => {
  const asked: unknown[] = [];
  const ingress = await start({
    retryTurn: async (...args) => {
      asked.push(args);
      return 'accepted';
    },
  });
  expect((await send(ingress, press())).status).toBe(200);
  expect(asked).toEqual([['turn-1', { id: 'U1', tenant: 'T1' }]]);
  expect(whispers(ingress)).toEqual([]);
});

test.each<[Retry, RegExp]>([
  ['already_retried', /already been asked again/],
  ['not_yours', /Only the person who asked/],
  ['too_old', /too old/],
  ['busy', /too many unanswered/],
])('a Retry that is %s is explained in private in the thread', async (result, words) => {
  const ingress = await start({ retryTurn: async () => result });
  expect((await send(ingress, press())).status).toBe(200);
  await eventually('the explanation', () => whispers(ingress).length === 1);
  expect(whispers(ingress)[0]?.args).toMatchObject({
    channel: 'C1',
    user: 'U1',
    thread_ts: '1700000000.000100',
  });
  expect(String(whispers(ingress)[0]?.args.text)).toMatch(words);
});

test('a Retry that cannot be stored is not acknowledged', async () => {
  const ingress = await start({
    retryTurn: async () => {
      throw new Error('Redis is away');
    },
  });
  expect((await send(ingress, press())).status).toBe(503);
});

test('a press on a button of no use to us is not ours to acknowledge', async () => {
  const ingress = await start({});
  const other = press('x', { actions: [{ type: 'button', action_id: 'other', block_id: 'b', value: 'x' }] });
  expect((await send(ingress, other)).status).toBe(404);
});

const command = (text: string) =>
  form({ command: '/agent', text, user_id: 'U1', team_id: 'T1', channel_id: 'C1' });

test('/agent answers in private, and nothing in it is live', async () => {
  const ingress = await start({});
  const help = JSON.parse((await send(ingress, command('help'))).text);
  expect(help).toMatchObject({ response_type: 'ephemeral', text: expect.stringContaining('mention me') });
  const odd = JSON.parse((await send(ingress, command('<!channel> & <@U1>'))).text);
  expect(odd.text).toContain('&lt;!channel&gt; &amp; &lt;@U1&gt;');
  expect(odd.text).not.toContain('<');
});

test('a refused bot token does not keep the app from taking questions', async () => {
  const seen: string[] = [];
  const ingress = await start(
    {
      acceptTurn: async (message) => {
        seen.push(message.text);
        return accepted;
      },
    },
    {
      client: {
        async call() {
          throw new Error('invalid_auth');
        },
      },
    },
  );
  expect((await send(ingress, mention())).status).toBe(200);
  expect(seen).toEqual(['how many instances?']);
});

const opened = (tab: string, fields: Record<string, unknown> = {}) =>
  mention({ type: 'app_home_opened', user: 'U1', channel: 'D1', tab, ...fields });

test('who opens the direct message finds prompts each time, and is greeted once', async () => {
  const greeted = new Set<string>();
  const ingress = await start({}, { once: async (name) => greeted.size !== greeted.add(name).size });
  for (const sent of [
    opened('messages'),
    opened('messages'),
    opened('messages', { user: 'U2', channel: 'D2' }),
  ])
    expect((await send(ingress, sent)).status).toBe(200);
  const made = () => ingress.calls.filter((call) => call.method !== 'auth.test');
  await eventually('all is shown', () => made().length === 5);
  expect(
    made()
      .map((call) => `${call.method} ${String(call.args.channel_id ?? call.args.channel)}`)
      .toSorted(),
  ).toEqual([
    'assistant.threads.setSuggestedPrompts D1',
    'assistant.threads.setSuggestedPrompts D1',
    'assistant.threads.setSuggestedPrompts D2',
    'chat.postMessage D1',
    'chat.postMessage D2',
  ]);
});

test('whoever may not ask is prompted nowhere, and reads why on the Home tab', async () => {
  const ingress = await start({}, { rules: { tenants: any, conversations: any, people: nobody } });
  await send(ingress, opened('home'));
  await send(ingress, opened('messages'));
  expect(ingress.ignored).toEqual(['person_not_allowed', 'person_not_allowed']);
  await eventually('the Home', () => ingress.calls.length === 2);
  const [, home] = ingress.calls;
  expect(home).toMatchObject({ method: 'views.publish', args: { user_id: 'U1' } });
  expect(JSON.stringify(home?.args.view)).toContain('not allowed');
});

test('an opened Home tab is kept track of; when that fails, Slack delivers it again', async () => {
  const homes: unknown[] = [];
  const ingress = await start({}, { home: { opened: async (...opening) => homes.push(opening) > 0 } });
  expect((await send(ingress, opened('home'))).status).toBe(200);
  expect(homes).toEqual([['T1', { id: 'U1', tenant: 'T1' }, 'D1', true]]);
  const away = await start(
    {},
    {
      home: {
        opened: async () => {
          throw new Error('Redis is away');
        },
      },
    },
  );
  expect((await send(away, opened('home'))).status).toBe(503);
});

const thumb = (value: string) =>
  press('', {
    trigger_id: 'trigger-1',
    actions: [{ type: 'feedback_buttons', action_id: 'turn_feedback', block_id: 'b', value }],
  });

test('a thumb that cannot be stored is not acknowledged, and opens no form', async () => {
  const ingress = await start(
    {},
    {
      recordFeedback: async () => {
        throw new Error('Redis is away');
      },
    },
  );
  expect((await send(ingress, thumb('down:turn-1'))).status).toBe(503);
  expect(ingress.calls.map((call) => call.method)).toEqual(['auth.test']);
});

test('a thumb that is none of ours is acknowledged and not recorded', async () => {
  const recorded: unknown[] = [];
  const ingress = await start(
    {},
    {
      recordFeedback: async (feedback) => {
        recorded.push(feedback);
        return 'new';
      },
    },
  );
  expect((await send(ingress, thumb('sideways:turn-1'))).status).toBe(200);
  expect(recorded).toEqual([]);
  expect((await send(ingress, thumb('up:turn-1'))).status).toBe(200);
  expect(recorded).toEqual([{ turnId: 'turn-1', by: { id: 'U1', tenant: 'T1' }, value: 'up' }]);
});

test('who may not ask may not press either', async () => {
  const asked: unknown[] = [];
  const recorded: unknown[] = [];
  const ingress = await start(
    {
      retryTurn: async (...args) => {
        asked.push(args);
        return 'accepted';
      },
    },
    {
      rules: { tenants: any, conversations: any, people: nobody },
      recordFeedback: async (feedback) => {
        recorded.push(feedback);
        return 'new';
      },
    },
  );
  for (const sent of [press(), thumb('up:turn-1')]) expect((await send(ingress, sent)).status).toBe(200);
  await eventually('both are told', () => whispers(ingress).length === 2);
  expect([...asked, ...recorded]).toEqual([]);
});

test('somebody who may not ask may not command either, reads so, and is on record', async () => {
  const ingress = await start({}, { rules: { tenants: any, conversations: any, people: nobody } });
  const sent = form({ command: '/agent', text: 'link', user_id: 'U1', team_id: 'T1', channel_id: 'C1' });
  expect((await send(ingress, sent)).text).toContain('not allowed to answer here');
  expect(ingress.turnedAway).toEqual(['T1 U1: person_not_allowed']);
});

test('somebody from another company may not press in a shared channel', async () => {
  const ingress = await start({});
  const foreign = press('turn-1', { user: { id: 'U9', team_id: 'T9' } });
  expect((await send(ingress, foreign)).status).toBe(200);
  expect(ingress.ignored).toEqual(['external_person']);
});
