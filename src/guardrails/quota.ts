import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Logger } from '../telemetry/logger.ts';
import { GUARDRAIL_RESERVE } from './quota-lua.ts';

/** What AWS allows an account in a region. Source: Service Quotas, on-demand ApplyGuardrail. */
export interface GuardrailLimits {
  readonly callsPerSecond: number;
  /** Text units, of a thousand characters each. */
  readonly unitsPerSecond: number;
}

/** Calls of the guardrail by all processes together. */
export interface GuardrailQuota {
  /**
   * Resolves when the call may be made: true; or at once false, when that would take longer than `patienceMs`.
   *
   * @throws the reason of the signal, which ends the waiting
   */
  take(units: number, patienceMs: number, signal: AbortSignal): Promise<boolean>;
}

/** After a question that Redis did not answer, the next ones are not asked for so long. */
const ALONE_MS = 2_000;

/** While Redis cannot be asked, every call goes through: AWS refuses what is too much. */
export function createGuardrailQuota(deps: {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly limits: GuardrailLimits;
  readonly log: Logger;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}): GuardrailQuota {
  const { redis, keyPrefix, limits, log, now } = deps;
  const reserve = defineScript(GUARDRAIL_RESERVE, keyPrefix);
  let aloneUntil = Number.NEGATIVE_INFINITY;

  async function ask(units: number, patienceMs: number): Promise<number> {
    if (now() < aloneUntil) return 0;
    try {
      const { callsPerSecond, unitsPerSecond } = limits;
      return Number(await reserve(redis, [callsPerSecond, unitsPerSecond, units, Math.floor(patienceMs)]));
    } catch (error) {
      aloneUntil = now() + ALONE_MS;
      log.warn({ err: error }, 'Redis does not share the quota of the guardrail');
      return 0;
    }
  }

  return {
    async take(units, patienceMs, signal) {
      signal.throwIfAborted();
      const waitMs = await ask(units, patienceMs);
      if (waitMs < 0) return false;
      if (waitMs > 0) await wait(waitMs, undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
      return true;
    },
  };
}
