import { LaneLost, ReplyRefused } from '../turns/reply.ts';
import type { SlackAnswer, SlackClient } from './client.ts';
import { type SlackFailure, slackFailure } from './failures.ts';
import type { Pause } from './pace.ts';
import { openingTaskId } from './render.ts';

/** A call whose outcome stays unknown is repeated this often before the turn is left to a later worker. */
const TRIES = 6;
const BACKOFF_MS = [250, 500, 1_000, 2_000, 4_000] as const;
const HISTORY_PAGE = 200;

export interface ThreadWriterDeps {
  readonly client: SlackClient;
  readonly channel: string;
  readonly thread: string;
  readonly turnId: string;
  readonly assertHeld: () => void;
  readonly signal: AbortSignal;
  readonly pause: Pause;
}

/** Thrown by `attempt` when Slack said no, for the caller to choose another way. */
export class SlackRefusal extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`Slack refused the call: ${code}`);
    this.name = 'SlackRefusal';
    this.code = code;
  }
}

export type ThreadWriter = ReturnType<typeof createThreadWriter>;

/** Guarded writes to one thread: the lane is checked right before each call, and waiting for Slack is done here. */
export function createThreadWriter(deps: ThreadWriterDeps) {
  let calls = 0;
  const send = (method: string, args: Record<string, unknown>): Promise<SlackAnswer> => {
    deps.assertHeld();
    calls += 1;
    return deps.client.call(method, args);
  };

  /**
   * Calls until Slack has answered. After an unknown outcome `settle` looks whether the call was carried out and
   * gives its answer; without a `settle` the call is one that may be repeated. A call beyond Slack's rate waits
   * for its turn, or with `refuse` counts as refused, where there is another way.
   */
  async function attempt(
    method: string,
    args: Record<string, unknown>,
    settle?: () => Promise<SlackAnswer | undefined>,
    whenLimited: 'wait' | 'refuse' = 'wait',
  ): Promise<SlackAnswer> {
    let last = '';
    for (let tries = 0; tries < TRIES; tries += 1) {
      try {
        return await send(method, args);
      } catch (error) {
        const failure = failureOf(error);
        if (failure.kind === 'refused') throw new SlackRefusal(failure.code);
        if (failure.kind === 'rate_limited') {
          if (whenLimited === 'refuse') throw new SlackRefusal('ratelimited');
          // Waiting for its turn is no failed try.
          tries -= 1;
          await deps.pause(failure.waitMs, deps.signal);
          continue;
        }
        last = failure.reason;
        await deps.pause(BACKOFF_MS[Math.min(tries, BACKOFF_MS.length - 1)] ?? 0, deps.signal);
        const settled = await settle?.();
        if (settled) return settled;
      }
    }
    throw new Error(`Slack did not answer ${method}: ${last}`);
  }

  /** The message of this part, if it already stands in the thread: by our marker, or by the stream's opening step. */
  async function findPart(part: number): Promise<string | undefined> {
    const taskId = JSON.stringify(openingTaskId(deps.turnId, part));
    let cursor: string | undefined;
    do {
      const page = await attempt('conversations.replies', {
        channel: deps.channel,
        ts: deps.thread,
        limit: HISTORY_PAGE,
        include_all_metadata: true,
        ...(cursor ? { cursor } : {}),
        // Without reading nobody can tell whether the message stands there; this is no refusal to write it.
      }).catch(final);
      for (const message of asRecords(page.messages)) {
        if (message.bot_id === undefined) continue;
        const payload = asRecord(asRecord(message.metadata).event_payload);
        const marked = payload.turn === deps.turnId && Number(payload.part) === part;
        if (marked || JSON.stringify(message).includes(taskId)) return String(message.ts);
      }
      const next = asRecord(page.response_metadata).next_cursor;
      cursor = typeof next === 'string' && next !== '' ? next : undefined;
    } while (cursor);
    return undefined;
  }

  /** Creates a message once: after an unknown outcome the thread is read before anything is sent again. */
  function create(
    method: string,
    part: number,
    args: Record<string, unknown>,
    whenLimited: 'wait' | 'refuse' = 'wait',
  ): Promise<string> {
    const settle = async () => {
      const ts = await findPart(part);
      return ts === undefined ? undefined : { ts };
    };
    return attempt(method, args, settle, whenLimited).then((answer) => String(answer.ts));
  }

  return {
    send,
    attempt,
    create,
    findPart,
    wait: (ms: number) => deps.pause(ms, deps.signal),
    calls: () => calls,
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

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asRecords(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(asRecord) : [];
}
