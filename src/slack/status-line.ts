import type { Logger } from '../telemetry/logger.ts';
import { LaneLost } from '../turns/reply.ts';
import { slackFailure } from './failures.ts';
import type { Pause } from './pace.ts';
import type { Urgency } from './pacing.ts';
import { statusText } from './render.ts';
import { NotNow, type ThreadWriter } from './thread-writer.ts';

export interface StatusLineDeps {
  readonly writer: ThreadWriter;
  readonly channel: string;
  readonly thread: string;
  /** No status is sent before this. */
  readonly after: Promise<void>;
  readonly pause: Pause;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly log: Logger;
}

const PACE_MS = 3_000;
/** Slack shows these in turn while nothing more is known than that the agent has begun. */
const BEGUN = 'is thinking…';
const LOADING_MESSAGES = ['Reading your question…', 'Looking at your cloud…', 'Putting it together…'];

/**
 * The "is thinking…" line under a thread (`assistant.threads.setStatus`). A passing courtesy: it is paced, and when
 * Slack refuses it the reply goes on without. Slack takes it away by itself when the app posts into the thread.
 */
export function createStatusLine(deps: StatusLineDeps) {
  let visible = '';
  let sentAt = Number.NEGATIVE_INFINITY;
  let enabled = true;
  let begun = 0;
  let sending: Promise<void> = deps.after;

  const send = async (status: string, urgency: Urgency) => {
    try {
      const args = {
        channel_id: deps.channel,
        thread_ts: deps.thread,
        status: statusText(status),
        ...(status === BEGUN ? { loading_messages: LOADING_MESSAGES } : {}),
      };
      await deps.writer.send('assistant.threads.setStatus', args, urgency);
      visible = status;
    } catch (error) {
      if (error instanceof LaneLost || error instanceof NotNow) return;
      const failure = slackFailure(error);
      if (!failure) throw error;
      // Perhaps it stands there.
      if (failure.kind === 'unknown') visible = status;
      enabled = failure.kind !== 'refused';
      if (failure.kind === 'rate_limited')
        await deps.writer.held('assistant.threads.setStatus', failure.waitMs);
      deps.log.info({ failure }, 'the status line could not be set');
    }
  };

  return {
    /** False once Slack has refused it. */
    offered: () => enabled,
    show(status: string): void {
      if (!enabled || status === visible || deps.now() - sentAt < PACE_MS) return;
      sentAt = deps.now();
      begun += 1;
      const urgency = begun === 1 ? 'greeting' : 'progress';
      sending = sending.then(() => send(status, urgency));
      // Whoever writes next waits for `settled` and sees the failure there.
      sending.catch((error: unknown) => deps.log.debug({ err: error }, 'the status line stopped'));
    },
    /**
     * A status that lands after the message would stay: a message waits for it. Answers what to call once the
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
      if (visible !== '') await send('', 'final');
    },
  };
}
