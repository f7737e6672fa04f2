import type { Urgency } from '../store/call-pacing.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Pause } from '../turns/pace.ts';
import { LaneLost } from '../turns/reply.ts';
import { slackFailure } from './failures.ts';
import { statusText } from './render.ts';
import { NotNow, type ThreadWriter } from './thread-writer.ts';

export interface StatusLineDeps {
  readonly writer: ThreadWriter;
  readonly channel: string;
  readonly thread: string;
  /** No status is sent before this. */
  readonly after: Promise<void>;
  /** An earlier worker may have left one that nobody took away. */
  readonly leftBehind: boolean;
  readonly pause: Pause;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly log: Logger;
}

const PACE_MS = 3_000;
/** So often a line that stands there is taken away; after that Slack does it, two minutes later. */
const CLEAR_TRIES = 3;
const CLEAR_AGAIN_MS = 500;
/** Whatever it says. */
const SOMETHING = '…';
/** Slack shows these in turn while nothing more is known than that the agent has begun. */
const BEGUN = 'is thinking…';
const LOADING_MESSAGES = ['Reading your question…', 'Looking at your cloud…', 'Putting it together…'];

/**
 * The "is thinking…" line under a thread (`assistant.threads.setStatus`). A passing courtesy: it is paced, and when
 * Slack refuses it the reply goes on without. Slack takes it away by itself when the app posts into the thread, but not
 * when it edits what stands there.
 */
export function createStatusLine(deps: StatusLineDeps) {
  let visible = deps.leftBehind ? SOMETHING : '';
  let sentAt = Number.NEGATIVE_INFINITY;
  let enabled = true;
  /** Slack took what was said last. */
  let taken = true;
  let begun = 0;
  let sending: Promise<void> = deps.after;

  /** Answers when it makes sense to try again, in milliseconds; undefined when it was said, or never will be. */
  const send = async (status: string, urgency: Urgency): Promise<number | undefined> => {
    try {
      const args = {
        channel_id: deps.channel,
        thread_ts: deps.thread,
        status: statusText(status),
        ...(status === BEGUN ? { loading_messages: LOADING_MESSAGES } : {}),
      };
      await deps.writer.send('assistant.threads.setStatus', args, urgency);
      visible = status;
      taken = true;
      return undefined;
    } catch (error) {
      taken = false;
      if (error instanceof LaneLost || error instanceof NotNow) return undefined;
      const failure = slackFailure(error);
      if (!failure) throw error;
      deps.log.info({ failure }, 'the status line could not be set');
      switch (failure.kind) {
        case 'refused':
          enabled = false;
          return undefined;
        case 'rate_limited':
          await deps.writer.held('assistant.threads.setStatus', failure.waitMs);
          return failure.waitMs;
        default:
          // Perhaps it stands there; or still does.
          visible = status || SOMETHING;
          return CLEAR_AGAIN_MS;
      }
    }
  };

  return {
    /** False once Slack has refused it, and while it takes none: then the message says the same. */
    offered: () => enabled && taken,
    show(status: string): void {
      if (!enabled || status === visible || deps.now() - sentAt < PACE_MS) return;
      sentAt = deps.now();
      begun += 1;
      const urgency = begun === 1 ? 'greeting' : 'progress';
      sending = sending.then(() => send(status, urgency)).then(() => undefined);
      // Whoever writes next waits for `settled` and sees the failure there.
      sending.catch((error: unknown) => deps.log.debug({ err: error }, 'the status line stopped'));
    },
    /**
     * A status that lands after the message would stay: a message waits for it. Answers what to call once a new
     * message stands, which took the status away, unless another was sent meanwhile.
     */
    async settled(): Promise<() => void> {
      await sending;
      const before = begun;
      return () => {
        if (begun === before) visible = '';
      };
    },
    async clear(): Promise<void> {
      await sending;
      for (let tries = 1; enabled && visible !== ''; tries += 1) {
        const againMs = await send('', 'final');
        if (againMs === undefined || tries === CLEAR_TRIES) return;
        await deps.writer.pause(againMs);
      }
    },
  };
}
