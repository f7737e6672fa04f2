import { nameBlocks } from './block-ids.ts';
import {
  type Content,
  type ContentArguments,
  isRefusal,
  readContent,
  readMetadata,
  TEXT_LIMITS,
} from './content-rules.ts';
import type { Events } from './events.ts';
import { findLiveMentions } from './live-mentions.ts';
import {
  type Answer,
  type Channel,
  type Message,
  type Refusal,
  refuse,
  type SharedFile,
  type Stream,
} from './model.ts';
import type { Presenter } from './present.ts';
import { APP } from './seed.ts';
import { isStreaming, type State } from './state.ts';

export interface PostArguments extends ContentArguments {
  readonly channel: string;
  readonly thread_ts?: string | undefined;
  readonly metadata?: unknown;
  readonly unfurl_links?: boolean | undefined;
  readonly unfurl_media?: boolean | undefined;
}

export interface UpdateArguments extends ContentArguments {
  readonly channel: string;
  readonly ts: string;
  readonly metadata?: unknown;
}

export interface Posting {
  post(args: PostArguments): Answer;
  update(args: UpdateArguments): Answer;
  remove(args: { readonly channel: string; readonly ts: string }): Answer;
  postEphemeral(args: PostArguments & { readonly user: string }): Answer;
  /** The channel if the bot may write there, otherwise `channel_not_found` or `not_in_channel`. */
  writable(channelId: string): Channel | Refusal;
  /** Undefined when `threadTs` names a message that can be replied to. */
  checkThread(channelId: string, threadTs: string): Refusal | undefined;
  addBotMessage(draft: BotDraft): Message;
}

export interface BotDraft {
  readonly channel: string;
  readonly content: Content;
  readonly threadTs?: string | undefined;
  readonly metadata?: Message['metadata'];
  readonly ephemeralFor?: string | undefined;
  readonly unfurl?: Message['unfurl'];
  readonly stream?: Stream | undefined;
  readonly files?: readonly SharedFile[] | undefined;
}

