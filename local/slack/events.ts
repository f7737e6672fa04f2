import type { Deliveries } from './deliveries.ts';
import type { Channel, Message, SharedFile } from './model.ts';
import type { Presenter } from './present.ts';
import { presentView } from './present-view.ts';
import { APP, TEAM } from './seed.ts';
import type { State } from './state.ts';

export const VERIFICATION_TOKEN = 'stand-in-verification-token';

/** Tells the app what happened in the conversations that it is a member of. Resolve when first attempts are over. */
export interface Events {
  posted(message: Message): Promise<void>;
  edited(message: Message, previous: Record<string, unknown>): Promise<void>;
  removed(message: Message): Promise<void>;
  reacted(message: Message, name: string, userId: string, added: boolean): Promise<void>;
  fileShared(file: SharedFile, message: Message): Promise<void>;
  homeOpened(userId: string): Promise<void>;
  joined(channel: Channel): Promise<void>;
  /** A person pressed Stop in a thread. */
  sessionStopped(thread: {
    channel: string;
    threadTs: string;
    user: string;
    streams: readonly string[];
  }): Promise<void>;
}

export function createEvents(deps: {
  state: State;
  deliveries: Deliveries;
  presenter: Presenter;
  /** The events that the app subscribed to, as in the manifest. */
  subscribed: readonly string[] | 'all';
  now: () => number;
}): Events {
  const { state, deliveries, presenter, subscribed, now } = deps;

  /** Messages are subscribed to by the kind of conversation; everything else by its type. */
  function wanted(type: string, channel: Channel | undefined): boolean {
    if (subscribed === 'all') return true;
    const kind = channel?.kind === 'im' || channel?.kind === 'mpim' ? channel.kind : `${channel?.kind}s`;
    return subscribed.includes(type === 'message' ? `message.${kind}` : type);
  }

  async function send(
    event: { readonly type: string } & Record<string, unknown>,
    channel?: Channel,
  ): Promise<void> {
    if (channel !== undefined && !channel.members.has(APP.botUserId)) return;
    if (!wanted(event.type, channel)) return;
    const eventId = state.nextId('Ev');
    await deliveries.sendEvent(
      {
        token: VERIFICATION_TOKEN,
        team_id: TEAM.id,
        context_team_id: TEAM.id,
        context_enterprise_id: null,
        api_app_id: APP.id,
        event,
        type: 'event_callback',
        event_id: eventId,
        event_time: Math.floor(now() / 1000),
        authorizations: [
          {
            enterprise_id: null,
            team_id: TEAM.id,
            user_id: APP.botUserId,
            is_bot: true,
            is_enterprise_install: false,
          },
        ],
        is_ext_shared_channel: channel?.isExternallyShared ?? false,
        event_context: `4-${Buffer.from(`${event.type}.${eventId}`).toString('base64url')}`,
      },
      event.type,
    );
  }

  function channelOf(message: Message): Channel {
    const channel = state.channel(message.channel);
    if (channel === undefined)
      throw new Error(`Message ${message.ts} is in no known channel ${message.channel}`);
    return channel;
  }

  function bodyOf(message: Message): Record<string, unknown> {
    const {
      type: _type,
      team,
      reactions: _reactions,
      ...shown
    } = presenter.message(message, { metadata: true });
    const outside = state.user(message.user)?.isStranger === true;
    return {
      ...shown,
      team,
      channel: message.channel,
      event_ts: message.ts,
      ...(outside ? { user_team: team, source_team: team } : {}),
    };
  }

  return {
    async posted(message) {
      const channel = channelOf(message);
      const body = bodyOf(message);
      const mentioned = message.botId === undefined && message.live.users.includes(APP.botUserId);
      if (mentioned && channel.kind !== 'im') {
        const { subtype: _subtype, ...rest } = body;
        await send({ ...rest, type: 'app_mention' }, channel);
      }
      await send({ ...body, type: 'message', channel_type: channel.kind }, channel);
    },
    async edited(message, previous) {
      const channel = channelOf(message);
      const ts = state.nextTs();
      await send(
        {
          type: 'message',
          subtype: 'message_changed',
          hidden: true,
          message: presenter.message(message, { metadata: true }),
          previous_message: previous,
          channel: channel.id,
          ts,
          event_ts: ts,
          channel_type: channel.kind,
        },
        channel,
      );
    },
    async removed(message) {
      const channel = channelOf(message);
      const ts = state.nextTs();
      await send(
        {
          type: 'message',
          subtype: 'message_deleted',
          hidden: true,
          deleted_ts: message.ts,
          previous_message: presenter.message(message),
          channel: channel.id,
          ts,
          event_ts: ts,
          channel_type: channel.kind,
        },
        channel,
      );
    },
    async reacted(message, name, userId, added) {
      await send(
        {
          type: added ? 'reaction_added' : 'reaction_removed',
          user: userId,
          reaction: name,
          item: { type: 'message', channel: message.channel, ts: message.ts },
          item_user: message.user,
          event_ts: state.nextTs(),
        },
        channelOf(message),
      );
    },
    async fileShared(file, message) {
      await send(
        {
          type: 'file_shared',
          file_id: file.id,
          user_id: file.userId,
          file: { id: file.id },
          channel_id: message.channel,
          event_ts: state.nextTs(),
        },
        channelOf(message),
      );
    },
    async homeOpened(userId) {
      const direct = state.channels.find((channel) => channel.kind === 'im' && channel.members.has(userId));
      const home = state.homes.get(userId);
      await send({
        type: 'app_home_opened',
        user: userId,
        channel: direct?.id,
        tab: 'home',
        ...(home === undefined ? {} : { view: presentView(home) }),
        event_ts: state.nextTs(),
      });
    },
    async joined(channel) {
      await send(
        {
          type: 'member_joined_channel',
          user: APP.botUserId,
          channel: channel.id,
          channel_type: channel.kind === 'group' ? 'G' : 'C',
          team: TEAM.id,
          event_ts: state.nextTs(),
        },
        channel,
      );
    },
    async sessionStopped({ channel: id, threadTs, user, streams }) {
      await send(
        {
          type: 'agent_session_stopped',
          channel: id,
          thread_ts: threadTs,
          streaming_message_ts: streams,
          user,
          event_ts: state.nextTs(),
        },
        state.channel(id),
      );
    },
  };
}
