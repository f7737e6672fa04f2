import { threadId } from '../chat/keys.ts';
import type { InboundMessage } from '../chat/vocabulary.ts';
import type { Pause } from '../turns/pace.ts';
import type { Background } from './background.ts';
import type { Courtesy } from './courtesy.ts';

/** A question that waits for less than this is not worth a word. */
const SETTLE_MS = 1_000;
/** So many are said at a time: on a busy day they must not crowd out what is being accepted. */
const AT_A_TIME = 2;

export interface WaitingNoteDeps {
  readonly courtesy: Courtesy;
  readonly background: Background;
  /** Where the question of a turn stands in its lane (1 = next or being answered); undefined once it has begun. */
  readonly placeOf: (turnId: string) => Promise<number | undefined>;
  readonly pause: Pause;
  /** Ends all waiting. */
  readonly closing: AbortSignal;
}

/**
 * Tells that a question waits behind others, in the status line under the thread. It goes by itself: Slack takes the
 * line away with the next message of the app, and the turn puts its own in its place when it begins.
 */
export function createWaitingNote(deps: WaitingNoteDeps) {
  const say = (message: Pick<InboundMessage, 'key'>, status: string) =>
    deps.courtesy(message.key.tenant, 'assistant.threads.setStatus', {
      channel_id: message.key.conversation,
      thread_ts: message.key.thread,
      status,
    });

  /** The newest question that waits in each thread: of several in a row only the last says its place. */
  const newest = new Map<string, { readonly message: InboundMessage; readonly turnId: string }>();

  const lines = Array.from({ length: AT_A_TIME }, () => Promise.resolve());
  let next = 0;
  const inLine = (work: () => Promise<void>): Promise<void> => {
    next = (next + 1) % AT_A_TIME;
    const done = (lines[next] ?? Promise.resolve()).then(work);
    // Whoever waits behind a failure goes on all the same.
    lines[next] = done.catch(() => undefined);
    return done;
  };

  const tell = async (thread: string) => {
    try {
      await deps.pause(SETTLE_MS, deps.closing);
    } catch (error) {
      if (deps.closing.aborted) return;
      throw error;
    }
    await inLine(() => tellNow(thread));
  };

  const tellNow = async (thread: string) => {
    const question = newest.get(thread);
    newest.delete(thread);
    if (!question) return;
    const { message, turnId } = question;
    const place = await deps.placeOf(turnId);
    if (place === undefined || place < 2) return;
    const shown = await say(message, waitingText(place));
    // Meanwhile it may have been answered or deleted, and nothing would take the line away.
    if (shown && (await deps.placeOf(turnId)) === undefined) await say(message, '');
  };

  return {
    show(message: InboundMessage, turnId: string): void {
      const thread = threadId(message.key);
      const told = newest.has(thread);
      newest.set(thread, { message, turnId });
      if (!told) deps.background('the place of a waiting question could not be shown', () => tell(thread));
    },

    /** The question was deleted. */
    clear(message: Pick<InboundMessage, 'key'>): void {
      deps.background('the status line could not be cleared', async () => {
        await say(message, '');
      });
    },
  };
}

export function waitingText(place: number): string {
  return `is still busy: your question is number ${place} in this thread`;
}
