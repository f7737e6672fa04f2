import { randomUUID } from 'node:crypto';
import type { Events } from './events.ts';
import type { Files, PostedFile } from './files.ts';
import { escapeTyped, findLiveMentions } from './live-mentions.ts';
import type { Channel, Message, User } from './model.ts';
import type { Posting } from './posting.ts';
import { composerBlocks, type Presenter } from './present.ts';
import { isReactionName, toggleReaction } from './reactions.ts';
import { APP } from './seed.ts';
import type { State } from './state.ts';
import type { Streams } from './streams.ts';

export interface PostOptions {
  readonly threadTs?: string | undefined;
  readonly files?: readonly PostedFile[] | undefined;
}

/** What a person can do in the workspace. Users by id or handle, channels by id, `#name` or `dm`. */
export interface People {
  /** Resolves once the app has been offered the message for the first time. `@Cloud Engineer` becomes a mention. */
  post(user: string, channel: string, text: string, options?: PostOptions): Promise<{ ts: string }>;
  edit(user: string, channel: string, ts: string, text: string): Promise<void>;
  remove(user: string, channel: string, ts: string): Promise<void>;
  /** Presses the native Stop button of a thread. */
  stop(user: string, channel: string, threadTs: string): Promise<void>;
  /** Adds the bot to a channel. */
  invite(user: string, channel: string): Promise<void>;
  /** Opens the Home tab of the app. */
  openHome(user: string): Promise<void>;
  /** Adds a reaction, or takes the own one back. `name` without colons. */
  react(user: string, channel: string, ts: string, name: string): Promise<void>;
  /** By id or handle; an error that lists the people when there is none. Never the bot. */
  person(user: string): User;
  /** The user and a channel that the user can see, or an error that says what there is. */
  place(user: string, channel: string): { readonly user: User; readonly channel: Channel };
}

/** Slack turns the typed name of the bot into a mention. */
const TYPED_MENTION = /@cloud[ -]engineer\b/giu;

export function createPeople(deps: {
  state: State;
  events: Events;
  presenter: Presenter;
  posting: Posting;
  streams: Streams;
  files: Files;
}): People {
  const { state, events, presenter, posting, streams, files } = deps;

  function person(name: string): User {
    const user = state.findUser(name);
    if (user !== undefined && !user.isBot) return user;
    const names = state.users.flatMap((candidate) => (candidate.isBot ? [] : [candidate.name]));
    throw new Error(`No such person: ${name}. There are ${names.join(', ')}.`);
  }

  function place(userName: string, channelName: string): { user: User; channel: Channel } {
    const user = person(userName);
    const channel = state.findChannel(channelName, user);
    if (channel?.members.has(user.id) === true) return { user, channel };
    const seen = state.channels
      .filter((candidate) => candidate.members.has(user.id))
      .map((candidate) => (candidate.kind === 'im' ? 'dm' : `#${candidate.name}`));
    throw new Error(`${user.name} is not in ${channelName}. ${user.name} can write in ${seen.join(', ')}.`);
  }

  function own(userName: string, channelName: string, ts: string): Message {
    const { user, channel } = place(userName, channelName);
    const message = state.message(channel.id, ts);
    if (message?.user === user.id) return message;
    throw new Error(`${user.name} wrote no message ${ts} in ${channelName}`);
  }

  return {
    person,
    place,
    async post(userName, channelName, typed, options = {}) {
      const { user, channel } = place(userName, channelName);
      const { threadTs } = options;
      const root = threadTs === undefined ? undefined : state.message(channel.id, threadTs);
      if (threadTs !== undefined && (root === undefined || root.threadTs !== undefined)) {
        throw new Error(`There is no thread ${threadTs} in ${channelName}`);
      }
      const text = escapeTyped(typed.replaceAll(TYPED_MENTION, `<@${APP.botUserId}>`));
      const blocks = [{ ...composerBlocks(text)[0], type: 'rich_text', block_id: state.nextId('b') }];
      const message: Message = {
        channel: channel.id,
        ts: state.nextTs(),
        user: user.id,
        botId: undefined,
        threadTs,
        clientMsgId: randomUUID(),
        ephemeralFor: undefined,
        files: (options.files ?? []).map((file) => files.keep(file, user.id)),
        unfurl: { links: true, media: true },
        stream: undefined,
        text,
        blocks,
        metadata: undefined,
        edited: undefined,
        live: findLiveMentions(text, blocks),
        reactions: new Map(),
      };
      state.add(message);
      files.shared(message);
      if (message.live.users.includes(APP.botUserId) && !channel.members.has(APP.botUserId)) {
        const hint = `Cloud Engineer is not in this channel. To add it, write /invite @Cloud Engineer`;
        posting.addBotMessage({
          channel: channel.id,
          content: { text: hint, blocks: [] },
          ephemeralFor: user.id,
        });
      }
      await events.posted(message);
      return { ts: message.ts };
    },
    async edit(userName, channelName, ts, typed) {
      const message = own(userName, channelName, ts);
      const previous = presenter.message(message);
      message.text = escapeTyped(typed.replaceAll(TYPED_MENTION, `<@${APP.botUserId}>`));
      message.blocks = composerBlocks(message.text);
      message.live = findLiveMentions(message.text, message.blocks);
      message.edited = { user: message.user, ts: state.nextTs() };
      state.changed(message);
      await events.edited(message, previous);
    },
    async remove(userName, channelName, ts) {
      const message = own(userName, channelName, ts);
      state.remove(message);
      await events.removed(message);
    },
    async react(userName, channelName, ts, name) {
      const { user, channel } = place(userName, channelName);
      const message = state.message(channel.id, ts);
      if (message === undefined) throw new Error(`There is no message ${ts} in ${channelName}`);
      if (!isReactionName(name)) throw new Error(`${name} is no name of a reaction`);
      const added = toggleReaction(message, name, user.id);
      state.changed(message);
      await events.reacted(message, name, user.id, added);
    },
    async stop(userName, channelName, threadTs) {
      const { user, channel } = place(userName, channelName);
      const stopped = streams.stopByUser(channel.id, threadTs);
      await events.sessionStopped({ channel: channel.id, threadTs, user: user.id, streams: stopped });
    },
    async invite(userName, channelName) {
      const { channel } = place(userName, channelName);
      if (channel.members.has(APP.botUserId)) return;
      state.join(channel, APP.botUserId);
      await events.joined(channel);
    },
    openHome: (userName) => events.homeOpened(person(userName).id),
  };
}
