import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import { GUARDRAIL_COUNT } from './counts-lua.ts';

/** Interventions by day, for `guardrail report`. Fields of a day: direction, action, policy, mode, channel. */
export interface GuardrailCounts {
  /** Counts one. Rejects as Redis does. */
  add(fields: readonly string[], day: string): Promise<void>;
}

const KEPT_S = 90 * 86_400;

export function createGuardrailCounts(redis: Connection, keyPrefix: string): GuardrailCounts {
  const count = defineScript(GUARDRAIL_COUNT, keyPrefix);
  return {
    async add(fields, day) {
      await count(redis, [day, JSON.stringify(fields), KEPT_S]);
    },
  };
}
