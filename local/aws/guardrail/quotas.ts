import { awsError } from '../aws-error.ts';

/** How much a second an account may ask of ApplyGuardrail; what is left out has no limit. */
export interface GuardrailQuotas {
  readonly requestsPerSecond?: number;
  /** Text units of 1,000 characters, of each policy by itself. */
  readonly textUnitsPerSecond?: number;
}

/** What us-east-2 gives to every account. us-east-1 and us-west-2 give 50 requests, and up to 200 units. */
export const AWS_GUARDRAIL_QUOTAS: GuardrailQuotas = { requestsPerSecond: 25, textUnitsPerSecond: 25 };

const WINDOW_MS = 1_000;
const CHARS_A_UNIT = 1_000;

export const unitsOf = (chars: number) => Math.ceil(chars / CHARS_A_UNIT);

/** Counts in a sliding window of one second. What is refused does not count. */
export function createGuardrailGate(quotas: GuardrailQuotas, now: () => number) {
  let passed: { readonly at: number; readonly units: number }[] = [];
  return {
    /** Throws ThrottlingException. */
    pass(units: number): void {
      const at = now();
      passed = passed.filter((one) => at - one.at < WINDOW_MS);
      const used = passed.reduce((sum, one) => sum + one.units, 0);
      if (
        passed.length >= (quotas.requestsPerSecond ?? Infinity) ||
        used + units > (quotas.textUnitsPerSecond ?? Infinity)
      ) {
        throw awsError(429, 'ThrottlingException', 'Too many requests, please wait before trying again.');
      }
      passed.push({ at, units });
    },
    clear(): void {
      passed = [];
    },
  };
}
