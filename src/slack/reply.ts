import { EMPTY_VIEW, type ReplyView } from '../chat/vocabulary.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createBell, type Pause, until } from '../turns/pace.ts';
import type { OpenReply, Reply, ReplyTarget } from '../turns/reply.ts';
import type { PostedPart } from '../turns/turn.ts';
import type { SlackClient, SlackUploader } from './client.ts';
import { createFileDelivery } from './files.ts';
import { chooseFiles } from './files-choice.ts';
import { createLateWrites } from './late-writes.ts';
import { createPlanner } from './markdown/plan-parts.ts';
import type { Pacing } from './pacing.ts';
import { OVERDUE_MS } from './pacing-limits.ts';
import { isBlank, partsOf } from './render.ts';
import { createReplyPart, type ReplyPart } from './reply-part.ts';
import { createStatusLine } from './status-line.ts';
import { createThreadWriter, NotNow } from './thread-writer.ts';

export interface SlackRepliesDeps {
  readonly client: SlackClient & SlackUploader;
  readonly pacing: Pacing;
  readonly pause: Pause;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** How many Web API calls a finished reply has needed. */
  readonly onFinished?: (calls: number) => void;
  readonly log: Logger;
}

/** A reply that is complete within this time after its first words is posted as one message, unless it is known to go on. */
const GATHER_MS = 60;
/** A run that was taken over says first what it has said before: it is not shown word by word over what stands there. */
const REPLAY_MS = 300;
/** However long there is no room for progress, an answer that is overdue looks again after this time. */
const LOOK_AGAIN_MS = 2_000;

/**
 * Replies in Slack threads. A single writer per reply brings the thread to the newest view, one call after another,
 * so that views which come faster than Slack takes them are simply overtaken.
 */
export function createSlackReplies(deps: SlackRepliesDeps): OpenReply {
  return (target) => openReply(deps, target);
}

const hasWords = (view: ReplyView) => view.text.trim() !== '';

function hasContent(view: ReplyView): boolean {
  return hasWords(view) || view.tasks.length > 0 || view.notice !== undefined || view.long === true;
}

