import type { Urgency } from '../store/call-pacing.ts';
import type { Pause } from '../turns/pace.ts';
import { TRIES, waitAfterTry } from '../turns/patience.ts';
import { LaneLost, ReplyRefused } from '../turns/reply.ts';
import type { SlackClient } from './client.ts';
import { type SlackFailure, slackFailure } from './failures.ts';
import type { Pacing } from './pacing.ts';
import { openingTaskId } from './render.ts';
import type { SlackAnswer } from './web-api.ts';

/** Slack itself fails, perhaps with this very call. */
const ITS_OWN: ReadonlySet<string> = new Set(['internal_error', 'fatal_error']);
/** The one call that nobody sees. */
const LOOK = 'conversations.replies';
const HISTORY_PAGE = 200;
/** A call whose answer was lost may still be under way at Slack: before it is made again, it gets so long. */
const SECOND_LOOK_MS = 2_000;
/** A wait for less than this is not worth doing anything meanwhile. */
const LONG_MS = 2_000;
/** After a wait longer than this, somebody else may have been told to wait longer still. */
const ASK_AGAIN_AFTER_MS = 1_000;

export interface ThreadWriterDeps {
  readonly client: SlackClient;
  readonly pacing: Pacing;
  readonly workspace: string;
  readonly channel: string;
  readonly thread: string;
  /** The `ts` of the question: nothing of ours is older. */
  readonly since: string;
  readonly turnId: string;
  readonly assertHeld: () => void;
  readonly signal: AbortSignal;
  readonly pause: Pause;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** What can be done while a call has to wait for so many milliseconds. */
export type Meanwhile = (waitMs: number) => Promise<void>;

/** Thrown by `attempt` when Slack said no, for the caller to choose another way. */
export class SlackRefusal extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`Slack refused the call: ${code}`);
    this.name = 'SlackRefusal';
    this.code = code;
  }
}

/** Slack takes no more of this kind for now, and the write can wait or be overtaken. Nothing was written. */
export class NotNow extends Error {
  readonly waitMs: number;
  constructor(method: string, waitMs: number) {
    super(`no ${method} for the next ${waitMs} ms`);
    this.name = 'NotNow';
    this.waitMs = waitMs;
  }
}

/** Nobody knows whether the call was carried out, and asking again did not help. */
export class NoAnswer extends Error {
  constructor(method: string, reason: string) {
    super(`Slack did not answer ${method}: ${reason}`);
    this.name = 'NoAnswer';
  }
}

/** What `conversations.replies` says of a message, as far as we look. */
export type ThreadMessage = Readonly<Record<string, unknown>>;

export type ThreadWriter = ReturnType<typeof createThreadWriter>;

