import type { WebClient } from '@slack/web-api';

/** The same place in both workspaces: a public channel with a root message in it, a person, and Slack's own client. */
export interface World {
  readonly client: WebClient;
  readonly channel: string;
  readonly person: string;
  readonly root: string;
}

/** Runs calls and returns what an app would rely on. Refusals reject, as the client makes them. */
export type Scenario = (world: World) => Promise<unknown>;

const text = (value: string) => ({ type: 'plain_text' as const, text: value });
const section = [{ type: 'section' as const, text: text('in a block') }];
const UNKNOWN_TS = '1.000001';

async function post({ client, channel }: World, more: object = {}): Promise<string> {
  const { ts } = await client.chat.postMessage({ channel, text: 'first', ...more });
  return ts ?? '';
}

/** What an app sees of a message that it reads back. */
async function readBack({ client, channel, root }: World, ts: string) {
  const { messages } = await client.conversations.replies({ channel, ts: root, include_all_metadata: true });
  const found = messages?.find((message) => message.ts === ts);
  return { text: found?.text, thread: found?.thread_ts === root, metadata: found?.metadata };
}

/** Each by what it shows. Where both accept, both must return the same. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'auth.test': async ({ client }) => {
    const { ok, team_id, user_id } = await client.auth.test();
    return { ok, team: typeof team_id, user: typeof user_id };
  },
  'team.info': async ({ client }) => (await client.team.info()).ok,
  'users.info': async ({ client, person }) => {
    const { user } = await client.users.info({ user: person });
    return { same: user?.id === person, name: user?.name, bot: user?.is_bot };
  },
  'users.info of nobody': async ({ client }) => client.users.info({ user: 'U0NOBODY000' }),
  'users.list': async ({ client, person }) =>
    (await client.users.list({})).members?.some((user) => user.id === person),
  'conversations.list': async ({ client, channel }) =>
    (await client.conversations.list({ types: 'public_channel' })).channels?.some(
      (item) => item.id === channel && item.is_channel === true && item.is_private === false,
    ),
  'conversations.info': async ({ client, channel }) => {
    const info = await client.conversations.info({ channel });
    return { same: info.channel?.id === channel, member: info.channel?.is_member };
  },
  'conversations.info of an unknown channel': async ({ client }) =>
    client.conversations.info({ channel: 'C0NOWHERE00' }),
  'conversations.members': async ({ client, channel, person }) =>
    (await client.conversations.members({ channel })).members?.includes(person),
  'conversations.open of a direct message': async ({ client, person }) =>
    (await client.conversations.open({ users: person })).channel?.id?.startsWith('D'),
  'conversations.open of nobody': async ({ client }) => client.conversations.open({ users: 'U0NOBODY000' }),
  'chat.postMessage in a channel': async ({ client, channel }) => {
    const { ts, message } = await client.chat.postMessage({ channel, text: 'hello' });
    return { same: message?.ts === ts, text: message?.text };
  },
  'chat.postMessage in a thread, with metadata': async (world) => {
    const metadata = { event_type: 'part', event_payload: { turn: 't1' } };
    return readBack(world, await post(world, { thread_ts: world.root, metadata }));
  },
  'chat.postMessage with blocks': async (world) => {
    const { message } = await world.client.chat.postMessage({
      channel: world.channel,
      text: 'fallback',
      blocks: section,
    });
    return { text: message?.text, types: message?.blocks?.map((block) => block.type) };
  },
  'chat.postMessage to an unknown channel': async (world) => post(world, { channel: 'C0NOWHERE00' }),
  'chat.postMessage without content': async (world) => post(world, { text: '' }),
  'chat.postMessage to a person': async (world) => (await post(world, { channel: world.person })) !== '',
  'chat.postMessage of 40,000 characters': async (world) =>
    (await post(world, { text: 'x'.repeat(40_000) })) !== '',
  'chat.postMessage of 40,001 characters': async (world) =>
    (await post(world, { text: 'x'.repeat(40_001) })) !== '',
  'chat.postMessage of 51 blocks': async (world) =>
    (await post(world, { blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })) })) !== '',
  'chat.postMessage of an unknown block': async (world) =>
    (await post(world, { blocks: [{ type: 'shout' }] })) !== '',
  'chat.postMessage in an unknown thread': async (world) =>
    (await post(world, { thread_ts: UNKNOWN_TS })) !== '',
  'chat.update': async (world) => {
    const ts = await post(world, { thread_ts: world.root });
    await world.client.chat.update({ channel: world.channel, ts, text: 'second' });
    return readBack(world, ts);
  },
  'chat.update of an unknown message': async ({ client, channel }) =>
    client.chat.update({ channel, ts: UNKNOWN_TS, text: 'x' }),
  'chat.update of 4,001 characters': async (world) => {
    const ts = await post(world);
    const { ok } = await world.client.chat.update({
      channel: world.channel,
      ts,
      text: 'x'.repeat(4001),
    });
    return ok;
  },
  'chat.delete': async (world) => {
    const ts = await post(world, { thread_ts: world.root });
    await world.client.chat.delete({ channel: world.channel, ts });
    return readBack(world, ts);
  },
  'chat.delete of an unknown message': async ({ client, channel }) =>
    client.chat.delete({ channel, ts: UNKNOWN_TS }),
  'chat.postEphemeral': async ({ client, channel, person }) =>
    typeof (await client.chat.postEphemeral({ channel, user: person, text: 'only you' })).message_ts,
  'conversations.replies in pages': async (world) => {
    for (const name of ['r1', 'r2', 'r3']) await post(world, { thread_ts: world.root, text: name });
    const read = async (cursor?: string) =>
      world.client.conversations.replies({
        channel: world.channel,
        ts: world.root,
        limit: 2,
        ...(cursor ? { cursor } : {}),
      });
    const first = await read();
    const second = await read(first.response_metadata?.next_cursor);
    return [first, second].map((page) => page.messages?.map((message) => message.text));
  },
  'conversations.replies of an unknown thread': async ({ client, channel }) =>
    (await client.conversations.replies({ channel, ts: '2.000002' })).messages,
  'conversations.history, newest first': async (world) => {
    await post(world, { text: 'newest' });
    const { messages } = await world.client.conversations.history({ channel: world.channel, limit: 2 });
    return messages?.map((message) => message.text);
  },
  'a thread root counts its replies': async (world) => {
    await post(world, { thread_ts: world.root });
    const { messages } = await world.client.conversations.replies({
      channel: world.channel,
      ts: world.root,
    });
    return messages?.[0]?.reply_count;
  },
  'reactions.add and get': async ({ client, channel, root: timestamp }) => {
    await client.reactions.add({ channel, timestamp, name: 'eyes' });
    const { message } = await client.reactions.get({ channel, timestamp });
    return message?.reactions?.map(({ name, count }) => ({ name, count }));
  },
  'reactions.add twice': async ({ client, channel, root: timestamp }) => {
    await client.reactions.add({ channel, timestamp, name: 'eyes' });
    await client.reactions.add({ channel, timestamp, name: 'eyes' });
  },
  'reactions.remove of none': async ({ client, channel, root: timestamp }) =>
    client.reactions.remove({ channel, timestamp, name: 'eyes' }),
  'reactions.add to an unknown message': async ({ client, channel }) =>
    client.reactions.add({ channel, timestamp: UNKNOWN_TS, name: 'eyes' }),
  'files uploaded into a thread': async (world) => {
    await world.client.filesUploadV2({
      channel_id: world.channel,
      thread_ts: world.root,
      content: 'id,state\n',
      filename: 'a.csv',
      title: 'A table',
      initial_comment: 'here',
    });
    const { messages } = await world.client.conversations.replies({
      channel: world.channel,
      ts: world.root,
    });
    const last = messages?.at(-1);
    return { text: last?.text, files: last?.files?.map(({ name, title }) => ({ name, title })) };
  },
  'files.info of an unknown file': async ({ client }) => client.files.info({ file: 'F0NOWHERE00' }),
  'views.publish': async ({ client, person }) => {
    const { view } = await client.views.publish({ user_id: person, view: { type: 'home', blocks: section } });
    return view?.type;
  },
  'views.publish again': async ({ client, person: user_id }) => {
    const view = { type: 'home' as const, blocks: section };
    const first = await client.views.publish({ user_id, view });
    const second = await client.views.publish({ user_id, view, hash: first.view?.hash ?? '' });
    return { sameView: first.view?.id === second.view?.id, sameHash: first.view?.hash === second.view?.hash };
  },
  'views.publish over what somebody else has published': async ({ client, person: user_id }) => {
    const view = { type: 'home' as const, blocks: section };
    await client.views.publish({ user_id, view });
    await client.views.publish({ user_id, view, hash: '1.old' });
  },
  'views.publish of a modal': async ({ client, person: user_id }) =>
    client.views.publish({ user_id, view: { type: 'modal', title: text('T'), blocks: section } as never }),
  'views.publish for nobody': async ({ client }) =>
    client.views.publish({ user_id: 'U0NOBODY000', view: { type: 'home', blocks: section } }),
  'views.update of an unknown view': async ({ client }) =>
    client.views.update({
      view_id: 'V0NOWHERE00',
      view: { type: 'modal', title: text('T'), blocks: section },
    }),
  'views.push with an unknown trigger': async ({ client }) =>
    client.views.push({ trigger_id: 'none', view: { type: 'modal', title: text('T'), blocks: section } }),
  'views.open with an unknown trigger': async ({ client }) =>
    client.views.open({ trigger_id: 'none', view: { type: 'modal', title: text('T'), blocks: section } }),
  'an unknown method': async ({ client }) => client.apiCall('chat.shout', {}),
};
