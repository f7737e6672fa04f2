import type { ReplyTask } from '../chat/vocabulary.ts';
import type { Urgency } from '../store/call-pacing.ts';
import type { PostedPart } from '../turns/turn.ts';
import type { Json } from './json.ts';
import { takeStopAway } from './left-stop.ts';
import { chunksSince } from './markdown/sending.ts';
import { APPEND_PACE_MS, editPaceMs, OVERDUE_MS, STREAM_LIFE_MS } from './pacing-limits.ts';
import {
  closingBlocks,
  editOf,
  markerOf,
  messageOf,
  openingTask,
  type PartView,
  plainText,
  stopBlock,
  taskChunk,
} from './render.ts';
import {
  failureOf,
  final,
  type Meanwhile,
  NotNow,
  SlackRefusal,
  type ThreadWriter,
} from './thread-writer.ts';

export interface ReplyPartDeps {
  readonly writer: ThreadWriter;
  readonly channel: string;
  readonly thread: string;
  readonly turnId: string;
  /** Outside direct messages a stream names its reader. */
  readonly recipient?: { readonly user: string; readonly team: string };
  readonly index: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

const NOTHING: PartView = { plan: { pieces: [], closed: true }, tasks: [] };
/** Slack does not take the message as it is meant to look. */
const NOT_LIKE_THIS = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long']);
/** Somebody has deleted the message, or it cannot be changed any more. */
const OUT_OF_REACH = new Set(['message_not_found', 'edit_window_closed', 'cant_update_message']);
const STILL_STREAMING = new Set(['streaming_state_conflict']);
const WITHDRAWN = '_This part was replaced; the answer stands above._';

/**
 * streaming  a native stream that takes what is new
 * editing    an ordinary message that is replaced as a whole: where no stream was to be had, or it was cut, grew too
 *            old, or its state is not known
 */
type Mode = 'unposted' | 'streaming' | 'editing';

export type ReplyPart = ReturnType<typeof createReplyPart>;

/**
 * One message of a reply. `sync` brings it to the wanted look with at most one write, and throws `NotNow` where that
 * has to wait; `close` makes it final. `known`: what an earlier worker left in the thread. `lookFirst`: it may have left
 * something that is not on record.
 */
export function createReplyPart(deps: ReplyPartDeps, known: PostedPart | undefined, lookFirst: boolean) {
  const { writer, channel, thread, turnId, index, now } = deps;
  let mode: Mode = known ? 'editing' : 'unposted';
  let ts = known?.id;
  let unsettledStream = known?.streaming ?? false;
  let unlooked = lookFirst;
  /** What the stream shows. */
  let shown: PartView | undefined;
  /** The stream's opening step as it shows it. */
  let opening = '';
  /** The stream shows a Stop button, which a stream cannot take away. */
  let stopOffered = false;
  let created = 0;
  let begunAt = now();
  let closedAs: PartView | undefined;
  let edited = '';
  let lastEdit: PartView | undefined;
  /** Its message has not taken what it was to show; what is final is shown in another. */
  let stuck = false;
  let left = false;
  /** Looks that were sent without an answer, and when: each may still come back over a newer one. */
  const unanswered = new Map<string, number>();

  const address = { channel, thread_ts: thread };
  const silent = { unfurl_links: false, unfurl_media: false };

  async function post(part: PartView, urgency: Urgency): Promise<void> {
    const metadata = markerOf(turnId, index);
    const say = (message: { text: string; blocks?: Json[] }) =>
      writer.create('chat.postMessage', index, { ...address, ...silent, ...message, metadata }, urgency);
    ts = await say(messageOf(part, turnId))
      .catch((error: unknown) => {
        if (!isRefusal(error, NOT_LIKE_THIS)) throw error;
        return say({ text: plainText(part) });
      })
      .catch(final);
    created += 1;
    mode = 'editing';
    begunAt = now();
    edited = JSON.stringify(editOf(part, turnId));
  }

  async function startStream(part: PartView): Promise<void> {
    const chunks = news(part) ?? [];
    const recipient = deps.recipient
      ? { recipient_user_id: deps.recipient.user, recipient_team_id: deps.recipient.team }
      : {};
    const args = { ...address, ...recipient, task_display_mode: 'timeline', chunks };
    // Slack counts from its start, not from its answer.
    begunAt = now();
    try {
      ts = await writer.create('chat.startStream', index, args, 'progress');
    } catch (error) {
      if (!(error instanceof SlackRefusal || error instanceof NotNow)) throw error;
      // Slack allows few streams a minute: better an ordinary message now than a stream much later. And whatever it was
      // refused for, an ordinary message says the same; if that is refused too, the reply is.
      return post(part, 'progress');
    }
    created += 1;
    mode = 'streaming';
    streamed(part, false);
  }

  function streamed(part: PartView, last: boolean): void {
    opening = JSON.stringify(openingTask(turnId, index, part, last));
    stopOffered ||= part.long !== undefined;
    shown = part;
  }

  /** What the stream does not show yet. Undefined for an answer that began anew: a stream takes nothing back. */
  function news(part: PartView, last = false): Json[] | undefined {
    const words = chunksSince(shown?.plan, part.plan);
    const before = new Map(shown?.tasks.map((task) => [task.id, task]));
    const now = new Set(part.tasks.map((task) => task.id));
    if (words === undefined || [...before.keys()].some((id) => !now.has(id))) return undefined;
    const step = openingTask(turnId, index, part, last);
    return [
      ...(JSON.stringify(step) === opening ? [] : [step]),
      ...part.tasks.flatMap((task) => {
        const old = before.get(task.id);
        return old && look(old) === look(task) ? [] : [taskChunk(turnId, task, old)];
      }),
      ...words,
      ...(part.long !== undefined && !stopOffered ? [{ type: 'blocks', blocks: [stopBlock(turnId)] }] : []),
    ];
  }

  /**
   * From here on the message is replaced as a whole. The stream is ended first: its state is not known. Nothing can be
   * shown before that, and no later write makes it needless, so it stands in line with the final ones.
   */
  async function settleStream(more: Record<string, unknown> = {}): Promise<void> {
    mode = 'editing';
    await writer.attempt('chat.stopStream', { channel, ts, ...more }, 'final').catch((error: unknown) => {
      // Already stopped, by us or by Slack: that is what was wanted.
      if (!(error instanceof SlackRefusal)) throw error;
    });
    unsettledStream = false;
  }

  async function edit(part: PartView, urgency: Urgency): Promise<void> {
    if (stuck && urgency !== 'final') return;
    await change(part, urgency, markerOf(turnId, index))
      .catch((error: unknown) => {
        if (!isRefusal(error, OUT_OF_REACH) && !isRefusal(error, NOT_LIKE_THIS)) throw error;
        stuck = true;
        return urgency === 'final' ? replace(part) : undefined;
      })
      .catch(final);
  }

  /** Another message takes the place of this one, which is taken away where it still stands. */
  async function replace(part: PartView): Promise<void> {
    const old = ts;
    await writer.attempt('chat.delete', { channel, ts }, 'final').catch((error: unknown) => {
      if (!(error instanceof SlackRefusal)) throw error;
    });
    // A lost worker may have come as far as this.
    ts = await writer.findPart(index, old);
    edited = '';
    if (ts === undefined) await post(part, 'final');
    else await change(part, 'final', markerOf(turnId, index));
    stuck = false;
  }

  async function change(part: PartView, urgency: Urgency, metadata: Json): Promise<void> {
    if (unsettledStream) await settleStream();
    const message = editOf(part, turnId);
    const wanted = JSON.stringify(message);
    if (wanted === edited) return;
    const args = { channel, ts, ...message, metadata };
    const update = () =>
      writer.attempt('chat.update', args, urgency, async () => {
        unanswered.set(wanted, now());
        return undefined;
      });
    await update().catch(async (error: unknown) => {
      if (!isRefusal(error, STILL_STREAMING)) throw error;
      await settleStream();
      return update();
    });
    edited = wanted;
    lastEdit = part;
  }

  async function append(part: PartView): Promise<void> {
    // Slack would cut it in a minute.
    if (now() - begunAt >= STREAM_LIFE_MS) return stop(part, 'progress');
    const chunks = news(part);
    if (chunks?.length === 0) return;
    const urgency = writer.untakenMs() >= OVERDUE_MS ? 'ahead' : 'progress';
    await streamWrite('chat.appendStream', part, () => chunksOf(chunks), urgency);
  }

  async function stop(part: PartView, urgency: Urgency): Promise<void> {
    const blocks = closingBlocks(part, turnId);
    const end = () => {
      const chunks = chunksOf(news(part, true));
      return (
        chunks && { ...chunks, metadata: markerOf(turnId, index), ...(blocks.length > 0 ? { blocks } : {}) }
      );
    };
    const written = await streamWrite('chat.stopStream', part, end, urgency, (waitMs) =>
      showAhead(part, waitMs),
    );
    if (!written) return;
    // Whatever this part should look like later, it is an ordinary message now.
    mode = 'editing';
    if (stopOffered) return edit(part, urgency);
    edited = JSON.stringify(editOf(part, turnId));
    lastEdit = part;
  }

  /** The end of the stream has to wait for so long; the words need not, where there is room for them sooner. */
  async function showAhead(part: PartView, waitMs: number): Promise<void> {
    const endsAt = now() + waitMs;
    for (let chunks = news(part); chunks && chunks.length > 0; ) {
      let laterMs: number;
      try {
        await writer.send('chat.appendStream', { channel, ts, chunks }, 'ahead');
        streamed(part, false);
        return;
      } catch (error) {
        const failure = error instanceof NotNow ? undefined : failureOf(error);
        if (failure && failure.kind !== 'rate_limited') throw error;
        laterMs = error instanceof NotNow ? error.waitMs : (failure?.waitMs ?? 0);
        if (failure) await writer.held('chat.appendStream', laterMs);
      }
      if (now() + laterMs >= endsAt) return;
      await writer.pause(laterMs);
    }
  }

  /**
   * A write to the stream happens once or not at all; whenever that is in doubt, or there are no arguments, the whole
   * is put in its place. `meanwhile` may show some of it, which `argsOf` then leaves out. Answers whether the stream took it.
   */
  async function streamWrite(
    method: string,
    part: PartView,
    argsOf: () => Record<string, unknown> | undefined,
    urgency: Urgency,
    meanwhile?: Meanwhile,
  ): Promise<boolean> {
    let ended = false;
    let waitMs = 0;
    for (let args = argsOf(); args; args = argsOf()) {
      const [since, known] = [shown, args];
      try {
        if (waitMs > 0) await writer.limited(method, waitMs, urgency, meanwhile);
        const body = () => ({ channel, ts, ...(shown === since ? known : argsOf()) });
        await writer.send(method, body, urgency, meanwhile);
        streamed(part, method === 'chat.stopStream');
        return true;
      } catch (error) {
        const failure = failureOf(error);
        if (failure.kind === 'rate_limited') {
          waitMs = failure.waitMs;
          continue;
        }
        // Slack has ended it already; otherwise nobody knows.
        ended = failure.kind === 'refused' && failure.code === 'message_not_in_streaming_state';
        break;
      }
    }
    unsettledStream = !ended;
    mode = 'editing';
    await edit(part, urgency);
    return false;
  }

  async function open(part: PartView, whole?: Urgency): Promise<void> {
    if (unlooked) {
      ts = await writer.findPart(index);
      unlooked = false;
      if (ts !== undefined) {
        mode = 'editing';
        unsettledStream = true;
        return edit(part, whole ?? 'progress');
      }
    }
    return whole ? post(part, whole) : startStream(part);
  }

  return {
    posted: (): PostedPart | undefined =>
      ts === undefined ? undefined : { id: ts, streaming: mode === 'streaming' || unsettledStream },
    isOpen: () => ts !== undefined,
    /** How many messages it has put into the thread, which is not how many it has found there. */
    created: () => created,
    isClosedAs: (part: PartView) => !stuck && closedAs !== undefined && sameLook(closedAs, part),
    /** Its stream has shown all of it and has ended: at most a Stop button is still to be taken away. */
    isReadable: (part: PartView) =>
      mode === 'editing' && !unsettledStream && shown !== undefined && news(part, true)?.length === 0,
    /** How long to leave it alone after a write. Milliseconds. */
    paceMs: () => (mode === 'editing' ? editPaceMs(now() - begunAt) : APPEND_PACE_MS),
    /** Until its stream has to be ended; undefined without a stream. Milliseconds. */
    streamLeftMs: () => (mode === 'streaming' ? Math.max(0, begunAt + STREAM_LIFE_MS - now()) : undefined),
    async sync(part: PartView): Promise<void> {
      if (mode === 'unposted') await open(part);
      else if (mode === 'streaming') await append(part);
      else await edit(part, 'progress');
    },
    /** `final`: no later write to the reply follows. */
    async close(part: PartView, urgency: Urgency): Promise<void> {
      if (mode === 'unposted') await open(part, urgency);
      else if (mode === 'streaming') await stop(part, urgency);
      else await edit(part, urgency);
      closedAs = part;
    },
    /** What an earlier worker left is final as it is, but for the button that stops what has ended. */
    async leave(): Promise<void> {
      if (left) return;
      if (unsettledStream) await settleStream({ chunks: [openingTask(turnId, index, NOTHING, true)] });
      const metadata = markerOf(turnId, index);
      if (ts !== undefined && (await takeStopAway(writer, { channel, ts, metadata }))) await this.remove();
      left = true;
    },
    /** When an edit was left without an answer that another has overtaken since. Milliseconds. */
    overtakenAt: (): number | undefined => {
      const overtaken = [...unanswered].flatMap(([sent, at]) => (sent === edited ? [] : [at]));
      return ts === undefined || overtaken.length === 0 ? undefined : Math.max(...overtaken);
    },
    /** Puts its last look in place again, if an earlier one may have come back. */
    async reassert(): Promise<void> {
      if (this.overtakenAt() === undefined || !lastEdit) return;
      edited = '';
      await edit(lastEdit, 'final');
      unanswered.clear();
    },
    /** Takes the message away: the reply has become shorter than what an earlier try had shown. */
    async remove(): Promise<void> {
      if (ts === undefined) return;
      if (mode === 'streaming' || unsettledStream) await settleStream();
      try {
        await writer.attempt('chat.delete', { channel, ts }, 'final');
      } catch (error) {
        if (!(error instanceof SlackRefusal)) throw error;
        // Some workspaces keep every message: then it says that it counts no more.
        const plan = { pieces: [{ kind: 'text' as const, text: WITHDRAWN }], closed: true };
        // Without our mark, it is no part of the reply to anybody who looks.
        if (error.code !== 'message_not_found') await change({ plan, tasks: [] }, 'final', {}).catch(final);
      }
      ts = undefined;
      mode = 'unposted';
    },
  };
}

function isRefusal(error: unknown, codes: ReadonlySet<string>): boolean {
  return error instanceof SlackRefusal && codes.has(error.code);
}

function chunksOf(chunks: readonly Json[] | undefined): Record<string, unknown> | undefined {
  return chunks && (chunks.length > 0 ? { chunks } : {});
}

/** A plan that has not changed is the same object: most parts need no second look. */
function sameLook(one: PartView, other: PartView): boolean {
  const { plan, ...rest } = one;
  const { plan: otherPlan, ...otherRest } = other;
  return (
    JSON.stringify(rest) === JSON.stringify(otherRest) &&
    (plan === otherPlan || JSON.stringify(plan) === JSON.stringify(otherPlan))
  );
}

function look(task: ReplyTask): string {
  return JSON.stringify([task.title, task.state, task.detail]);
}
