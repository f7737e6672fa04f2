import { notice } from '../chat/notices.ts';
import { EMPTY_VIEW, type ReplyView } from '../chat/vocabulary.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createBell, type Pause, until } from '../turns/pace.ts';
import { type OpenReply, type Reply, ReplyRefused, type ReplyTarget } from '../turns/reply.ts';
import type { ClaimedTurn, PostedPart } from '../turns/turn.ts';
import type { Connector } from './connector.ts';
import { TOO_BIG } from './failures.ts';
import type { TeamsPacing } from './pacing.ts';
import { choosePictures, namedOnly } from './pictures.ts';
import type { References } from './references.ts';
import { type Ending, isBlank, type PartView, partsOf } from './render.ts';
import { createReplyMessage, type ReplyMessage } from './reply-message.ts';
import { createThreadWriter, NoAnswer, NotNow, type ThreadWriter } from './thread-writer.ts';

export interface TeamsRepliesDeps {
  readonly connector: Connector;
  readonly pacing: TeamsPacing;
  readonly references: Pick<References, 'of' | 'noteAnswer'>;
  /** The person has pressed Teams' own Stop below a stream. */
  readonly onCancelled: (turn: ClaimedTurn) => Promise<unknown>;
  /** A message may stand in the thread twice. */
  readonly onDoubt: () => void;
  /** How many calls a finished reply has needed. */
  readonly onFinished: (calls: number) => void;
  readonly pause: Pause;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly log: Logger;
}

/** A reply that is complete within this time after its first words is posted as one message. */
const GATHER_MS = 60;
/** However long Teams wants to be left alone, what is new is looked at again after this time. */
const LONGEST_WAIT_MS = 15_000;
/** After Teams has answered nothing for many tries. */
const AFTER_OUTAGE_MS = 5_000;
/** For so long after its answer was given up, a call may still be carried out. */
const LATE_MS = 5_000;

/**
 * Replies in Teams: streamed in personal chats, elsewhere one message that is edited. A single writer per reply brings the
 * thread to the newest view, one call after another, so that views which come faster than Teams takes them are overtaken.
 */
export function createTeamsReplies(deps: TeamsRepliesDeps): OpenReply {
  return (target) => openReply(deps, target);
}