export function createPosting(deps: {
  state: State;
  events: Events;
  presenter: Presenter;
  now: () => number;
  /** What `chat.update` does to a message that still streams: Slack refuses; `end` ends the stream and replaces it. */
  updateWhileStreaming: 'refuse' | 'end';
}): Posting {
  const { state, events, presenter, now, updateWhileStreaming } = deps;

  function addBotMessage(draft: BotDraft): Message {
    const blocks = nameBlocks(draft.content.blocks, state.nextId);
    const message: Message = {
      channel: draft.channel,
      ts: state.nextTs(),
      user: APP.botUserId,
      botId: APP.botId,
      threadTs: draft.threadTs,
      clientMsgId: undefined,
      ephemeralFor: draft.ephemeralFor,
      files: draft.files ?? [],
      unfurl: draft.unfurl ?? { links: false, media: true },
      stream: draft.stream,
      text: draft.content.text,
      blocks,
      metadata: draft.metadata,
      edited: undefined,
      live: findLiveMentions(draft.content.text, blocks),
      reactions: new Map(),
    };
    state.add(message);
    // A reply of the app clears the status line of the thread.
    if (draft.threadTs !== undefined && draft.ephemeralFor === undefined) {
      const thread = state.threadState(draft.channel, draft.threadTs);
      if (thread.status !== '') {
        thread.status = '';
        state.threadChanged(thread);
      }
    }
    return message;
  }

  function writable(channelId: string): Channel | Refusal {
    const channel =
      state.channel(channelId) ??
      // A user id stands for the direct message with that user.
      state.channels.find((candidate) => candidate.kind === 'im' && candidate.members.has(channelId)) ??
      state.channels.find((candidate) => candidate.kind !== 'im' && `#${candidate.name}` === channelId);
    // A private channel that the bot was not invited to does not exist for it.
    if (channel === undefined) return refuse('channel_not_found');
    if (channel.members.has(APP.botUserId)) return channel;
    return channel.kind === 'channel' ? refuse('not_in_channel') : refuse('channel_not_found');
  }

  function checkThread(channelId: string, threadTs: string): Refusal | undefined {
    if (!/^\d{1,12}\.\d{6}$/.test(threadTs)) return refuse('invalid_thread_ts');
    const root = state.message(channelId, threadTs);
    if (root === undefined) return refuse('thread_not_found');
    return root.threadTs === undefined ? undefined : refuse('cannot_reply_to_message');
  }

  function ownMessage(channelId: string, ts: string, notOwn: string): Message | Refusal {
    if (state.channel(channelId) === undefined) return refuse('channel_not_found');
    const message = state.message(channelId, ts);
    if (message === undefined) return refuse('message_not_found');
    return message.user === APP.botUserId ? message : refuse(notOwn);
  }

  return {
    writable,
    checkThread,
    addBotMessage,
    post(args) {
      const channel = writable(args.channel);
      if (isRefusal(channel)) return channel;
      const content = readContent(args, TEXT_LIMITS.postText);
      if (isRefusal(content)) return content;
      const metadata = readMetadata(args.metadata);
      if (isRefusal(metadata)) return metadata;
      const refusal = args.thread_ts === undefined ? undefined : checkThread(channel.id, args.thread_ts);
      if (refusal !== undefined) return refusal;
      const message = addBotMessage({
        channel: channel.id,
        content,
        threadTs: args.thread_ts,
        metadata: metadata.metadata ?? undefined,
        unfurl: { links: args.unfurl_links ?? false, media: args.unfurl_media ?? true },
      });
      void events.posted(message);
      return {
        ok: true,
        channel: channel.id,
        ts: message.ts,
        message: presenter.message(message, { metadata: true }),
      };
    },
    update(args) {
      const message = ownMessage(args.channel, args.ts, 'cant_update_message');
      if (isRefusal(message)) return message;
      const { stream } = message;
      if (isStreaming(stream, now())) {
        if (updateWhileStreaming === 'refuse') return refuse('streaming_state_conflict');
        stream.ended = 'finished';
      }
      const metadata = readMetadata(args.metadata);
      if (isRefusal(metadata)) return metadata;
      const removesBlocks = Array.isArray(args.blocks) && args.blocks.length === 0 && args.text === undefined;
      const content = removesBlocks
        ? { text: message.text, blocks: [] }
        : readContent(args, TEXT_LIMITS.updateText);
      if (isRefusal(content)) return content;
      const previous = presenter.message(message, { metadata: true });
      message.text = content.text;
      message.blocks = nameBlocks(content.blocks, state.nextId);
      message.live = findLiveMentions(message.text, message.blocks);
      if (metadata.metadata !== undefined) message.metadata = metadata.metadata ?? undefined;
      if (args.text !== undefined && args.blocks === undefined) {
        message.edited = { user: APP.botUserId, ts: state.nextTs() };
      }
      state.changed(message);
      void events.edited(message, previous);
      return {
        ok: true,
        channel: message.channel,
        ts: message.ts,
        text: message.text,
        message: presenter.message(message, { metadata: true }),
      };
    },
    remove(args) {
      const message = ownMessage(args.channel, args.ts, 'cant_delete_message');
      if (isRefusal(message)) return message;
      if (isStreaming(message.stream, now())) return refuse('cant_delete_message');
      state.remove(message);
      void events.removed(message);
      return { ok: true, channel: message.channel, ts: message.ts };
    },
    postEphemeral(args) {
      const channel = writable(args.channel);
      if (isRefusal(channel)) return channel;
      if (!channel.members.has(args.user)) return refuse('user_not_in_channel');
      const content = readContent(args, TEXT_LIMITS.postText);
      if (isRefusal(content)) return content;
      const refusal = args.thread_ts === undefined ? undefined : checkThread(channel.id, args.thread_ts);
      if (refusal !== undefined) return refusal;
      const message = addBotMessage({
        channel: channel.id,
        content,
        threadTs: args.thread_ts,
        ephemeralFor: args.user,
      });
      return { ok: true, message_ts: message.ts };
    },
  };
}
