import type { Connection } from '../store/connection.ts';
import { defineScript, type ScriptArgument } from '../store/scripts.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type CallLimit, type CallLimits, SLACK_LIMITS } from './pacing-limits.ts';
import { PACE, PACE_HELD, PACE_HOLD } from './pacing-lua.ts';

/**
 * greeting  the first sign that somebody was heard: at once, without a question to Redis, or not at all
 * aside     a courtesy that nobody waits for: allowed now, or later, or left out, and never in the way of a reply
 * progress  is overtaken by the next write: allowed now, or left out
 * ahead     last words whose final write has to wait: allowed now, out of what is kept for final writes, or left out
 * final     has to become visible: goes at once, and waits for its turn when Slack has lately refused some
 */
export type Urgency = 'greeting' | 'aside' | 'progress' | 'ahead' | 'final';

export interface PacedCall {
  readonly method: string;
  readonly workspace: string;
  readonly channel: string;
}

export interface Slot {
  /** Never false for what is final. */
  readonly granted: boolean;
  /** Before the call may be made; when it is not granted, before asking again makes sense. Milliseconds. */
  readonly waitMs: number;
}

/** What all workers together send to Slack. */
export interface Pacing {
  /** Asks for one call. A granted one is counted whether it is made or not. */
  ask(call: PacedCall, urgency: Urgency): Promise<Slot>;
  /** Slack said that it takes none for so long (`Retry-After`): everybody keeps to it. */
  hold(call: PacedCall, ms: number): Promise<void>;
  /** How long Slack wants no such call. Milliseconds. */
  heldMs(call: PacedCall): Promise<number>;
}

export interface PacingDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly log: Logger;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly limits?: CallLimits;
  /** Epoch milliseconds instead of Redis' own clock. */
  readonly clock?: () => number;
}

/** Nobody waits longer for an allowance than this: Slack's own 429 protects as well. */
const ASK_LIMIT_MS = 500;
/**
 * Slack lets bursts pass that its published limits would not. Holding final writes back on a guess would delay answers
 * that Slack would have taken. Once it has answered 429, they stand in line for twice as long as it wanted to be left
 * alone, at most so long; each time that it says so again, for twice as long as before, at most `mostMs`. Refusals that
 * lie further apart than `memoryMs` have nothing to do with each other.
 */
const IN_LINE = { firstMs: 30_000, mostMs: 120_000, memoryMs: 120_000 } as const;
/** After a question that Redis did not answer, the next ones are not asked for so long. */
const ALONE_MS = 2_000;

/** Pacing shared by all workers through Redis. While Redis cannot be asked, every call is allowed. */
export function createPacing(deps: PacingDeps): Pacing {
  const { redis, keyPrefix, log, limits = SLACK_LIMITS, now } = deps;
  const [pace, hold, held] = [PACE, PACE_HOLD, PACE_HELD].map((source) =>
    defineScript(source, keyPrefix),
  ) as [ReturnType<typeof defineScript>, ReturnType<typeof defineScript>, ReturnType<typeof defineScript>];
  /**
   * Until when Slack wants no such calls, as far as this process knows: from Slack, and from every answer of Redis. For
   * calls that are not asked for, and for the time that Redis cannot be asked.
   */
  const holds = new Map<string, number>();
  let alone = false;
  let aloneUntil = Number.NEGATIVE_INFINITY;

  const nameOf = (call: PacedCall, limit: CallLimit | undefined) =>
    [call.workspace, call.method, ...(limit?.each === 'channel' ? [call.channel] : [])].join(':');

  const heldBack = (name: string): number => {
    const left = (holds.get(name) ?? 0) - now();
    if (left <= 0) holds.delete(name);
    return Math.max(0, left);
  };
  const holdBack = (name: string, ms: number) => holds.set(name, now() + Math.max(ms, heldBack(name)));

  /** Undefined when Redis does not answer in time. */
  async function run(
    script: ReturnType<typeof defineScript>,
    workspace: string,
    name: string,
    ...args: ScriptArgument[]
  ): Promise<unknown> {
    if (now() < aloneUntil) return undefined;
    try {
      const asked = script(redis, [workspace, name, deps.clock?.() ?? '', ...args]);
      const answer = await within(ASK_LIMIT_MS, asked);
      if (alone) log.info('the pacing of Slack calls is shared again');
      alone = false;
      return answer;
    } catch (error) {
      if (!alone) log.warn({ err: error }, 'Redis does not pace the Slack calls; they are made as they come');
      alone = true;
      aloneUntil = now() + ALONE_MS;
      return undefined;
    }
  }

  return {
    async ask(call, urgency) {
      const limit = limits[call.method];
      const name = nameOf(call, limit);
      const final = urgency === 'final';
      if (limit && urgency !== 'greeting') {
        const { calls, periodMs } = limit;
        const share = urgency === 'progress' || urgency === 'aside' ? limit[urgency] : calls;
        const answer = await run(pace, call.workspace, name, calls, share, periodMs, final ? 1 : 0);
        if (answer !== undefined) {
          const [granted, waitMs, ...others] = answer as [number, number, ...unknown[]];
          for (let i = 0; i < others.length; i += 2) holdBack(String(others[i]), Number(others[i + 1]));
          return { granted: granted === 1, waitMs };
        }
      }
      const waitMs = heldBack(name);
      return { granted: final || waitMs === 0, waitMs };
    },
    async hold(call, ms) {
      const limit = limits[call.method];
      const name = nameOf(call, limit);
      holdBack(name, ms);
      const { firstMs, mostMs, memoryMs } = IN_LINE;
      if (limit) await run(hold, call.workspace, name, Math.ceil(ms), firstMs, mostMs, memoryMs);
    },
    async heldMs(call) {
      const limit = limits[call.method];
      const name = nameOf(call, limit);
      const answer = limit && (await run(held, call.workspace, name));
      return answer === undefined ? heldBack(name) : Number(answer);
    },
  };
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
