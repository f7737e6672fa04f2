import { expect, test } from 'vitest';
import { errorOf, startWorkspace } from './workspace.ts';

const ALICE = 'U0ALICE00000';

const blocks = [
  { type: 'section', text: { type: 'mrkdwn', text: 'Was it you?' } },
  {
    type: 'actions',
    elements: [
      {
        type: 'button',
        action_id: 'open',
        text: { type: 'plain_text', text: 'Link' },
        url: 'https://threadcore.example/link/start?ticket=1',
      },
      {
        type: 'button',
        action_id: 'yes',
        text: { type: 'plain_text', text: 'Yes' },
        style: 'primary',
        value: 'p1',
      },
    ],
  },
];

/** A private message in a thread of the direct message, and what a press of one of its buttons brought to the app. */
async function pressed(actionId: string) {
  const { slack, app, client } = await startWorkspace();
  const channel = slack.people.place('alice', 'dm').channel.id;
  const root = await slack.postAs('alice', 'dm', 'link');
  const { message_ts: ts = '' } = await client.chat.postEphemeral({
    channel,
    user: ALICE,
    thread_ts: root.ts,
    text: 'Was it you?',
    blocks,
  });
  await slack.interactions.click({ user: 'alice', channel: 'dm', ts, actionId });
  const body = app.received.at(-1)?.body ?? '';
  const payload = JSON.parse(new URLSearchParams(body).get('payload') ?? '{}') as Record<string, unknown>;
  const respond = (answer: object) =>
    fetch(String(payload.response_url), { method: 'POST', body: JSON.stringify(answer) });
  return { slack, client, channel, root, ts, payload, respond };
}

test('a button of a private message in a thread tells where it was pressed, without the message itself', async () => {
  const { channel, root, ts, payload } = await pressed('yes');
  expect(payload).toMatchObject({
    type: 'block_actions',
    user: { id: ALICE },
    container: {
      type: 'message',
      message_ts: ts,
      channel_id: channel,
      is_ephemeral: true,
      thread_ts: root.ts,
    },
    channel: { id: channel, name: 'directmessage' },
    actions: [{ action_id: 'yes', value: 'p1', style: 'primary' }],
  });
  expect(payload).not.toHaveProperty('message');
});

test('a button that leads somewhere is heard of, with its address', async () => {
  const { payload } = await pressed('open');
  expect(payload.actions).toMatchObject([
    { action_id: 'open', type: 'button', url: 'https://threadcore.example/link/start?ticket=1' },
  ]);
});

test('a private message changes by its response URL only, and goes only once', async () => {
  const { slack, client, channel, ts, respond } = await pressed('yes');
  expect(await errorOf(client.chat.update({ channel, ts, text: 'x' }))).toBe('message_not_found');
  expect(await errorOf(client.chat.delete({ channel, ts }))).toBe('message_not_found');
  expect((await respond({ replace_original: true, text: 'You are linked.' })).status).toBe(200);
  expect(slack.state.messages(channel).at(-1)).toMatchObject({
    ts,
    text: 'You are linked.',
    ephemeralFor: ALICE,
  });
  await respond({ delete_original: true });
  await respond({ delete_original: true });
  expect(slack.state.messages(channel).map(({ text }) => text)).toEqual(['link']);
});

test('nobody else sees a private message or presses its buttons', async () => {
  const { slack, client } = await startWorkspace();
  const channel = slack.people.place('alice', '#cloud').channel.id;
  const { message_ts: ts = '' } = await client.chat.postEphemeral({
    channel,
    user: ALICE,
    text: 'x',
    blocks,
  });
  const bobs = await fetch(`${slack.pageUrl}page/state?user=bob`);
  expect(await bobs.text()).not.toContain('Was it you?');
  const press = async () => slack.interactions.click({ user: 'bob', channel: '#cloud', ts, actionId: 'yes' });
  await expect(press()).rejects.toThrow('bob sees no message');
});

test('who a person is: guests of one or more channels, people of other workspaces, and addresses only with their scope', async () => {
  const { slack, client } = await startWorkspace();
  const about = async (user: string) => (await client.users.info({ user })).user;
  expect(await about(ALICE)).toMatchObject({
    team_id: 'T0THREADCORE',
    is_restricted: false,
    is_ultra_restricted: false,
    is_stranger: false,
    profile: { email: 'alice@example.com' },
  });
  expect(await about('U0GUEST00000')).toMatchObject({ is_restricted: true, is_ultra_restricted: false });
  expect(await about('U0SOLO000000')).toMatchObject({ is_restricted: true, is_ultra_restricted: true });
  const external = await about('U0EXTERNAL00');
  expect(external).toMatchObject({ team_id: 'T0OUTSIDE000', is_stranger: true });
  expect(external?.profile).not.toHaveProperty('email');
  expect(slack.calls.every(({ error }) => error === undefined)).toBe(true);

  const without = await startWorkspace({ scopes: ['users:read'] });
  const { user, response_metadata: meta } = await without.client.users.info({ user: ALICE });
  expect(user?.profile).not.toHaveProperty('email');
  expect(meta?.scopes).toEqual(['users:read']);
});
