import { EMPTY_VIEW, type ReplyView } from '../chat/vocabulary.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { OpenReply, Reply, ReplyTarget } from '../turns/reply.ts';
import type { PostedPart } from '../turns/turn.ts';
import type { SlackClient } from './client.ts';
import { createBell, type Pause, until } from './pace.ts';
import { isBlank, partsOf } from './render.ts';
import { createReplyPart, type ReplyPart } from './reply-part.ts';
import { createStatusLine } from './status-line.ts';
import { createThreadWriter } from './thread-writer.ts';

export interface SlackRepliesDeps {
  readonly client: SlackClient;
  readonly pause: Pause;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** How many Web API calls a finished reply has needed. */
  readonly onFinished?: (calls: number) => void;
  readonly log: Logger;
  /** Between two writes to one reply. */
  readonly paceMs?: number;
}

const PACE_MS = 800;
/** A reply that is complete within this time after its first words is posted as one message. */
const GATHER_MS = 60;

/**
 * Replies in Slack threads. A single writer per reply brings the thread to the newest view, one call after another,
 * so that views which come faster than Slack takes them are simply overtaken.
 */
export function createSlackReplies(deps: SlackRepliesDeps): OpenReply {
  return (target) => openReply(deps, target);
}

function openReply(deps: SlackRepliesDeps, target: ReplyTarget): Reply {
  const { turn, signal } = target;
  const { key, sender, kind } = turn.message;
  const writer = createThreadWriter({
    client: deps.client,
    channel: key.conversation,
    thread: key.thread,
    turnId: turn.id,
    assertHeld: target.assertHeld,
    signal,
    pause: deps.pause,
  });
  const quiet = turn.quietMs > 0 ? deps.pause(turn.quietMs, signal) : Promise.resolve();
  // A turn given up before its first word has nobody who waits for this.
  quiet.catch(() => undefined);
  const status = createStatusLine({
    ...deps,
    writer,
    channel: key.conversation,
    thread: key.thread,
    after: quiet,
  });
  const parts: ReplyPart[] = [];
  const change = createBell();
  const finish = createBell();
  let wanted: ReplyView = EMPTY_VIEW;
  let finishing = false;
  let recorded = JSON.stringify(turn.posted);
  let writing: Promise<void> | undefined;

  const partAt = (index: number): ReplyPart => {
    parts[index] ??= createReplyPart(
      {
        writer,
        channel: key.conversation,
        thread: key.thread,
        turnId: turn.id,
        index,
        ...(kind === 'direct' ? {} : { recipient: { user: sender.id, team: sender.tenant } }),
      },
      turn.posted[index],
      turn.attempt > 1,
    );
    return parts[index];
  };

  // What an earlier worker left belongs to this reply, wanted or not.
  turn.posted.forEach((_, i) => {
    partAt(i);
  });

  const posted = (): PostedPart[] => parts.flatMap((part) => part.posted() ?? []);

  /** Only this record tells a successor which messages are ours; what ends the reply is recorded with its end. */
  const record = async () => {
    const now = JSON.stringify(posted());
    if (now === recorded) return;
    recorded = now;
    await target.notePosted(posted());
  };

  const write = async (view: ReplyView, last: boolean) => {
    const looks = partsOf(view);
    for (const [i, look] of looks.entries()) {
      const part = partAt(i);
      // Nothing to show yet takes nothing away that stands there.
      if (part.isClosedAs(look) || (isBlank(look) && !(last && part.isOpen()))) continue;
      const statusReplaced = await status.settled();
      const opens = !part.isOpen();
      if (last || i < looks.length - 1) await part.close(look);
      else await part.sync(look);
      if (opens) statusReplaced();
      if (!last) await record();
    }
    if (last) for (const part of parts.slice(looks.length)) await part.remove();
  };

  const run = async () => {
    await quiet;
    for (;;) {
      if (!finishing) await until(signal, change.rung());
      const opened = parts.some((part) => part.isOpen());
      if (!opened && !finishing && !partsOf(wanted).every(isBlank))
        await until(signal, finish.rung(), deps.pause, GATHER_MS);
      const view = wanted;
      const last = finishing;
      await write(view, last);
      if (last) return status.clear();
      await until(signal, finish.rung(), deps.pause, deps.paceMs ?? PACE_MS);
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
    show(view) {
      if (view.status !== undefined && !finishing) status.show(view.status);
      want(view);
    },
    async finish(view) {
      finishing = true;
      want(view);
      finish.ring();
      await writing;
      deps.onFinished?.(writer.calls());
      return posted();
    },
  };
}