function openReply(deps: TeamsRepliesDeps, target: ReplyTarget): Reply {
  const { turn, signal } = target;
  const { key, kind } = turn.message;
  const direct = kind === 'direct';
  const change = createBell();
  const finished = Promise.withResolvers<void>();
  const known = turn.posted;
  const messages: ReplyMessage[] = [];
  let writer: ThreadWriter | undefined;
  let streams = direct;
  let cancelled = false;
  let wanted: ReplyView = EMPTY_VIEW;
  let finishing = false;
  let recorded = JSON.stringify(turn.posted);
  let writing: Promise<void> | undefined;

  async function openWriter(): Promise<ThreadWriter> {
    const reference = await deps.references.of(key);
    if (!reference) throw new ReplyRefused('conversation_reference_gone');
    return createThreadWriter({
      connector: deps.connector,
      pacing: deps.pacing,
      place: reference,
      assertHeld: target.assertHeld,
      signal,
      pause: deps.pause,
      onDoubt: deps.onDoubt,
    });
  }

  const stopTurn = () => {
    cancelled = true;
    deps.onCancelled(turn).catch((error: unknown) => {
      deps.log.warn({ err: error, turn: turn.id }, 'a turn could not be stopped whose reply was');
    });
  };

  const messageAt = (index: number, to: ThreadWriter): ReplyMessage => {
    messages[index] ??= createReplyMessage(
      {
        writer: to,
        turnId: turn.id,
        mayStream: () => streams,
        onNoStreams: () => {
          streams = false;
        },
        onCancelled: stopTurn,
        onRefused: (error) =>
          deps.log.warn(
            { err: error, turn: turn.id },
            'Teams did not take a message of a reply as it was to look',
          ),
        now: deps.now,
      },
      known[index],
    );
    return messages[index];
  };

  const posted = (): PostedPart[] => messages.flatMap((message) => message.posted() ?? []);

  /** Only this record tells a successor which messages are ours; what ends the reply is recorded with its end. */
  const record = async () => {
    const now = JSON.stringify(posted());
    if (now === recorded) return;
    recorded = now;
    await target.notePosted(posted());
  };

  const write = async (to: ThreadWriter, looks: readonly PartView[], first: number, last: boolean) => {
    const wasCancelled = cancelled;
    for (const [i, look] of looks.entries()) {
      const message = messageAt(first + i, to);
      if (message.isClosedAs(look)) continue;
      // Nothing to show yet takes nothing away that stands there.
      if (isBlank(look) && message.isOpen() && !last && known[first + i]) continue;
      if (last) {
        const anew = await message.close(look, 'final');
        // What follows has to stand below it.
        if (anew) for (const later of messages.slice(first + i + 1)) await later.remove();
      } else if (i < looks.length - 1) await message.close(look, 'progress');
      else await message.sync(look);
      // Whatever would follow is part of what they have stopped.
      if (cancelled && !wasCancelled) return;
      if (last) continue;
      await record();
      // What follows must not stand above it.
      if (!message.isOpen()) return;
    }
    if (last) for (const message of messages.slice(first + looks.length)) await message.remove();
  };

  /** Shows what is wanted as far as Teams takes it now. Answers how long to leave Teams alone. */
  const progress = async (to: ThreadWriter): Promise<number> => {
    if (cancelled) return 0;
    try {
      await write(to, partsOf(wanted, false), wanted.keep ? known.length : 0, false);
    } catch (error) {
      const out = error instanceof NoAnswer;
      if (!out && !(error instanceof NotNow)) throw error;
      // Only the end has to be shown: by then Teams may answer again.
      if (out) deps.log.warn({ err: error, turn: turn.id }, 'a reply could not be shown as it grows');
      await record();
      change.ring();
      return out ? AFTER_OUTAGE_MS : Math.min(error.waitMs, LONGEST_WAIT_MS);
    }
    return 0;
  };

  /** Nobody waits for it, and an answer without it is no worse. */
  const noteAnswer = async () => {
    const id = posted().at(-1)?.id;
    if (!wanted.feedback || id === undefined) return;
    await deps.references.noteAnswer(key, id, turn.id).catch((error: unknown) => {
      deps.log.warn({ err: error, turn: turn.id }, 'what people think of this answer will not be kept');
    });
  };

  /** Where the end goes, with what an earlier worker had shown left as it is: into its stream, while that has no words yet. */
  const below = async ([look, ...more]: readonly PartView[]): Promise<number> => {
    const taken = look !== undefined && more.length === 0 && (await messages.at(-1)?.takes(look));
    return taken ? known.length - 1 : known.length;
  };

  /** Better without its pictures, or in smaller messages, than not at all. Undefined where neither can be the reason. */
  const simplerThan = (how: Ending, error: unknown): Ending | undefined => {
    if (!(error instanceof ReplyRefused)) return undefined;
    if (how.files?.pictures.length) return { ...how, files: namedOnly(wanted.files ?? []) };
    return error.reason === TOO_BIG && !how.small ? { ...how, small: true } : undefined;
  };

  const conclude = async (to: ThreadWriter) => {
    let how: Ending = { files: choosePictures(wanted.files ?? []), direct };
    let looks = partsOf(wanted, true, how);
    const first = wanted.keep ? await below(looks) : 0;
    while (!cancelled) {
      try {
        await write(to, looks, first, true);
        break;
      } catch (error) {
        const simpler = simplerThan(how, error);
        if (!simpler) throw error;
        deps.log.warn({ turn: turn.id, err: error }, 'Teams did not take an answer as it was to look');
        how = simpler;
        looks = partsOf(wanted, true, how);
      }
    }
    if (!cancelled) {
      await noteAnswer();
      return settleLate(to, looks, first);
    }
    // What the person has stopped stays as it is: the rest of the answer is not shown, only how it ended, below.
    // Where the answer was complete when they pressed, nobody else says so.
    const ending = wanted.notice ?? notice('stopped');
    await write(to, partsOf({ ...EMPTY_VIEW, notice: ending }, true), messages.length, true);
  };

  /** An older look may come back over the last one, where a call was given up: it is put right once more. */
  const settleLate = async (to: ThreadWriter, looks: readonly PartView[], first: number) => {
    const doubts = messages.flatMap((message) => message.overtakenAt() ?? []);
    if (doubts.length === 0) return;
    const restMs = Math.max(...doubts) + LATE_MS - deps.now();
    if (restMs > 0) await to.pause(restMs);
    for (const [i, look] of looks.entries()) await messages[first + i]?.reassert(look);
  };

  /** Until there is something to write: a change, the end, or a stream that has to be ended. */
  const nextOccasion = () => {
    const left = messages.flatMap((message) => message.streamLeftMs() ?? []);
    const event = Promise.race([change.rung(), finished.promise]);
    return left.length > 0 ? until(signal, event, deps.pause, Math.min(...left)) : until(signal, event);
  };

  const hasContent = ({ text, tasks, notice, long }: ReplyView) =>
    text.trim() !== '' || tasks.length > 0 || notice !== undefined || long === true;

  const run = async () => {
    if (turn.quietMs > 0) await deps.pause(turn.quietMs, signal);
    writer = await openWriter();
    // A lost worker may have posted what it could not put on record any more.
    if (turn.attempt > 1 && known.length === 0 && turn.invoked) deps.onDoubt();
    known.forEach((_, i) => {
      if (writer) messageAt(i, writer);
    });
    if (!direct && !finishing) await writer.typing();
    for (;;) {
      await nextOccasion();
      const opened = messages.some((message) => message.isOpen());
      if (!opened && !finishing && hasContent(wanted) && !wanted.goesOn)
        await until(signal, finished.promise, deps.pause, GATHER_MS);
      if (finishing) return conclude(writer);
      change.silence();
      const wait = await progress(writer);
      const pace = messages.findLast((message) => message.isOpen())?.paceMs() ?? 0;
      await until(signal, finished.promise, deps.pause, Math.max(wait, pace));
    }
  };

  const want = (view: ReplyView) => {
    wanted = view;
    change.ring();
    writing ??= run();
    // `finish` waits for the same promise and reports the failure; until then it must not count as unhandled.
    writing.catch(() => change.ring());
  };

  return {
    show: want,
    // There is no other place where the time could be said meanwhile.
    untakenMs: () => undefined,
    async finish(view) {
      finishing = true;
      want(view);
      finished.resolve();
      await writing;
      deps.onFinished(writer?.calls() ?? 0);
      return posted();
    },
  };
}
