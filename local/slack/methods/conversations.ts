import { z } from 'zod';
import { isRefusal } from '../content-rules.ts';
import { type Answer, type Channel, type Message, type Refusal, refuse } from '../model.ts';
import type { Presenter } from '../present.ts';
import { APP } from '../seed.ts';
import type { State } from '../state.ts';
import { flag, type Method, method, optionalText, text, wholeNumber } from './method.ts';

const page = { limit: wholeNumber, cursor: optionalText };
const period = { oldest: optionalText, latest: optionalText, inclusive: flag, include_all_metadata: flag };
const MAX_PAGE = 999;
const MOST_IN_GROUP = 8;

/** A page of `items`; cursors are opaque to the app. */
function paginate<Item>(
  items: readonly Item[],
  args: { limit?: number | undefined; cursor?: string | undefined },
  standard: number,
) {
  const limit = args.limit === undefined || args.limit <= 0 ? standard : Math.min(args.limit, MAX_PAGE);
  const start = args.cursor ? Number(Buffer.from(args.cursor, 'base64').toString().replace('next:', '')) : 0;
  if (!Number.isInteger(start) || start < 0 || start > items.length) return undefined;
  const hasMore = start + limit < items.length;
  return {
    items: items.slice(start, start + limit),
    hasMore,
    cursor: hasMore ? Buffer.from(`next:${start + limit}`).toString('base64') : '',
  };
}

function within(
  ts: string,
  args: { oldest?: string | undefined; latest?: string | undefined; inclusive?: boolean | undefined },
) {
  const at = Number(ts);
  const oldest = args.oldest === undefined ? Number.NEGATIVE_INFINITY : Number(args.oldest);
  const latest =
    args.latest === undefined || args.latest === '' ? Number.POSITIVE_INFINITY : Number(args.latest);
  return args.inclusive === true ? at >= oldest && at <= latest : at > oldest && at < latest;
}

/** `conversations.*`, as far as a bot token may read. */
export function conversationMethods(state: State, presenter: Presenter): Record<string, Method> {
  function readable(id: string): Channel | Refusal {
    const channel = state.channel(id);
    const member = channel?.members.has(APP.botUserId) === true;
    if (channel === undefined || (!member && channel.kind !== 'channel')) return refuse('channel_not_found');
    return member ? channel : refuse('not_in_channel');
  }

  /** The direct message of these people and the bot, made when there is none. */
  function openGroup(ids: readonly string[]): Answer {
    const users = ids.map((id) => state.user(id));
    if (users.length > MOST_IN_GROUP) return refuse('too_many_users');
    if (users.some((user) => user === undefined)) return refuse('user_not_found');
    const members = new Set([...ids, APP.botUserId]);
    const known = state.channels.find(
      (channel) =>
        channel.kind === 'mpim' &&
        channel.members.size === members.size &&
        [...members].every((id) => channel.members.has(id)),
    );
    const names = users.map((user) => user?.name).join('--');
    const channel: Channel = known ?? {
      id: state.nextId('G'),
      name: `mpdm-${names}--cloud-engineer-1`,
      kind: 'mpim',
      isExternallyShared: users.some((user) => user?.isStranger === true),
      members,
    };
    if (known === undefined) state.addChannel(channel);
    return { ok: true, already_open: known !== undefined, channel: presenter.channel(channel) };
  }

  function pageOf(
    messages: readonly Message[],
    args: z.output<typeof historySchema>,
    standard: number,
  ): Answer {
    const found = paginate(messages, args, standard);
    if (found === undefined) return refuse('invalid_cursor');
    return {
      ok: true,
      messages: found.items.map((message) =>
        presenter.message(message, { metadata: args.include_all_metadata === true }),
      ),
      has_more: found.hasMore,
      response_metadata: { next_cursor: found.cursor },
    };
  }

  const historySchema = z.object({ channel: text, ...page, ...period });
  const listSchema = z.object({ types: z.string().default('public_channel'), ...page });

  return {
    'conversations.history': method(historySchema, (args) => {
      const channel = readable(args.channel);
      if (isRefusal(channel)) return channel;
      const messages = state
        .messages(channel.id)
        .filter(
          (message) =>
            message.ephemeralFor === undefined && message.threadTs === undefined && within(message.ts, args),
        );
      return pageOf([...messages].reverse(), args, 100);
    }),
    'conversations.replies': method(historySchema.extend({ ts: text }), (args) => {
      const channel = readable(args.channel);
      if (isRefusal(channel)) return channel;
      const [root, ...replies] = state.thread(channel.id, args.ts);
      if (root === undefined) return refuse('thread_not_found');
      // The root is part of every page that starts at the beginning, whatever the period.
      return pageOf([root, ...replies.filter((message) => within(message.ts, args))], args, MAX_PAGE);
    }),
    'conversations.info': method(z.object({ channel: text }), ({ channel: id }) => {
      const channel = state.channel(id);
      const unseen = channel?.kind !== 'channel' && channel?.members.has(APP.botUserId) !== true;
      if (channel === undefined || unseen) return refuse('channel_not_found');
      return { ok: true, channel: presenter.channel(channel) };
    }),
    'conversations.members': method(z.object({ channel: text, ...page }), (args) => {
      const channel = state.channel(args.channel);
      const unseen = channel?.kind !== 'channel' && channel?.members.has(APP.botUserId) !== true;
      if (channel === undefined || unseen) return refuse('channel_not_found');
      const found = paginate([...channel.members], args, 100);
      if (found === undefined) return refuse('invalid_cursor');
      return {
        ok: true,
        members: found.items,
        response_metadata: { next_cursor: found.cursor },
      };
    }),
    'conversations.list': method(listSchema, (args) => {
      const types = new Set(args.types.split(',').map((type) => type.trim()));
      const wanted = { channel: 'public_channel', group: 'private_channel', im: 'im', mpim: 'mpim' };
      const channels = state.channels.filter(
        (channel) =>
          types.has(wanted[channel.kind]) &&
          (channel.kind === 'channel' || channel.members.has(APP.botUserId)),
      );
      const found = paginate(channels, args, 100);
      if (found === undefined) return refuse('invalid_cursor');
      return {
        ok: true,
        channels: found.items.map(presenter.channel),
        response_metadata: { next_cursor: found.cursor },
      };
    }),
    'conversations.open': method(z.object({ users: text.optional(), channel: text.optional() }), (args) => {
      const users = args.users?.split(',').map((user) => user.trim()) ?? [];
      if (args.channel === undefined && users.length === 0) return refuse('users_list_not_supplied');
      if (users.length > 1) return openGroup(users);
      const channel = state.channels.find((candidate) =>
        args.channel === undefined
          ? candidate.kind === 'im' && candidate.members.has(users[0] ?? '')
          : (candidate.kind === 'im' || candidate.kind === 'mpim') && candidate.id === args.channel,
      );
      if (channel === undefined)
        return refuse(args.channel === undefined ? 'user_not_found' : 'channel_not_found');
      return { ok: true, no_op: true, already_open: true, channel: presenter.channel(channel) };
    }),
  };
}
