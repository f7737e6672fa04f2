import type { Logger } from '../telemetry/logger.ts';
import { ReplyRefused } from '../turns/reply.ts';
import type { PostedPart } from '../turns/turn.ts';
import { MARKER_EVENT } from './render.ts';
import type { ReplyPart } from './reply-part.ts';
import { asRecord, NoAnswer, type ThreadMessage, type ThreadWriter } from './thread-writer.ts';

/** For so long after its answer was given up, a call may still be carried out. */
const LATE_MS = 5_000;

export interface LateWritesDeps {
  readonly writer: ThreadWriter;
  readonly turnId: string;
  /** Another worker has begun this reply. What it sent may stand in the thread without being on record. */
  readonly takenOver: boolean;
  /** The thread may be left unread when Slack does not answer: the reply itself is complete. */
  readonly lastTry: boolean;
  /** Takes a message of this turn away. */
  readonly remove: (message: PostedPart) => Promise<void>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * Slack may carry out a call that was given up for lost, after we have looked and called again: then a message stands
 * there twice, or an older look comes back. So a reply in which that can have happened is looked at once more when it
 * is complete, and before its end goes on record; a successor of a worker that is lost in between does the same. A
 * reply in which nothing was in doubt costs nothing.
 */
export function createLateWrites(deps: LateWritesDeps) {
  const { writer, turnId, now, log } = deps;
  const begunAt = now();

  async function removeCopies(own: ReadonlySet<string>): Promise<void> {
    const copies: PostedPart[] = [];
    for await (const message of writer.botMessages()) {
      const id = String(message.ts);
      const found = own.has(id) ? undefined : traceOf(message, turnId);
      if (found) copies.push({ id, streaming: found === 'stream' });
    }
    for (const copy of copies) {
      try {
        await deps.remove(copy);
        log.info({ turn: turnId, ts: copy.id }, 'a message that Slack had posted twice was taken away');
      } catch (error) {
        if (!(error instanceof ReplyRefused)) throw error;
        log.warn(
          { turn: turnId, ts: copy.id, err: error },
          'a message that stands twice could not be changed',
        );
      }
    }
  }

  return {
    /** `own`: the messages that are the reply. Everything else that carries its mark goes. */
    async settle(parts: readonly ReplyPart[], own: readonly PostedPart[]): Promise<void> {
      const repeatedAt = writer.repeatedAt() ?? (deps.takenOver ? begunAt : undefined);
      const doubts = [repeatedAt, ...parts.map((part) => part.overtakenAt())].filter(
        (at) => at !== undefined,
      );
      if (doubts.length === 0) return;
      const restMs = Math.max(...doubts) + LATE_MS - now();
      if (restMs > 0) await writer.pause(restMs);
      for (const part of parts) await part.reassert();
      if (repeatedAt === undefined) return;
      try {
        await removeCopies(new Set(own.map(({ id }) => id)));
      } catch (error) {
        if (!(error instanceof ReplyRefused || (error instanceof NoAnswer && deps.lastTry))) throw error;
        log.warn({ turn: turnId, err: error }, 'nobody could look whether Slack has posted a message twice');
      }
    },
  };
}

/** What says that a message is of this turn: the mark of a complete message, or a step of a stream without one. */
function traceOf(message: ThreadMessage, turnId: string): 'mark' | 'stream' | undefined {
  const { event_type: type, event_payload: payload } = asRecord(message.metadata);
  if (type === MARKER_EVENT && asRecord(payload).turn === turnId) return 'mark';
  const step = `id":${JSON.stringify(`${turnId}.`).slice(0, -1)}`;
  return JSON.stringify(message).includes(step) ? 'stream' : undefined;
}
