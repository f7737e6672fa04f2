import { nameBlocks } from './block-ids.ts';
import { checkBlocks } from './block-rules.ts';
import { isRefusal, readMetadata } from './content-rules.ts';
import type { Events } from './events.ts';
import type { Faults } from './faults.ts';
import { findLiveMentions } from './live-mentions.ts';
import {
  type Answer,
  type Block,
  type Message,
  type Refusal,
  refuse,
  type SessionStatus,
  type Stream,
} from './model.ts';
import type { Posting } from './posting.ts';
import { type Presenter, streamBlocks, streamText } from './present.ts';
import { APP } from './seed.ts';
import { isStreaming, STREAM_LIFETIME_MS, type State } from './state.ts';
import { addToStream, readAddition, type StreamContent, tooLong } from './stream-content.ts';

export interface Streams {
  start(
    args: StreamContent & {
      readonly channel: string;
      readonly thread_ts?: string | undefined;
      readonly recipient_user_id?: string | undefined;
      readonly recipient_team_id?: string | undefined;
      readonly task_display_mode?: string | undefined;
    },
  ): Answer;
  append(args: StreamContent & { readonly channel: string; readonly ts: string }): Answer;
  stop(
    args: StreamContent & {
      readonly channel: string;
      readonly ts: string;
      readonly blocks?: unknown;
      readonly metadata?: unknown;
      readonly session_status?: SessionStatus | undefined;
    },
  ): Answer;
  /** A person pressed Stop: every open stream of the thread takes no more. Returns their `ts`. */
  stopByUser(channel: string, threadTs: string): string[];
  /** Ends running streams now, as Slack ends them after five minutes: all, or those of a channel, or one. Returns their `ts`. */
  endNow(where?: { readonly channel?: string | undefined; readonly ts?: string | undefined }): string[];
}

/**
 * The streaming life of a message: start, append, stop; ended by Slack about five minutes after the start.
 * Source: docs.slack.dev, `chat.startStream`, `chat.appendStream`, `chat.stopStream`; the mode lock
 * (`streaming_mode_mismatch`) and the lifetime are observed behaviour that Slack does not document.
 */
