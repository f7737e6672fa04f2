import { guardrailPolicy } from '../../infra/guardrail/policy.ts';
import type { GuardrailOptions } from '../aws/stand-in.ts';

/** The guardrail of a laptop, as `npm run ops -- guardrail create` would make it. */
export const LAPTOP_GUARDRAIL = { id: 'threadcorelaptop', version: '1' };

/** Made anew from the policy file at every start. */
export const laptopGuardrail = (region: string): GuardrailOptions => ({
  guardrails: [{ id: LAPTOP_GUARDRAIL.id, config: guardrailPolicy(region) }],
});
