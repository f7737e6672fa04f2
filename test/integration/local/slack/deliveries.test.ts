import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { channelId, type Received, SIGNING_SECRET, startWorkspace } from './workspace.ts';

/** Independent of the stand-in's own signing: written from Slack's description. */
function verify({ headers, body }: Received): boolean {
  const timestamp = String(headers['x-slack-request-timestamp']);
  const age = Math.abs(Date.now() / 1000 - Number(timestamp));
  const hmac = createHmac('sha256', SIGNING_SECRET);
  hmac.update(['v0', timestamp, body].join(':'), 'utf8');
  return age < 300 && headers['x-slack-signature'] === `v0=${hmac.digest('hex')}`;
}

describe('deliveries', () => {
  test('a mention arrives signed, as app_mention and then as message, in a real envelope', async () => {
    const { slack, app } = await startWorkspace();
    const { ts } = await slack.postAs('alice', '#cloud', '@Cloud Engineer is <b> & c fine?');
    expect(app.received.map(verify)).toEqual([true, true]);
    const [mention, message] = app.events();
    const common = {
      channel: channelId(slack, 'cloud'),
      user: 'U0ALICE00000',
      team: 'T0THREADCORE',
      ts,
      text: '<@U0CLOUDENG00> is &lt;b&gt; &amp; c fine?',
      client_msg_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      blocks: [{ type: 'rich_text' }],
    };
    expect(mention).toMatchObject({
      type: 'event_callback',
      team_id: 'T0THREADCORE',
      api_app_id: 'A0CLOUDENG00',
      event_id: expect.stringMatching(/^Ev[A-Z0-9]{8,}$/),
      is_ext_shared_channel: false,
      authorizations: [{ team_id: 'T0THREADCORE', user_id: 'U0CLOUDENG00', is_bot: true }],
      event: { ...common, type: 'app_mention' },
    });
    expect(message?.event).toMatchObject({ ...common, type: 'message', channel_type: 'channel' });
    expect(mention?.event_id).not.toBe(message?.event_id);
  });

  test('a direct message arrives once, and the bot hears its own messages under its bot_id', async () => {
    const { slack, app, client } = await startWorkspace();
    const { ts } = await slack.postAs('bob', 'dm', 'hello');
    const channel = String(app.events()[0]?.event.channel);
    await client.chat.postMessage({ channel, thread_ts: ts, text: 'hi' });
    await slack.deliveries.idle();
    expect(app.events().map(({ event }) => event)).toMatchObject([
      { type: 'message', channel_type: 'im', user: 'U0BOB0000000' },
      {
        type: 'message',
        channel_type: 'im',
        bot_id: 'B0CLOUDENG00',
        thread_ts: ts,
        parent_user_id: 'U0BOB0000000',
      },
    ]);
  });

  test('edits, deletions and files are told, and a channel without the bot is silent', async () => {
    const { slack, app } = await startWorkspace();
    const files = [{ name: 'notes.txt', content: 'abc' }];
    const { ts } = await slack.postAs('alice', '#cloud', 'look', { files });
    await slack.people.edit('alice', '#cloud', ts, 'look again');
    await slack.people.remove('alice', '#cloud', ts);
    await slack.postAs('alice', '#random', '@Cloud Engineer psst');
    expect(app.events().map(({ event }) => event)).toMatchObject([
      { type: 'file_shared', channel_id: channelId(slack, 'cloud') },
      { subtype: 'file_share', files: [{ name: 'notes.txt', size: 3, mimetype: 'text/plain' }] },
      { subtype: 'message_changed', message: { text: 'look again' }, previous_message: { text: 'look' } },
      { subtype: 'message_deleted', deleted_ts: ts },
    ]);
    expect(app.received).toHaveLength(4);
    const random = slack.state.messages(channelId(slack, 'random'));
    expect(random.at(-1)).toMatchObject({
      ephemeralFor: 'U0ALICE00000',
      text: expect.stringContaining('/invite'),
    });
    await slack.people.invite('alice', '#random');
    await slack.postAs('alice', '#random', '@Cloud Engineer psst');
    expect(
      app
        .events()
        .slice(4)
        .map(({ event }) => event.type),
    ).toEqual(['member_joined_channel', 'app_mention', 'message']);
  });

  test('a shared file is only served to the bot token', async () => {
    const { slack, app } = await startWorkspace();
    await slack.postAs('alice', '#cloud', 'look', { files: [{ name: 'a b.txt', content: 'abc' }] });
    const files = app.events()[1]?.event.files as { url_private: string }[] | undefined;
    const url = files?.[0]?.url_private ?? '';
    const open = await fetch(url);
    expect(open.headers.get('content-type')).toContain('text/html');
    const withToken = await fetch(url, { headers: { authorization: 'Bearer xoxb-test-token' } });
    expect(await withToken.text()).toBe('abc');
  });

  test('a shared channel is marked and the outsider keeps the own team', async () => {
    const { slack, app } = await startWorkspace();
    await slack.postAs('external', '#partners', '@Cloud Engineer hello');
    expect(app.events()[0]).toMatchObject({
      is_ext_shared_channel: true,
      team_id: 'T0THREADCORE',
      event: { user: 'U0EXTERNAL00', team: 'T0OUTSIDE000', user_team: 'T0OUTSIDE000' },
    });
    await expect(slack.postAs('external', '#cloud', 'hi')).rejects.toThrow(
      'external can write in #partners, dm',
    );
  });

  test('an error is retried under the same event id until the app is content', async () => {
    const { slack, app } = await startWorkspace({ retryDelaysMs: [0, 1, 2] }, (_received, count) =>
      count <= 2 ? 500 : 200,
    );
    await slack.postAs('alice', 'dm', 'hello');
    await slack.deliveries.idle();
    expect(new Set(app.events().map((event) => event.event_id)).size).toBe(1);
    expect(app.received.map(verify)).toEqual([true, true, true]);
    expect(app.received.map(({ headers }) => headers['x-slack-retry-num'])).toEqual([undefined, '1', '2']);
    expect(app.received.map(({ headers }) => headers['x-slack-retry-reason'])).toEqual([
      undefined,
      'http_error',
      'http_error',
    ]);
    expect(slack.deliveries.records.map((record) => record.outcome)).toEqual([500, 500, 200]);
  });

  test('silence is retried as a time-out, and Slack gives up after three retries', async () => {
    const { slack, app } = await startWorkspace(
      { retryDelaysMs: [0, 1, 2], ackTimeoutMs: 40 },
      () => undefined,
    );
    await slack.postAs('alice', 'dm', 'hello');
    await slack.deliveries.idle();
    expect(app.received.map(({ headers }) => headers['x-slack-retry-reason'])).toEqual([
      undefined,
      'http_timeout',
      'http_timeout',
      'http_timeout',
    ]);
  });

  test('an app that is not there is recorded as a failed connection', async () => {
    const { slack } = await startWorkspace({
      eventsUrl: 'http://127.0.0.1:1/slack/events',
      retryDelaysMs: [],
    });
    await slack.postAs('alice', 'dm', 'hello');
    expect(slack.deliveries.records).toMatchObject([{ outcome: 'connection_failed', attempt: 0 }]);
  });

  test('planned faults duplicate, drop, or retry an event that was acknowledged', async () => {
    const { slack, app } = await startWorkspace({ retryDelaysMs: [0] });
    slack.faults.add({ kind: 'duplicate_event', event: 'message' });
    await slack.postAs('alice', 'dm', 'twice');
    await slack.deliveries.idle();
    slack.faults.add({ kind: 'drop_event' });
    await slack.postAs('alice', 'dm', 'never');
    slack.faults.add({ kind: 'lose_ack' });
    await slack.postAs('alice', 'dm', 'again');
    await slack.deliveries.idle();
    const seen = app.events().map((event) => event.event.text);
    expect(seen).toEqual(['twice', 'twice', 'again', 'again']);
    expect(app.received[3]?.headers['x-slack-retry-num']).toBe('1');
    expect(slack.faults.list()).toEqual([]);
  });

  test('closing ends the waiting retries', async () => {
    const { slack, app } = await startWorkspace({ retryDelaysMs: [600_000] }, () => 500);
    await slack.postAs('alice', 'dm', 'hello');
    await slack.close();
    await slack.deliveries.idle();
    expect(app.received).toHaveLength(1);
  });
});

