import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { createSlackStandIn } from '../../../../local/slack/stand-in.ts';
import { BOT_TOKEN, channelId, errorOf, SIGNING_SECRET, startClock, startWorkspace } from './workspace.ts';

const RECIPIENT = { recipient_user_id: 'U0ALICE00000', recipient_team_id: 'T0THREADCORE' };

describe('scopes', () => {
  test("are the manifest's by default", async () => {
    const slack = await createSlackStandIn({
      eventsUrl: 'http://127.0.0.1:1/',
      signingSecret: SIGNING_SECRET,
      botToken: BOT_TOKEN,
    });
    onTestFinished(() => slack.close());
    const source = readFileSync(new URL('../../../../manifest.yml', import.meta.url), 'utf8');
    const manifest = parse(source) as { oauth_config: { scopes: { bot: string[] } } };
    const body = new URLSearchParams({ token: BOT_TOKEN });
    const answer = await fetch(`${slack.apiUrl}auth.test`, { method: 'POST', body });
    await answer.arrayBuffer();
    expect(answer.headers.get('x-oauth-scopes')).toBe(manifest.oauth_config.scopes.bot.join(','));
  });

  test('missing_scope names needed and provided, and every answer tells the granted ones', async () => {
    const { slack, client } = await startWorkspace({ scopes: ['chat:write', 'channels:read'] });
    await expect(client.users.info({ user: 'U0ALICE00000' })).rejects.toMatchObject({
      data: { error: 'missing_scope', needed: 'users:read', provided: 'chat:write,channels:read' },
    });
    const test = await fetch(`${slack.apiUrl}auth.test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${BOT_TOKEN}` },
    });
    expect(test.headers.get('x-oauth-scopes')).toBe('chat:write,channels:read');
    await test.arrayBuffer();
    const channel = channelId(slack, 'cloud');
    const room = channelId(slack, 'incident-room');
    expect(await errorOf(client.conversations.info({ channel }))).toBe('no error');
    expect(await errorOf(client.conversations.info({ channel: room }))).toBe('missing_scope');
    expect(await errorOf(client.conversations.history({ channel }))).toBe('missing_scope');
    const kinds = { types: 'public_channel,im' };
    expect(await errorOf(client.conversations.list(kinds))).toBe('missing_scope');
    expect(await errorOf(client.conversations.open({ users: 'U0ALICE00000' }))).toBe('missing_scope');
  });
});

test('only events that the app subscribed to are delivered', async () => {
  const { slack, app } = await startWorkspace({ events: ['message.im', 'reaction_added'] });
  const { ts } = await slack.postAs('alice', 'dm', 'hello');
  await slack.postAs('alice', '#cloud', '@Cloud Engineer hello');
  await slack.people.react('alice', 'dm', ts, 'eyes');
  await slack.people.react('alice', 'dm', ts, 'eyes');
  await slack.deliveries.idle();
  expect(app.events().map(({ event }) => event.type)).toEqual(['message', 'reaction_added']);
});

test('reactions of people and of the bot are told with their item, and read back', async () => {
  const { slack, app, client } = await startWorkspace();
  const channel = channelId(slack, 'cloud');
  const { ts } = await slack.postAs('alice', '#cloud', 'well done');
  await slack.people.react('bob', '#cloud', ts, 'tada');
  await client.reactions.add({ channel, timestamp: ts, name: 'tada' });
  const { message } = await client.reactions.get({ channel, timestamp: ts });
  expect(message?.reactions).toEqual([{ name: 'tada', users: ['U0BOB0000000', 'U0CLOUDENG00'], count: 2 }]);
  await client.reactions.remove({ channel, timestamp: ts, name: 'tada' });
  expect(await errorOf(client.reactions.remove({ channel, timestamp: ts, name: 'tada' }))).toBe(
    'no_reaction',
  );
  await slack.people.react('bob', '#cloud', ts, 'tada');
  await slack.deliveries.idle();
  expect(
    app
      .events()
      .slice(1)
      .map(({ event }) => [event.type, event.user]),
  ).toEqual([
    ['reaction_added', 'U0BOB0000000'],
    ['reaction_added', 'U0CLOUDENG00'],
    ['reaction_removed', 'U0CLOUDENG00'],
    ['reaction_removed', 'U0BOB0000000'],
  ]);
  expect(app.events()[1]?.event).toMatchObject({
    reaction: 'tada',
    item: { type: 'message', channel, ts },
    item_user: 'U0ALICE00000',
  });
});

