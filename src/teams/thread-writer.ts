import type { Urgency } from '../store/call-pacing.ts';
import type { Pause } from '../turns/pace.ts';
import { TRIES, waitAfterTry } from '../turns/patience.ts';
import { LaneLost, ReplyRefused } from '../turns/reply.ts';
import type { CallPlace, Connector, OutgoingActivity } from './connector.ts';
import { type StreamOver, type TeamsFailure, teamsFailure } from './failures.ts';
import type { TeamsPacing } from './pacing.ts';

/** Words of a stream that may not have been shown are sent again after this time. */
const CHUNK_AGAIN_MS = 1_200;
/** After a wait longer than this, somebody else may have been told to wait longer still. */
const ASK_AGAIN_AFTER_MS = 1_000;

export interface ThreadWriterDeps {
  readonly connector: Connector;
  readonly pacing: TeamsPacing;
  readonly place: CallPlace;
  readonly assertHeld: () => void;
  readonly signal: AbortSignal;
  readonly pause: Pause;
  /** A message may stand there twice: Teams has no history to look it up in. */
  readonly onDoubt: () => void;
}

/** Teams takes no more for now, and the write can wait or be overtaken. Nothing was written. */
export class NotNow extends Error {
  readonly waitMs: number;
  constructor(waitMs: number) {
    super(`no call for the next ${waitMs} ms`);
    this.name = 'NotNow';
    this.waitMs = waitMs;
  }
}

/** A stream takes no more. */
export class StreamEnded extends Error {
  readonly why: StreamOver;
  constructor(why: StreamOver) {
    super(`the stream is over: ${why}`);
    this.name = 'StreamEnded';
    this.why = why;
  }
}

/** The message that should be changed is not there any more; or what should be posted has no place. */
export class MessageGone extends ReplyRefused {
  constructor(code: string) {
    super(code);
    this.name = 'MessageGone';
  }
}

/** Nobody knows whether the call was carried out, and asking again did not help. */
export class NoAnswer extends Error {
  constructor(reason: string) {
    super(`Teams did not answer: ${reason}`);
    this.name = 'NoAnswer';
  }
}

export type ThreadWriter = ReturnType<typeof createThreadWriter>;

/** Guarded writes to one thread: paced, the lane checked right before each call, and waiting for Teams is done here. */
export function createThreadWriter(deps: ThreadWriterDeps) {
  const { connector, pacing, place } = deps;
  let calls = 0;

  /** Only what is final waits; everything else throws `NotNow`. */
  async function admit(urgency: Urgency): Promise<void> {
    deps.assertHeld();
    const slot = await pacing.ask(place, urgency);
    if (!slot.granted) throw new NotNow(slot.waitMs);
    for (let { waitMs } = slot; waitMs > 0; ) {
      await deps.pause(waitMs, deps.signal);
      waitMs = waitMs > ASK_AGAIN_AFTER_MS ? await pacing.heldMs(place) : 0;
    }
    deps.signal.throwIfAborted();
    deps.assertHeld();
    calls += 1;
  }

  /**
   * Calls until Teams has answered. `onUnknown`: the call may have been carried out, and is about to be repeated.
   * `mostUnanswered`: so often without any answer, no more.
   */
  async function attempt<T>(
    urgency: Urgency,
    call: () => Promise<T>,
    onUnknown: () => void = () => undefined,
    mostUnanswered: number = TRIES.outage,
  ): Promise<T> {
    let last = '';
    let unanswered = 0;
    for (let tries = 0; tries < TRIES.outage && unanswered < mostUnanswered; tries += 1) {
      await admit(urgency);
      try {
        return await call();
      } catch (error) {
        const failure = failureOf(error);
        switch (failure.kind) {
          case 'refused':
            if (/^(?:ActivityNotFound|http_404$|MessageNotFound)/.test(failure.code))
              throw new MessageGone(failure.code);
            throw new ReplyRefused(failure.code);
          case 'stream_over':
            throw new StreamEnded(failure.why);
          case 'rate_limited':
            // Waiting for its turn is no failed try.
            tries -= 1;
            await pacing.hold(place, failure.waitMs);
            if (urgency !== 'final') throw new NotNow(failure.waitMs);
            await deps.pause(failure.waitMs, deps.signal);
            continue;
          case 'unknown':
            if (!failure.reason.startsWith('http_')) unanswered += 1;
            onUnknown();
            break;
          case 'not_sent':
            break;
          default:
            failure satisfies never;
        }
        last = failure.reason;
        await deps.pause(waitAfterTry(tries), deps.signal);
      }
    }
    throw new NoAnswer(last);
  }

  return {
    /**
     * Posts a message, or begins a stream: then it throws StreamEnded. Answers its id; undefined where it stands there, and
     * cannot be changed. Each try without an answer may leave one more.
     */
    async post(activity: OutgoingActivity, urgency: Urgency): Promise<string | undefined> {
      const id = await attempt(urgency, () => connector.send(place, activity), deps.onDoubt, TRIES.few);
      // What is final stands there once. Anything else will stand beside it.
      if (id === undefined && urgency !== 'final') deps.onDoubt();
      return id;
    },
    /**
     * More of a stream. Once: the next chunk says all of it again. Throws StreamEnded, and NotNow also when nobody knows
     * whether it was shown.
     */
    async chunk(activity: OutgoingActivity): Promise<void> {
      await admit('progress');
      try {
        await connector.signal(place, activity);
      } catch (error) {
        const failure = failureOf(error);
        if (failure.kind === 'stream_over') throw new StreamEnded(failure.why);
        if (failure.kind === 'refused') throw new ReplyRefused(failure.code);
        if (failure.kind === 'rate_limited') {
          await pacing.hold(place, failure.waitMs);
          throw new NotNow(failure.waitMs);
        }
        throw new NotNow(CHUNK_AGAIN_MS);
      }
    },
    /** Ends a stream. Throws StreamEnded, MessageGone. */
    end: (activity: OutgoingActivity, urgency: Urgency): Promise<void> =>
      attempt(urgency, () => connector.signal(place, activity)),
    /** Throws MessageGone, StreamEnded. */
    update: (
      id: string,
      activity: OutgoingActivity,
      urgency: Urgency,
      onUnknown: () => void,
    ): Promise<void> => attempt(urgency, () => connector.update(place, id, activity), onUnknown),
    /** Throws MessageGone. */
    remove: (id: string): Promise<void> => attempt('final', () => connector.remove(place, id)),
    /** Shows that something is being written. Never in the way of anything. */
    async typing(): Promise<void> {
      try {
        await admit('aside');
        await connector.signal(place, { type: 'typing' });
      } catch (error) {
        if (error instanceof NotNow) return;
        const failure = failureOf(error);
        if (failure.kind === 'rate_limited') await pacing.hold(place, failure.waitMs);
      }
    },
    pause: (ms: number) => deps.pause(ms, deps.signal),
    calls: () => calls,
  };
}

/** Sorts an error; what is not Teams' is thrown on. */
function failureOf(error: unknown): TeamsFailure {
  const failure = error instanceof LaneLost ? undefined : teamsFailure(error);
  if (!failure) throw error;
  return failure;
}
