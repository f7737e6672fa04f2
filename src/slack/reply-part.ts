import type { ReplyTask } from '../chat/vocabulary.ts';
import type { PostedPart } from '../turns/turn.ts';
import {
  type Json,
  markerOf,
  messageOf,
  noticeBlocks,
  openingTask,
  type PartView,
  taskChunk,
  textChunk,
} from './render.ts';
import { failureOf, final, SlackRefusal, type ThreadWriter } from './thread-writer.ts';

export interface ReplyPartDeps {
  readonly writer: ThreadWriter;
  readonly channel: string;
  readonly thread: string;
  readonly turnId: string;
  /** Outside direct messages a stream names its reader. */
  readonly recipient?: { readonly user: string; readonly team: string };
  readonly index: number;
}

/**
 * streaming  a native stream that takes what is new
 * editing    an ordinary message that is replaced as a whole: where streaming was refused, cut, or its state is not known
 */
type Mode = 'unposted' | 'streaming' | 'editing';

export type ReplyPart = ReturnType<typeof createReplyPart>;

/**
 * One message of a reply. `sync` brings it to the wanted look with at most one write; `close` makes it final.
 * `known`: what an earlier worker left in the thread. `lookFirst`: it may have left something that is not on record.
 */
export function createReplyPart(deps: ReplyPartDeps, known: PostedPart | undefined, lookFirst: boolean) {
  const { writer, channel, thread, turnId, index } = deps;
  let mode: Mode = known ? 'editing' : 'unposted';
  let ts = known?.id;
  let unsettledStream = known?.streaming ?? false;
  let shown = '';
  let shownTasks = new Map<string, string>();
  let opening = false;
  let closed = false;
  let edited = '';

  const address = { channel, thread_ts: thread };
  const silent = { unfurl_links: false, unfurl_media: false };

  async function post(part: PartView): Promise<void> {
    const message = messageOf(part, turnId);
    ts = await writer
      .create('chat.postMessage', index, {
        ...address,
        ...silent,
        ...message,
        metadata: markerOf(turnId, index),
      })
      .catch(final);
    mode = 'editing';
    edited = JSON.stringify(message);
  }

  async function startStream(part: PartView): Promise<void> {
    const chunks = [openingTask(turnId, index, 'in_progress'), ...news(part)];
    const recipient = deps.recipient
      ? { recipient_user_id: deps.recipient.user, recipient_team_id: deps.recipient.team }
      : {};
    try {
      ts = await writer.create('chat.startStream', index, {
        ...address,
        ...recipient,
        task_display_mode: 'timeline',
        chunks,
      });
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      // Whatever the reason, an ordinary message says the same; if that is refused too, the reply is.
      await post(part);
      return;
    }
    mode = 'streaming';
    opening = true;
    remember(part);
  }

  /** What the stream does not show yet. */
  function news(part: PartView): Json[] {
    const chunks: Json[] = part.tasks
      .filter((task) => shownTasks.get(task.id) !== look(task))
      .map((t) => taskChunk(turnId, t));
    if (part.text.length > shown.length) {
      if (opening) chunks.unshift(openingTask(turnId, index, 'complete'));
      chunks.push(textChunk(part.text.slice(shown.length)));
    }
    return chunks;
  }

  function remember(part: PartView): void {
    if (part.text.length > shown.length) opening = false;
    shown = part.text;
    shownTasks = new Map(part.tasks.map((task) => [task.id, look(task)]));
  }

  /** From here on the message is replaced as a whole. The stream is ended first: its state is not known. */
  async function settleStream(): Promise<void> {
    mode = 'editing';
    unsettledStream = false;
    await writer.attempt('chat.stopStream', { channel, ts }).catch((error: unknown) => {
      // Already stopped, by us or by Slack: that is what was wanted.
      if (!(error instanceof SlackRefusal)) throw error;
    });
  }

  async function edit(part: PartView): Promise<void> {
    if (unsettledStream) await settleStream();
    const message = messageOf(part, turnId);
    const wanted = JSON.stringify(message);
    if (wanted === edited) return;
    await writer
      .attempt('chat.update', { channel, ts, ...message, metadata: markerOf(turnId, index) })
      .catch(final);
    edited = wanted;
  }

  async function append(part: PartView): Promise<void> {
    const chunks = news(part);
    if (chunks.length === 0) return;
    await streamWrite('chat.appendStream', { chunks }, part);
  }

  async function stop(part: PartView): Promise<void> {
    const chunks = news(part);
    if (opening) chunks.unshift(openingTask(turnId, index, 'complete'));
    const blocks = part.notice ? noticeBlocks(part.notice, turnId) : [];
    const metadata = markerOf(turnId, index);
    await streamWrite(
      'chat.stopStream',
      { metadata, ...(chunks.length > 0 ? { chunks } : {}), ...(blocks.length > 0 ? { blocks } : {}) },
      part,
    );
  }

  /** A write to the stream happens once or not at all; whenever that is in doubt, the whole text is put in its place. */
  async function streamWrite(method: string, args: Record<string, unknown>, part: PartView): Promise<void> {
    if (!part.text.startsWith(shown)) {
      unsettledStream = true;
      return edit(part);
    }
    for (;;) {
      try {
        await writer.send(method, { channel, ts, ...args });
        remember(part);
        return;
      } catch (error) {
        const failure = failureOf(error);
        if (failure.kind === 'rate_limited') {
          await writer.wait(failure.waitMs);
          continue;
        }
        unsettledStream = true;
        return edit(part);
      }
    }
  }

  async function open(part: PartView, whole: boolean): Promise<void> {
    if (lookFirst) {
      ts = await writer.findPart(index);
      if (ts !== undefined) {
        mode = 'editing';
        unsettledStream = true;
        return edit(part);
      }
    }
    return whole ? post(part) : startStream(part);
  }

  return {
    posted: (): PostedPart | undefined =>
      ts === undefined ? undefined : { id: ts, streaming: mode === 'streaming' || unsettledStream },
    isOpen: () => ts !== undefined,
    isClosed: () => closed,
    async sync(part: PartView): Promise<void> {
      if (mode === 'unposted') await open(part, false);
      else if (mode === 'streaming') await append(part);
      else await edit(part);
    },
    async close(part: PartView): Promise<void> {
      if (mode === 'unposted') await open(part, true);
      else if (mode === 'streaming') await stop(part);
      else await edit(part);
      closed = true;
    },
  };
}

function look(task: ReplyTask): string {
  return JSON.stringify([task.title, task.state, task.detail]);
}
