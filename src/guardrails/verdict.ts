import type { Policy } from '../chat/policies.ts';

/**
 * What a check says of some texts, as data.
 *
 * Masking and blocking are told apart by the action of each assessment: a guardrail that only masks answers
 * `GUARDRAIL_INTERVENED` as well.
 */

/** A piece of what was minded, without personal data (`example.ts`), for whoever tunes the policies. A function, so that no log has it. */
export type ExampleOf = () => string | undefined;

/** What stands instead of a part of a text. Offsets in UTF-16 units; the end is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** The guardrail's own words for it, such as `{EMAIL}`. */
  readonly label: string;
}

export type Verdict =
  | { readonly kind: 'allow' }
  | {
      readonly kind: 'redact';
      /** The guarded texts, in the order of the texts that were checked. */
      readonly texts: readonly string[];
      /** What was masked in each. */
      readonly spans: readonly (readonly Span[])[];
      readonly policies: readonly Policy[];
      readonly example?: ExampleOf;
    }
  | {
      readonly kind: 'block';
      readonly policy: Policy;
      /** For operators. Names the rule, never what was written. */
      readonly reason: string;
      readonly example?: ExampleOf;
    };

export type Block = Extract<Verdict, { kind: 'block' }>;
export type Redaction = Extract<Verdict, { kind: 'redact' }>;

export const ALLOW: Verdict = { kind: 'allow' };

/** A check that could not be made is no permission. */
export function unavailable(reason: string): Block {
  return { kind: 'block', policy: 'unavailable', reason };
}

/** Our own rule, whatever the guardrail says. */
export function secretBlock(rule: string): Block {
  return { kind: 'block', policy: 'secret', reason: `secret: ${rule}` };
}

/** Checks texts that are shown or sent together. Never rejects: a check that cannot be made is a block. */
export type Check = (texts: readonly string[], signal: AbortSignal) => Promise<Verdict>;
