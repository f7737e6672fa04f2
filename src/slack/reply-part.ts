import type { ReplyTask } from '../chat/vocabulary.ts';
import type { PostedPart } from '../turns/turn.ts';
import {
  editOf,
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

const WITHDRAWN = '_This part was replaced; the answer stands above._';

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
  let shownTasks = new Map<string, ReplyTask>();
  /** The stream's opening step is still under way. */
  let opening = false;
  let closedAs: string | undefined;
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
    edited = JSON.stringify(editOf(part, turnId));
  }

  async function startStream(part: PartView): Promise<void> {
    const begun = part.text === '' ? 'in_progress' : 'complete';
    const chunks = [openingTask(turnId, index, begun), ...news(part)];
    const recipient = deps.recipient
      ? { recipient_user_id: deps.recipient.user, recipient_team_id: deps.recipient.team }
      : {};
    try {
      // Slack allows few streams a minute: better an ordinary message now than a stream much later.
      ts = await writer.create(
        'chat.startStream',
        index,
        { ...address, ...recipient, task_display_mode: 'timeline', chunks },
        'refuse',
      );
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      // Whatever the reason, an ordinary message says the same; if that is refused too, the reply is.
      await post(part);
      return;
    }
    mode = 'streaming';
    opening = part.text === '';
    remember(part);
  }

  /** What the stream does not show yet. The opening step is over with the first text, or with `last`. */
  function news(part: PartView, last = false): Json[] {
    const grown = part.text.length > shown.length;
    return [
      ...(opening && (grown || last) ? [openingTask(turnId, index, 'complete')] : []),
      ...part.tasks.flatMap((task) => {
        const before = shownTasks.get(task.id);
        return before && look(before) === look(task) ? [] : [taskChunk(turnId, task, before)];
      }),
      ...(grown ? [textChunk(part.text.slice(shown.length))] : []),
    ];
  }

  function remember(part: PartView): void {
    if (part.text !== '') opening = false;
    shown = part.text;
    shownTasks = new Map(part.tasks.map((task) => [task.id, task]));
  }

  /** A stream takes nothing back. An answer that began anew, or got cut into messages elsewhere, is no longer its. */
  function continues(part: PartView): boolean {
    const tasks = new Set(part.tasks.map((task) => task.id));
    return part.text.startsWith(shown) && [...shownTasks.keys()].every((id) => tasks.has(id));
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
    const message = editOf(part, turnId);
    const wanted = JSON.stringify(message);
    if (wanted === edited) return;
    await writer
      .attempt('chat.update', { channel, ts, ...message, metadata: markerOf(turnId, index) })
      .catch(final);
    edited = wanted;
  }

  async function append(part: PartView): Promise<void> {
    const chunks = news(part);
    if (chunks.length === 0 && continues(part)) return;
    await streamWrite('chat.appendStream', { chunks }, part);
  }

  async function stop(part: PartView): Promise<void> {
    const chunks = news(part, true);
    const blocks = part.notice ? noticeBlocks(part.notice, turnId) : [];
    const metadata = markerOf(turnId, index);
    await streamWrite(
      'chat.stopStream',
      { metadata, ...(chunks.length > 0 ? { chunks } : {}), ...(blocks.length > 0 ? { blocks } : {}) },
      part,
    );
    // Whatever this part should look like later, it is an ordinary message now.
    mode = 'editing';
  }

  /** A write to the stream happens once or not at all; whenever that is in doubt, the whole text is put in its place. */
  async function streamWrite(method: string, args: Record<string, unknown>, part: PartView): Promise<void> {
    if (!continues(part)) {
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
    isClosedAs: (part: PartView) => closedAs === JSON.stringify(part),
    async sync(part: PartView): Promise<void> {
      if (mode === 'unposted') await open(part, false);
      else if (mode === 'streaming') await append(part);
      else await edit(part);
    },
    async close(part: PartView): Promise<void> {
      if (mode === 'unposted') await open(part, true);
      else if (mode === 'streaming') await stop(part);
      else await edit(part);
      closedAs = JSON.stringify(part);
    },
    /** Takes the message away: the reply has become shorter than what an earlier try had shown. */
    async remove(): Promise<void> {
      if (ts === undefined) return;
      if (mode === 'streaming' || unsettledStream) await settleStream();
      try {
        await writer.attempt('chat.delete', { channel, ts });
      } catch (error) {
        if (!(error instanceof SlackRefusal)) throw error;
        // Some workspaces keep every message: then it says that it counts no more.
        if (error.code !== 'message_not_found') await edit({ text: WITHDRAWN, tasks: [] });
      }
      ts = undefined;
      mode = 'unposted';
    },
  };
}

function look(task: ReplyTask): string {
  return JSON.stringify([task.title, task.state, task.detail]);
}