/** Guarded writes to one thread: paced, the lane checked right before each call, and waiting for Slack is done here. */
export function createThreadWriter(deps: ThreadWriterDeps) {
  let calls = 0;
  let takenAt = deps.now();
  /** When the last creating call was left without an answer; counts once one had to be made again. Milliseconds. */
  let unanswered = { at: 0, repeated: false };
  const paced = (method: string) => ({ method, workspace: deps.workspace, channel: deps.channel });

  /** Answers how much of the wait is left. */
  async function use(waitMs: number, meanwhile: Meanwhile | undefined): Promise<number> {
    if (!meanwhile || waitMs < LONG_MS) return waitMs;
    const before = deps.now();
    await meanwhile(waitMs);
    return Math.max(0, waitMs - (deps.now() - before));
  }

  async function admit(method: string, urgency: Urgency, meanwhile?: Meanwhile): Promise<void> {
    deps.assertHeld();
    const slot = await deps.pacing.ask(paced(method), urgency);
    if (!slot.granted) throw new NotNow(method, slot.waitMs);
    for (let waitMs = await use(slot.waitMs, meanwhile); waitMs > 0; ) {
      await deps.pause(waitMs, deps.signal);
      waitMs = waitMs > ASK_AGAIN_AFTER_MS ? await deps.pacing.heldMs(paced(method)) : 0;
    }
  }

  /**
   * One call, when Slack may be asked: only what is final waits, everything else throws `NotNow` instead. `args` are asked for right before
   * the call is made. Throws the client's errors.
   */
  async function send(
    method: string,
    args: Record<string, unknown> | (() => Record<string, unknown>),
    urgency: Urgency,
    meanwhile?: Meanwhile,
  ): Promise<SlackAnswer> {
    await admit(method, urgency, meanwhile);
    deps.assertHeld();
    calls += 1;
    const answer = await deps.client.call(method, typeof args === 'function' ? args() : args);
    if (method !== LOOK) takenAt = deps.now();
    return answer;
  }

  /** Slack answered 429: all workers keep away for as long, and what is not final gives way. */
  async function limited(
    method: string,
    waitMs: number,
    urgency: Urgency,
    meanwhile?: Meanwhile,
  ): Promise<void> {
    await deps.pacing.hold(paced(method), waitMs);
    if (urgency !== 'final') throw new NotNow(method, waitMs);
    await deps.pause(await use(waitMs, meanwhile), deps.signal);
  }

  /**
   * Calls until Slack has answered. After an unknown outcome `settle` looks whether the call was carried out and
   * gives its answer; without a `settle` the call is one that may be repeated.
   */
  async function attempt(
    method: string,
    args: Record<string, unknown>,
    urgency: Urgency,
    settle?: (reason: string) => Promise<SlackAnswer | undefined>,
  ): Promise<SlackAnswer> {
    let last = '';
    for (let tries = 0; tries < (ITS_OWN.has(last) ? TRIES.few : TRIES.outage); tries += 1) {
      try {
        return await send(method, args, urgency);
      } catch (error) {
        const failure = failureOf(error);
        if (failure.kind === 'refused') throw new SlackRefusal(failure.code);
        if (failure.kind === 'rate_limited') {
          // Waiting for its turn is no failed try.
          tries -= 1;
          await limited(method, failure.waitMs, urgency);
          continue;
        }
        last = failure.reason;
        await deps.pause(waitAfterTry(tries), deps.signal);
        const settled = await settle?.(last);
        if (settled) return settled;
      }
    }
    throw new NoAnswer(method, last);
  }

  /** The bot's messages in the thread since the question, page by page. */
  async function* botMessages(): AsyncGenerator<ThreadMessage> {
    let cursor: string | undefined;
    do {
      const page = await attempt(
        LOOK,
        {
          channel: deps.channel,
          ts: deps.thread,
          oldest: deps.since,
          limit: HISTORY_PAGE,
          include_all_metadata: true,
          ...(cursor ? { cursor } : {}),
        },
        'final',
        // Without reading nobody can tell whether the message stands there; this is no refusal to write it.
      ).catch(final);
      yield* asRecords(page.messages).filter((one) => one.bot_id !== undefined);
      const next = asRecord(page.response_metadata).next_cursor;
      cursor = typeof next === 'string' && next !== '' ? next : undefined;
    } while (cursor);
  }

  /** The first message of the bot in the thread that `is` the one. */
  async function findMessage(is: (message: ThreadMessage) => boolean): Promise<ThreadMessage | undefined> {
    for await (const message of botMessages()) if (is(message)) return message;
    return undefined;
  }

  /** The message of this part, if one already stands in the thread: by our marker, or by the stream's opening step. */
  async function findPart(part: number, except?: string): Promise<string | undefined> {
    const taskId = JSON.stringify(openingTaskId(deps.turnId, part));
    const found = await findMessage((message) => {
      if (message.ts === except) return false;
      const payload = asRecord(asRecord(message.metadata).event_payload);
      const marked = payload.turn === deps.turnId && Number(payload.part) === part;
      return marked || JSON.stringify(message).includes(taskId);
    });
    return found && String(found.ts);
  }

  /** Creates a message once: after an unknown outcome the thread is read before anything is sent again. */
  function create(
    method: string,
    part: number,
    args: Record<string, unknown>,
    urgency: Urgency,
  ): Promise<string> {
    const settle = async (reason: string) => {
      unanswered = { ...unanswered, at: deps.now() };
      let ts = await findPart(part);
      if (ts === undefined && reason === 'no_answer') {
        await deps.pause(SECOND_LOOK_MS, deps.signal);
        ts = await findPart(part);
      }
      if (ts !== undefined) return { ts };
      unanswered = { ...unanswered, repeated: true };
      return undefined;
    };
    return attempt(method, args, urgency, settle).then((answer) => String(answer.ts));
  }

  return {
    send,
    attempt,
    create,
    findPart,
    findMessage,
    botMessages,
    /**
     * When the last creating call was left without an answer, if one was made again: what the earlier ones were to
     * create may stand there too, or appear yet. Milliseconds.
     */
    repeatedAt: () => (unanswered.repeated ? unanswered.at : undefined),
    limited,
    /** Tells all workers for how long Slack wants no such call. */
    held: (method: string, waitMs: number) => deps.pacing.hold(paced(method), waitMs),
    /** For what is no call of the Web API: throws unless this worker may write. */
    assertHeld: deps.assertHeld,
    pause: (ms: number) => deps.pause(ms, deps.signal),
    calls: () => calls,
    /** For how long Slack has taken nothing that shows. Milliseconds. */
    untakenMs: () => deps.now() - takenAt,
  };
}

/** Sorts an error; what is not Slack's is thrown on. */
export function failureOf(error: unknown): SlackFailure {
  if (error instanceof LaneLost) throw error;
  const failure = slackFailure(error);
  if (!failure) throw error;
  return failure;
}

/** A refusal nobody can work around ends the reply. */
export function final(error: unknown): never {
  if (error instanceof SlackRefusal) throw new ReplyRefused(error.code);
  throw error;
}

export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export function asRecords(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(asRecord) : [];
}