function openReply(deps: SlackRepliesDeps, target: ReplyTarget): Reply {
  const { turn, signal } = target;
  const { key, sender, kind } = turn.message;
  const place = { channel: key.conversation, thread: key.thread };
  const writer = createThreadWriter({
    ...place,
    client: deps.client,
    pacing: deps.pacing,
    workspace: key.tenant,
    turnId: turn.id,
    since: turn.message.messageId,
    assertHeld: target.assertHeld,
    signal,
    pause: deps.pause,
    now: deps.now,
  });
  const quiet = turn.quietMs > 0 ? deps.pause(turn.quietMs, signal) : Promise.resolve();
  // A turn given up before its first word has nobody who waits for this.
  quiet.catch(() => undefined);
  const status = createStatusLine({
    ...deps,
    ...place,
    writer,
    after: quiet,
    leftBehind: turn.attempt > 1,
  });
  const known = turn.posted.filter((part) => part.file === undefined);
  const files = createFileDelivery(
    { ...place, writer, upload: deps.client.upload, log: deps.log },
    turn.posted.filter((part) => part.file !== undefined),
  );
  const plan = createPlanner();
  const parts: ReplyPart[] = [];
  const change = createBell();
  const finished = Promise.withResolvers<void>();
  const firstWords = Promise.withResolvers<void>();
  /** The answer has words. */
  let spoken = false;
  /** They stand in the thread. */
  let worded = false;
  let wanted: ReplyView = EMPTY_VIEW;
  let finishing = false;
  /** The end stands in the thread. */
  let concluded = false;
  let recorded = JSON.stringify(turn.posted);
  let writing: Promise<void> | undefined;

  const partDeps = (index: number) => ({
    ...place,
    writer,
    turnId: turn.id,
    index,
    now: deps.now,
    ...(kind === 'direct' ? {} : { recipient: { user: sender.id, team: sender.tenant } }),
  });
  const partAt = (index: number): ReplyPart => {
    parts[index] ??= createReplyPart(partDeps(index), known[index], turn.attempt > 1);
    return parts[index];
  };
  const lateWrites = createLateWrites({
    writer,
    turnId: turn.id,
    takenOver: turn.attempt > 1,
    lastTry: turn.crashes > 1,
    remove: (message) => createReplyPart(partDeps(0), message, false).remove(),
    now: deps.now,
    log: deps.log,
  });

  // What an earlier worker left belongs to this reply, wanted or not.
  known.forEach((_, i) => {
    partAt(i);
  });

  const posted = (): PostedPart[] => [...parts.flatMap((part) => part.posted() ?? []), ...files.posted()];

  /** Only this record tells a successor which messages are ours; what ends the reply is recorded with its end. */
  const record = async () => {
    const now = JSON.stringify(posted());
    if (now === recorded) return;
    recorded = now;
    await target.notePosted(posted());
  };

  const write = async (view: ReplyView, last: boolean, remarks: readonly string[]) => {
    const looks = partsOf(view, last, remarks, plan);
    const first = view.keep ? known.length : 0;
    for (const part of parts.slice(0, first)) await part.leave();
    for (const [i, look] of looks.entries()) {
      const part = partAt(first + i);
      // Nothing to show yet takes nothing away that stands there.
      if (part.isClosedAs(look) || (isBlank(look) && !(last && part.isOpen()))) continue;
      const statusReplaced = await status.settled();
      const before = part.created();
      try {
        if (last || i < looks.length - 1) await part.close(look, last ? 'final' : 'progress');
        else await part.sync(look);
      } catch (error) {
        // A Stop button that cannot be taken away yet must not keep what follows from being read.
        const following = !last && i < looks.length - 1;
        if (!(error instanceof NotNow) || !following || !part.isReadable(look)) throw error;
      } finally {
        if (part.created() > before) statusReplaced();
      }
      if (!last) await record();
    }
    if (last) for (const part of parts.slice(first + looks.length)) await part.remove();
  };

  /** Shows what is wanted as far as Slack takes it now. Answers how long to leave Slack alone. */
  const progress = async (): Promise<number> => {
    // Where there is a status line, the message need not say the same.
    if (wanted.long) await status.settled();
    const view = status.offered() ? { ...wanted, status: '' } : wanted;
    try {
      await write(view, false, []);
      worded ||= hasWords(view);
    } catch (error) {
      if (!(error instanceof NotNow)) throw error;
      await record();
      change.ring();
      const dueMs = OVERDUE_MS - writer.untakenMs();
      return Math.min(error.waitMs, dueMs > 0 ? dueMs : LOOK_AGAIN_MS);
    }
    return 0;
  };

  const conclude = async () => {
    const view = wanted;
    const { uploads, remarks } = chooseFiles(view.files ?? []);
    await write(view, true, remarks);
    concluded = true;
    await status.clear();
    const failures = await files.deliver(uploads, record);
    if (failures.length > 0) await write(view, true, [...remarks, ...failures]);
    await lateWrites.settle(parts, posted());
  };

  /** Until there is something to write: a change, the end, or a stream that has to be ended. */
  const nextOccasion = () => {
    const left = parts.flatMap((part) => part.streamLeftMs() ?? []);
    const event = Promise.race([change.rung(), finished.promise]);
    return left.length > 0 ? until(signal, event, deps.pause, Math.min(...left)) : until(signal, event);
  };

  const run = async () => {
    await quiet;
    for (;;) {
      await nextOccasion();
      const opened = parts.some((part) => part.isOpen());
      if (known.length > 0 && !worded && !finishing && hasWords(wanted))
        await until(signal, finished.promise, deps.pause, REPLAY_MS);
      else if (!opened && !finishing && hasContent(wanted) && !wanted.goesOn)
        await until(signal, finished.promise, deps.pause, GATHER_MS);
      if (finishing) return conclude();
      change.silence();
      const wait = await progress();
      const pace = parts.findLast((part) => part.isOpen())?.paceMs() ?? 0;
      // The first words come once: after steps, they do not wait for the pace, only for Slack.
      const sooner =
        worded || wait > 0 ? finished.promise : Promise.race([finished.promise, firstWords.promise]);
      await until(signal, sooner, deps.pause, Math.max(wait, pace));
    }
  };

  const want = (view: ReplyView) => {
    wanted = view;
    spoken ||= hasWords(view);
    if (spoken) firstWords.resolve();
    change.ring();
    writing ??= run();
    // `finish` waits for the same promise and reports the failure; until then it must not count as unhandled.
    writing.catch(() => change.ring());
  };

  return {
    show(view) {
      // While the end has to wait for Slack, only its status line says that it goes on.
      if (view.status !== undefined && !concluded) status.show(view.status);
      if (!finishing) want(view);
    },
    untakenMs: writer.untakenMs,
    async finish(view) {
      finishing = true;
      want(view);
      finished.resolve();
      await writing;
      deps.onFinished?.(writer.calls());
      return posted();
    },
  };
}