describe('interactions', () => {
  test('a click arrives signed with the message, its container and a response URL that works five times', async () => {
    const { slack, app, client } = await startWorkspace();
    const channel = channelId(slack, 'cloud');
    const { ts: thread_ts } = await slack.postAs('alice', '#cloud', 'root');
    const { ts = '' } = await client.chat.postMessage({
      channel,
      thread_ts,
      text: 'failed',
      blocks: [
        {
          type: 'actions',
          block_id: 'turn',
          elements: [
            {
              type: 'button',
              action_id: 'retry',
              value: 'turn-1',
              text: { type: 'plain_text', text: 'Retry' },
            },
          ],
        },
      ],
    });
    await slack.deliveries.idle();
    expect(await slack.interactions.click({ user: 'alice', channel: '#cloud', ts })).toEqual({ status: 200 });
    const received = app.received.at(-1);
    if (received === undefined) throw new Error('nothing arrived');
    expect(verify(received)).toBe(true);
    const payload = JSON.parse(new URLSearchParams(received.body).get('payload') ?? '') as Record<
      string,
      unknown
    >;
    expect(payload).toMatchObject({
      type: 'block_actions',
      user: { id: 'U0ALICE00000', team_id: 'T0THREADCORE' },
      container: { message_ts: ts, channel_id: channel, thread_ts },
      message: { ts, thread_ts },
      actions: [{ action_id: 'retry', block_id: 'turn', value: 'turn-1', type: 'button' }],
    });
    const respond = (body: object) =>
      fetch(String(payload.response_url), { method: 'POST', body: JSON.stringify(body) });
    expect((await respond({ replace_original: true, text: 'running again' })).status).toBe(200);
    expect(slack.thread('#cloud', thread_ts).at(-1)?.text).toBe('running again');
    const statuses: number[] = [];
    for (let use = 2; use <= 6; use += 1) statuses.push((await respond({ text: `note ${use}` })).status);
    expect(statuses).toEqual([200, 200, 200, 200, 404]);
    const notes = slack.state.messages(channel).filter((message) => message.ephemeralFor === 'U0ALICE00000');
    expect(notes).toHaveLength(4);
  });

  test('a slash command carries its words and shows the immediate answer to its user only', async () => {
    const { slack, app } = await startWorkspace({}, () => JSON.stringify({ text: 'two sessions' }));
    await slack.interactions.command({ user: 'bob', channel: '#cloud', command: '/agent', text: 'sessions' });
    const form = Object.fromEntries(new URLSearchParams(app.received[0]?.body));
    expect(form).toMatchObject({
      command: '/agent',
      text: 'sessions',
      user_id: 'U0BOB0000000',
      channel_name: 'cloud',
      team_id: 'T0THREADCORE',
    });
    expect(slack.state.messages(channelId(slack, 'cloud'))).toMatchObject([
      { text: 'two sessions', ephemeralFor: 'U0BOB0000000' },
    ]);
  });

  test('a command that fails says so', async () => {
    const { slack } = await startWorkspace({}, () => 500);
    const answer = await slack.interactions.command({
      user: 'bob',
      channel: 'dm',
      command: '/agent',
      text: '',
    });
    expect(answer).toEqual({ status: 500 });
    const direct = slack.state.channels.find((channel) => channel.kind === 'im' && channel.name === 'bob');
    expect(slack.state.messages(direct?.id ?? '')[0]?.text).toBe(
      '/agent failed with the error "dispatch_failed"',
    );
  });

  test('a trigger opens one view', async () => {
    const { slack, app, client } = await startWorkspace();
    await slack.interactions.command({ user: 'bob', channel: '#cloud', command: '/agent', text: '' });
    const trigger_id = new URLSearchParams(app.received[0]?.body).get('trigger_id') ?? '';
    const view = {
      type: 'modal' as const,
      title: { type: 'plain_text' as const, text: 'Sessions' },
      blocks: [],
    };
    expect(await client.views.open({ trigger_id, view })).toMatchObject({ ok: true });
    await expect(client.views.open({ trigger_id, view })).rejects.toMatchObject({
      data: { error: 'exchanged_trigger_id' },
    });
    expect(slack.state.modals.get('U0BOB0000000')).toHaveLength(1);
  });
});
