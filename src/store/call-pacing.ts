import type { Logger } from '../telemetry/logger.ts';
import { PACE, PACE_HELD, PACE_HOLD } from './call-pacing-lua.ts';
import type { Connection } from './connection.ts';
import { defineScript, type ScriptArgument } from './scripts.ts';

/**
 * greeting  the first sign that somebody was heard: at once, without a question to Redis, or not at all
 * aside     a courtesy that nobody waits for: allowed now, or later, or left out, and never in the way of a reply
 * progress  is overtaken by the next write: allowed now, or left out
 * ahead     last words whose final write has to wait: allowed now, out of what is kept for final writes, or left out
 * final     has to become visible: goes at once, and waits for its turn when the platform has lately refused some
 */
export type Urgency = 'greeting' | 'aside' | 'progress' | 'ahead' | 'final';

export interface CallWindow {
  /** Calls within `periodMs`. */
  readonly calls: number;
  /** So many of them may be progress, which a later write overtakes. The rest is kept for final writes. */
  readonly progress: number;
  /** Nothing that is only a courtesy when so many were made: the rest is kept for replies. */
  readonly aside: number;
  readonly periodMs: number;
}

/** What one call is held to. */
export interface CallRules {
  /** Whoever shares nothing with others: a Slack workspace, a Teams tenant. */
  readonly workspace: string;
  /** Calls of one name are counted together, and held back together. */
  readonly name: string;
  /** Each has to have room. None: it is not counted, and not asked for. */
  readonly windows: readonly CallWindow[];
  /** What calls of all names of the workspace share. */
  readonly together?: CallWindow;
  /** Final calls wait for room as well, also before the platform has refused any. */
  readonly strict?: true;
}

export interface Slot {
  /** Never false for what is final. */
  readonly granted: boolean;
  /** Before the call may be made; when it is not granted, before asking again makes sense. Milliseconds. */
  readonly waitMs: number;
}

/** What all workers together send to a platform. */
export interface CallPacing<Call> {
  /** Asks for one call. A granted one is counted whether it is made or not. */
  ask(call: Call, urgency: Urgency): Promise<Slot>;
  /** The platform said that it takes none for so long (`Retry-After`): everybody keeps to it. */
  hold(call: Call, ms: number): Promise<void>;
  /** How long the platform wants no such call. Milliseconds. */
  heldMs(call: Call): Promise<number>;
}

export interface CallPacingDeps<Call> {
  /** Its name, for the log. */
  readonly platform: string;
  readonly rulesOf: (call: Call) => CallRules;
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly log: Logger;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Epoch milliseconds instead of Redis' own clock. */
  readonly clock?: () => number;
}

/** Nobody waits longer for an allowance than this: the platform's own 429 protects as well. */
const ASK_LIMIT_MS = 500;
/**
 * Unless its rules are strict, a platform lets bursts pass that its published limits would not. Holding final writes back
 * on a guess would delay answers that it would have taken. Once it has answered 429, they stand in line for twice as long as it wanted to be left
 * alone, at most so long; each time that it says so again, for twice as long as before, at most `mostMs`. Refusals that
 * lie further apart than `memoryMs` have nothing to do with each other.
 *
 * A short refusal now and then is no limit: a line would then grow faster than it moves, since it moves at the published
 * rate. None is made for one of at most `strayMs` while `strayCalls` or more are taken between two, on the average.
 */
const IN_LINE = {
  firstMs: 30_000,
  mostMs: 120_000,
  memoryMs: 120_000,
  strayMs: 5_000,
  strayCalls: 3,
} as const;
/** After a question that Redis did not answer, the next ones are not asked for so long. */
const ALONE_MS = 2_000;

/** With more than these, those that are over are looked for and forgotten. */
const MANY_HOLDS = 1_000;

/** Pacing shared by all workers through Redis. While Redis cannot be asked, every call is allowed. */
export function createCallPacing<Call>(deps: CallPacingDeps<Call>): CallPacing<Call> {
  const { redis, keyPrefix, log, now, platform, rulesOf } = deps;
  const pace = defineScript(PACE, keyPrefix);
  const hold = defineScript(PACE_HOLD, keyPrefix);
  const held = defineScript(PACE_HELD, keyPrefix);
  /**
   * Until when the platform wants no such calls, as far as this process knows: from itself, and from every answer of Redis. For
   * calls that are not asked for, and for the time that Redis cannot be asked.
   */
  const holds = new Map<string, number>();
  let alone = false;
  let aloneUntil = Number.NEGATIVE_INFINITY;

  const heldBack = (name: string): number => {
    const left = (holds.get(name) ?? 0) - now();
    if (left <= 0) holds.delete(name);
    return Math.max(0, left);
  };
  const holdBack = (name: string, ms: number) => {
    // A thread in Teams that was held back may never be written in again.
    if (holds.size >= MANY_HOLDS) for (const one of holds.keys()) heldBack(one);
    holds.set(name, now() + Math.max(ms, heldBack(name)));
  };

  /** Undefined when Redis does not answer in time. */
  async function run(
    script: ReturnType<typeof defineScript>,
    { workspace, name }: CallRules,
    ...args: ScriptArgument[]
  ): Promise<unknown> {
    if (now() < aloneUntil) return undefined;
    try {
      const asked = script(redis, [workspace, name, deps.clock?.() ?? '', ...args]);
      const answer = await within(ASK_LIMIT_MS, asked);
      if (alone) log.info(`the pacing of ${platform} calls is shared again`);
      alone = false;
      return answer;
    } catch (error) {
      if (!alone)
        log.warn({ err: error }, `Redis does not pace the ${platform} calls; they are made as they come`);
      alone = true;
      aloneUntil = now() + ALONE_MS;
      return undefined;
    }
  }

  return {
    async ask(call, urgency) {
      const rules = rulesOf(call);
      const { name, windows, together, strict } = rules;
      const final = urgency === 'final';
      if (windows.length > 0 && urgency !== 'greeting') {
        const share = (window: CallWindow) =>
          urgency === 'progress' || urgency === 'aside' ? window[urgency] : window.calls;
        const numbers = (window: CallWindow) => [window.calls, share(window), window.periodMs];
        const shared = together ? numbers(together) : [0, 0, 0];
        const limits = [...shared, ...windows.flatMap(numbers)];
        const answer = await run(pace, rules, final ? 1 : 0, strict ? 1 : 0, ...limits);
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
      const rules = rulesOf(call);
      holdBack(rules.name, ms);
      const line = [IN_LINE.firstMs, IN_LINE.mostMs, IN_LINE.memoryMs, IN_LINE.strayMs, IN_LINE.strayCalls];
      if (rules.windows.length > 0) await run(hold, rules, Math.ceil(ms), ...line);
    },
    async heldMs(call) {
      const rules = rulesOf(call);
      const answer = rules.windows.length > 0 ? await run(held, rules) : undefined;
      return answer === undefined ? heldBack(rules.name) : Number(answer);
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