test('a direct message of several is found or made, and its messages arrive as such', async () => {
  const { slack, app, client } = await startWorkspace();
  const open = (users: string) => client.conversations.open({ users });
  const known = await open('U0ALICE00000,U0BOB0000000');
  expect(known).toMatchObject({ already_open: true, channel: { is_mpim: true } });
  const made = await open('U0ALICE00000,U0CAROL00000');
  expect(made).toMatchObject({ already_open: false });
  expect((await open('U0CAROL00000,U0ALICE00000')).channel?.id).toBe(made.channel?.id);
  const members = await client.conversations.members({ channel: made.channel?.id ?? '' });
  expect(members.members).toEqual(['U0ALICE00000', 'U0CAROL00000', 'U0CLOUDENG00']);
  await slack.postAs('carol', made.channel?.id ?? '', '@Cloud Engineer hello');
  expect(app.events().map(({ event }) => [event.type, event.channel_type])).toEqual([
    ['app_mention', undefined],
    ['message', 'mpim'],
  ]);
});

describe('streams that end before their time', () => {
  async function start(now = startClock()) {
    const workspace = await startWorkspace({ now: now.now });
    const channel = channelId(workspace.slack, 'cloud');
    const { ts: thread_ts } = await workspace.slack.postAs('alice', '#cloud', 'how many?');
    const open = async () => {
      const started = await workspace.client.chat.startStream({
        channel,
        thread_ts,
        ...RECIPIENT,
        markdown_text: '0',
      });
      return started.ts ?? '';
    };
    const append = (ts: string) =>
      errorOf(workspace.client.chat.appendStream({ channel, ts, markdown_text: 'x' }));
    return { ...workspace, clock: now, channel, open, append };
  }
  const ENDED = 'message_not_in_streaming_state';

  test('after a number of appends, after a time, or now; what was shown stays', async () => {
    const { slack, clock, channel, open, append } = await start();
    slack.faults.add({ kind: 'end_stream', afterAppends: 2 });
    slack.faults.add({ kind: 'end_stream', afterMs: 7000 });
    const [counted, timed, ordered] = [await open(), await open(), await open()];
    expect([await append(counted), await append(counted), await append(counted)]).toEqual([
      'no error',
      'no error',
      ENDED,
    ]);
    expect(await append(timed)).toBe('no error');
    clock.advance(7000);
    expect(await append(timed)).toBe(ENDED);
    expect(await append(ordered)).toBe('no error');
    expect(slack.endStreams({ channel })).toEqual([ordered]);
    expect(await append(ordered)).toBe(ENDED);
    const shown = [counted, timed, ordered].map(
      (ts) => slack.state.messages(channel).find((message) => message.ts === ts)?.text,
    );
    expect(shown).toEqual(['0xx', '0x', '0x']);
    expect(await append(await open())).toBe('no error');
  });

  test('at random, but the same way for the same seed', async () => {
    const run = async (seed: number) => {
      const { slack, open, append } = await start();
      slack.faults.add({ kind: 'end_stream', chance: 0.4, seed });
      const lives: number[] = [];
      for (let stream = 0; stream < 12; stream += 1) {
        const ts = await open();
        let appends = 0;
        while ((await append(ts)) === 'no error') appends += 1;
        lives.push(appends);
      }
      return lives;
    };
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(1);
  });
});

test('tests can ask how many calls were limited, by method', async () => {
  const { slack, client } = await startWorkspace({ rateLimits: 'slack', now: startClock().now });
  const channel = channelId(slack, 'cloud');
  const { ts: thread_ts } = await slack.postAs('alice', '#cloud', 'root');
  const starts = Array.from({ length: 23 }, () =>
    errorOf(client.chat.startStream({ channel, thread_ts, ...RECIPIENT })),
  );
  expect((await Promise.all(starts)).filter((error) => error === 'no error')).toHaveLength(20);
  expect(Object.fromEntries(slack.limited)).toEqual({ 'chat.startStream': 3 });
  const { refused } = (await (await fetch(`${slack.url}/control/limits`)).json()) as { refused: unknown };
  expect(refused).toEqual({ 'chat.startStream': 3 });
  slack.reset();
  expect(slack.limited.size).toBe(0);
});