export function createStreams(deps: {
  state: State;
  posting: Posting;
  events: Events;
  presenter: Presenter;
  faults: Pick<Faults, 'takeForStream'>;
  now: () => number;
}): Streams {
  const { state, posting, events, presenter, faults, now } = deps;

  function show(message: Message, stream: Stream): void {
    message.text = streamText(stream);
    message.blocks = streamBlocks(stream);
    message.live = findLiveMentions(message.text, message.blocks);
    state.changed(message);
  }

  function setSession(channel: string, threadTs: string, status: SessionStatus): void {
    const thread = state.threadState(channel, threadTs);
    thread.session = status;
    state.threadChanged(thread);
  }

  function openStream(channel: string, ts: string): { message: Message; stream: Stream } | Refusal {
    if (state.channel(channel) === undefined) return refuse('channel_not_found');
    const message = state.message(channel, ts);
    if (message === undefined) return refuse('message_not_found');
    if (message.user !== APP.botUserId) return refuse('message_not_owned_by_app');
    const { stream } = message;
    if (isStreaming(stream, now())) return { message, stream };
    return refuse(message.stream?.ended === 'stopped' ? 'stopped_by_user' : 'message_not_in_streaming_state');
  }

  function end(messages: readonly Message[], how: 'stopped' | 'expired'): string[] {
    return messages.flatMap((message) => {
      if (!isStreaming(message.stream, now())) return [];
      message.stream.ended = how;
      state.changed(message);
      return [message.ts];
    });
  }

  return {
    start(args) {
      const channel = posting.writable(args.channel);
      if (isRefusal(channel)) return channel;
      if (args.thread_ts === undefined || args.thread_ts === '') return refuse('invalid_thread_ts');
      const badThread = posting.checkThread(channel.id, args.thread_ts);
      if (badThread !== undefined) return badThread;
      if (channel.kind !== 'im') {
        if (!args.recipient_team_id) return refuse('missing_recipient_team_id');
        if (!args.recipient_user_id) return refuse('missing_recipient_user_id');
      }
      const recipient = args.recipient_user_id === undefined ? undefined : state.user(args.recipient_user_id);
      if (args.recipient_user_id !== undefined && recipient === undefined) return refuse('user_not_found');
      if (
        recipient !== undefined &&
        args.recipient_team_id !== undefined &&
        recipient.teamId !== args.recipient_team_id
      ) {
        return refuse('team_not_found');
      }
      const display = args.task_display_mode ?? 'timeline';
      if (display !== 'timeline' && display !== 'plan' && display !== 'dense') {
        return refuse(
          'invalid_arguments',
          '[ERROR] must be a valid enum value [json-pointer:/task_display_mode]',
        );
      }
      const chunks = readAddition(args, { mode: undefined });
      if (isRefusal(chunks)) return chunks;
      const fate = faults.takeForStream();
      const stream: Stream = {
        mode: undefined,
        display: display === 'plan' ? 'plan' : 'timeline',
        startedAt: now(),
        lifetimeMs: Math.min(STREAM_LIFETIME_MS, fate?.afterMs ?? STREAM_LIFETIME_MS),
        appendsLeft: fate?.afterAppends,
        ended: fate?.afterAppends === 0 ? 'expired' : 'no',
        planTitle: undefined,
        parts: [],
        tasks: new Map(),
        finalBlocks: [],
      };
      addToStream(stream, chunks, args.chunks === undefined ? 'text' : 'chunks', state.nextId);
      if (tooLong(stream, [])) return refuse('msg_too_long');
      const content = { text: streamText(stream), blocks: streamBlocks(stream) };
      const message = posting.addBotMessage({
        channel: channel.id,
        content,
        threadTs: args.thread_ts,
        stream,
      });
      setSession(channel.id, args.thread_ts, 'processing');
      void events.posted(message);
      return { ok: true, channel: channel.id, ts: message.ts };
    },
    append(args) {
      const found = openStream(args.channel, args.ts);
      if (isRefusal(found)) return found;
      const { message, stream } = found;
      if (args.markdown_text === undefined && args.chunks === undefined) {
        return refuse('invalid_arguments', '[ERROR] missing required field: markdown_text');
      }
      const chunks = readAddition(args, stream);
      if (isRefusal(chunks)) return chunks;
      if (tooLong(stream, chunks)) return refuse('msg_too_long');
      addToStream(stream, chunks, args.chunks === undefined ? 'text' : 'chunks', state.nextId);
      if (stream.appendsLeft !== undefined) {
        stream.appendsLeft -= 1;
        if (stream.appendsLeft <= 0) stream.ended = 'expired';
      }
      show(message, stream);
      return { ok: true, channel: message.channel, ts: message.ts };
    },
    stop(args) {
      const found = openStream(args.channel, args.ts);
      if (isRefusal(found))
        return found.error === 'stopped_by_user' ? refuse('message_not_in_streaming_state') : found;
      const { message, stream } = found;
      const chunks = readAddition(args, stream);
      if (isRefusal(chunks)) return chunks;
      if (tooLong(stream, chunks)) return refuse('msg_too_long');
      const badBlocks = args.blocks === undefined ? undefined : checkBlocks(args.blocks);
      if (badBlocks !== undefined) return badBlocks;
      const metadata = readMetadata(args.metadata);
      if (isRefusal(metadata)) return metadata;
      const previous = presenter.message(message, { metadata: true });
      addToStream(stream, chunks, args.chunks === undefined ? 'text' : 'chunks', state.nextId);
      stream.finalBlocks = nameBlocks((args.blocks ?? []) as readonly Block[], state.nextId);
      stream.ended = 'finished';
      if (metadata.metadata !== undefined) message.metadata = metadata.metadata ?? undefined;
      show(message, stream);
      if (message.threadTs !== undefined)
        setSession(message.channel, message.threadTs, args.session_status ?? 'active');
      void events.edited(message, previous);
      return {
        ok: true,
        channel: message.channel,
        ts: message.ts,
        message: presenter.message(message, { metadata: true }),
      };
    },
    stopByUser: (channel, threadTs) => end(state.thread(channel, threadTs), 'stopped'),
    endNow: ({ channel, ts } = {}) =>
      end(
        state.channels
          .filter(({ id }) => channel === undefined || id === channel)
          .flatMap(({ id }) => state.messages(id))
          .filter((message) => ts === undefined || message.ts === ts),
        'expired',
      ),
  };
}
