import { describe, expect, test } from 'vitest';
import { BOT_TOKEN, channelId, clientOf, errorOf, startClock, startWorkspace } from './workspace.ts';

const ANSWER = '**Three** instances are running.\n\n- web-1\n- web-2';

describe("Slack's own client talks to the stand-in", () => {
  test('auth.test names the bot, and a foreign or missing token is refused', async () => {
    const { slack, client } = await startWorkspace();
    expect(await client.auth.test()).toMatchObject({
      ok: true,
      team_id: 'T0THREADCORE',
      bot_id: 'B0CLOUDENG00',
    });
    expect(await errorOf(clientOf(slack, 'xoxb-wrong').auth.test())).toBe('invalid_auth');
    const naked = await fetch(`${slack.apiUrl}auth.test`, { method: 'POST' });
    expect(await naked.json()).toEqual({ ok: false, error: 'not_authed' });
    expect(slack.calls.map((call) => call.tokenOk)).toEqual([true, false, false]);
  });

  test('a JSON body and a token in the form work as a bearer token does', async () => {
    const { slack } = await startWorkspace();
    const channel = channelId(slack, 'cloud');
    const json = await fetch(`${slack.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${BOT_TOKEN}` },
      body: JSON.stringify({ channel, text: 'by json' }),
    });
    const form = await fetch(`${slack.apiUrl}chat.postMessage`, {
      method: 'POST',
      body: new URLSearchParams({ token: BOT_TOKEN, channel, text: 'by form' }),
    });
    expect([await json.json(), await form.json()]).toMatchObject([{ ok: true }, { ok: true }]);
    expect(slack.state.messages(channel).map((message) => message.text)).toEqual(['by json', 'by form']);
    expect(JSON.stringify(slack.calls)).not.toContain(BOT_TOKEN);
  });

  test('an unknown method is named as such, even one that every object has', async () => {
    const { client } = await startWorkspace();
    expect(await errorOf(client.apiCall('chat.shout'))).toBe('unknown_method');
    expect(await errorOf(client.apiCall('constructor'))).toBe('unknown_method');
  });

  test('markdown is stored so that it can be read back with its metadata', async () => {
    const { slack, client } = await startWorkspace();
    const channel = channelId(slack, 'cloud');
    const { ts: root } = await slack.postAs('alice', '#cloud', 'how many?');
    const metadata = { event_type: 'tc_part', event_payload: { turn: 't1', part: 0 } };
    const posted = await client.chat.postMessage({
      channel,
      thread_ts: root,
      markdown_text: ANSWER,
      metadata,
    });
    const read = await client.conversations.replies({ channel, ts: root, include_all_metadata: true });
    expect(read.messages?.[1]).toMatchObject({
      ts: posted.ts,
      thread_ts: root,
      bot_id: 'B0CLOUDENG00',
      text: ANSWER,
      blocks: [{ type: 'markdown', text: ANSWER }],
      metadata,
    });
    const without = await client.conversations.replies({ channel, ts: root });
    expect(without.messages?.[1]).not.toHaveProperty('metadata');
    expect(read.messages?.[0]).toMatchObject({ reply_count: 1, reply_users: ['U0CLOUDENG00'] });
  });

  test('every ts is unique and increasing while the clock stands still', async () => {
    const { slack, client } = await startWorkspace({ now: startClock().now });
    const channel = channelId(slack, 'cloud');
    const all: string[] = [];
    for (let index = 0; index < 12; index += 1) {
      all.push((await client.chat.postMessage({ channel, text: `m${index}` })).ts ?? '');
    }
    expect(all[0]).toBe('1700000000.000000');
    expect(new Set(all).size).toBe(12);
    expect([...all].sort()).toEqual(all);
  });

  test('replies are paged by cursor and cut by oldest', async () => {
    const { slack, client } = await startWorkspace();
    const channel = channelId(slack, 'cloud');
    const { ts: root } = await slack.postAs('alice', '#cloud', 'root');
    const sent: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      sent.push((await client.chat.postMessage({ channel, thread_ts: root, text: `r${index}` })).ts ?? '');
    }
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await client.conversations.replies({
        channel,
        ts: root,
        limit: 2,
        ...(cursor ? { cursor } : {}),
      });
      pages.push(page.messages?.map((message) => message.text ?? '') ?? []);
      cursor = page.response_metadata?.next_cursor;
    } while (cursor);
    expect(pages).toEqual([
      ['root', 'r0'],
      ['r1', 'r2'],
      ['r3', 'r4'],
    ]);
    const late = await client.conversations.replies({ channel, ts: root, oldest: sent[3] ?? '' });
    expect(late.messages?.map((message) => message.text)).toEqual(['root', 'r4']);
  });

  test('updating replaces the content; only own and existing messages can be updated', async () => {
    const { slack, client } = await startWorkspace();
    const channel = channelId(slack, 'cloud');
    const { ts: foreign } = await slack.postAs('alice', '#cloud', 'mine');
    const { ts = '' } = await client.chat.postMessage({ channel, text: 'first' });
    await client.chat.update({ channel, ts, markdown_text: '**second**' });
    expect(slack.state.messages(channel).at(-1)).toMatchObject({
      text: '**second**',
      blocks: [{ type: 'markdown', text: '**second**' }],
    });
    expect(await errorOf(client.chat.update({ channel, ts: foreign, text: 'x' }))).toBe(
      'cant_update_message',
    );
    expect(await errorOf(client.chat.update({ channel, ts: '1.000001', text: 'x' }))).toBe(
      'message_not_found',
    );
    expect(await errorOf(client.chat.update({ channel, ts, text: 'x'.repeat(4001) }))).toBe('msg_too_long');
    expect(await errorOf(client.chat.delete({ channel, ts: foreign }))).toBe('cant_delete_message');
    await client.chat.delete({ channel, ts });
    expect(slack.state.messages(channel)).toHaveLength(1);
  });

  test('places the bot may not write in are told apart', async () => {
    const { slack, client } = await startWorkspace();
    const channel = channelId(slack, 'cloud');
    const { ts: root } = await slack.postAs('alice', '#cloud', 'root');
    const { ts: reply } = await slack.postAs('alice', '#cloud', 'reply', { threadTs: root });
    const post = (more: { channel: string; thread_ts?: string }) =>
      errorOf(client.chat.postMessage({ text: 'x', ...more }));
    expect(await post({ channel: 'C0NOWHERE00' })).toBe('channel_not_found');
    expect(await post({ channel: channelId(slack, 'random') })).toBe('not_in_channel');
    expect(await post({ channel, thread_ts: '1.000001' })).toBe('thread_not_found');
    expect(await post({ channel, thread_ts: 'soon' })).toBe('invalid_thread_ts');
    expect(await post({ channel, thread_ts: reply })).toBe('cannot_reply_to_message');
  });

  test('people, conversations and reactions can be looked up', async () => {
    const { slack, client } = await startWorkspace();
    const guest = await client.users.info({ user: 'U0GUEST00000' });
    const external = await client.users.info({ user: 'U0EXTERNAL00' });
    expect(guest.user).toMatchObject({ name: 'guest', is_restricted: true, is_bot: false });
    expect(external.user).toMatchObject({ is_stranger: true, team_id: 'T0OUTSIDE000' });
    const list = await client.conversations.list({ types: 'public_channel,private_channel,im' });
    expect(list.channels?.filter((channel) => channel.is_im)).toHaveLength(6);
    expect(list.channels?.map((channel) => channel.name)).toContain('incident-room');
    const direct = await client.conversations.open({ users: 'U0ALICE00000' });
    expect(direct.channel?.id).toMatch(/^D[A-Z0-9]{8,}$/);
    const channel = channelId(slack, 'cloud');
    const { ts } = await slack.postAs('alice', '#cloud', 'well done');
    await client.reactions.add({ channel, timestamp: ts, name: 'eyes' });
    expect(await errorOf(client.reactions.add({ channel, timestamp: ts, name: 'eyes' }))).toBe(
      'already_reacted',
    );
  });

  test('a private channel without the bot does not exist for it', async () => {
    const { slack, client } = await startWorkspace();
    const room = slack.state.channels.find((channel) => channel.name === 'incident-room');
    room?.members.delete('U0CLOUDENG00');
    const channel = room?.id ?? '';
    expect(await errorOf(client.chat.postMessage({ channel, text: 'x' }))).toBe('channel_not_found');
    expect(await errorOf(client.conversations.info({ channel }))).toBe('channel_not_found');
  });

  test('statuses and sessions of a thread are kept and the status ends with the reply', async () => {
    const clock = startClock();
    const { slack, client } = await startWorkspace({ now: clock.now });
    const channel = channelId(slack, 'cloud');
    const { ts } = await slack.postAs('alice', '#cloud', 'root');
    const thread = { channel_id: channel, thread_ts: ts };
    await client.assistant.threads.setStatus({
      ...thread,
      status: 'is thinking…',
      loading_messages: ['counting'],
    });
    await client.agents.sessions.setStatus({ ...thread, status: 'processing', title: 'Counting' });
    const shown = () => slack.state.threads.get(`${channel}:${ts}`);
    expect(shown()).toMatchObject({ status: 'is thinking…', session: 'processing', title: 'Counting' });
    await client.agents.sessions.rename({ ...thread, title: 'Instances' });
    await client.chat.postMessage({ channel, thread_ts: ts, text: 'three' });
    expect(shown()).toMatchObject({ status: '', title: 'Instances' });
    const wrong = client.agents.sessions.setStatus({ ...thread, status: 'busy' });
    expect(await errorOf(wrong)).toBe('invalid_arguments');
    const many = { ...thread, status: 'x', loading_messages: Array.from({ length: 11 }, () => 'x') };
    expect(await errorOf(client.assistant.threads.setStatus(many))).toBe('invalid_arguments');
  });

  test('an ephemeral message reaches one person and no history', async () => {
    const { slack, client } = await startWorkspace();
    const channel = channelId(slack, 'cloud');
    await client.chat.postEphemeral({ channel, user: 'U0ALICE00000', text: 'only you' });
    expect((await client.conversations.history({ channel })).messages).toEqual([]);
    expect(slack.state.messages(channel)).toMatchObject([{ ephemeralFor: 'U0ALICE00000', text: 'only you' }]);
    const stranger = client.chat.postEphemeral({ channel, user: 'U0EXTERNAL00', text: 'x' });
    expect(await errorOf(stranger)).toBe('user_not_in_channel');
  });

  test('live mentions are recorded and escaped ones are not', async () => {
    const { slack, client } = await startWorkspace();
    const channel = channelId(slack, 'cloud');
    await client.chat.postMessage({ channel, text: 'hi &lt;!channel&gt; and &lt;@U0BOB000000&gt;' });
    await client.chat.postMessage({
      channel,
      markdown_text: 'hi <!here> <@U0BOB000000> <#C0CLOUD0000|cloud>',
    });
    const [safe, live] = slack.state.messages(channel);
    expect(safe?.live).toEqual({ users: [], groups: [], channels: [], links: [] });
    expect(live?.live).toMatchObject({ users: ['U0BOB000000'], groups: ['here'], channels: ['C0CLOUD0000'] });
  });
});

describe('rate limits as Slack has them', () => {
  test('beyond the tier the answer is 429 with Retry-After, and the wait is enough', async () => {
    const clock = startClock();
    const { slack, client } = await startWorkspace({ rateLimits: 'slack', now: clock.now });
    const channel = channelId(slack, 'cloud');
    for (let index = 0; index < 4; index += 1) await client.chat.postMessage({ channel, text: 'x' });
    const response = await fetch(`${slack.apiUrl}chat.postMessage`, {
      method: 'POST',
      body: new URLSearchParams({ token: BOT_TOKEN, channel, text: 'x' }),
    });
    const wait = Number(response.headers.get('retry-after'));
    expect([response.status, wait]).toEqual([429, 4]);
    expect(slack.calls.at(-1)).toMatchObject({ status: 429, error: 'ratelimited' });
    clock.advance(wait * 1000);
    expect(await client.chat.postMessage({ channel, text: 'x' })).toMatchObject({ ok: true });
    for (let index = 0; index < 20; index += 1) await client.users.list({});
    await expect(client.users.list({})).rejects.toMatchObject({ retryAfter: 60 });
  });
});
