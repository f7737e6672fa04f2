/** Why something was withheld or masked: closed, so that it can label metrics and stand on record. */
export const POLICIES = [
  'hate',
  'insults',
  'sexual',
  'violence',
  'misconduct',
  'prompt_attack',
  'profanity',
  'word',
  'topic',
  'personal_data',
  'pattern',
  'grounding',
  'secret',
  /** The guardrail withheld it for a reason that this release does not know. */
  'other',
  /** What it masked cannot be found in the text, so nobody can tell what may be shown. */
  'unclear',
  /** The check could not be made. Asking again later may help. */
  'unavailable',
] as const;
export type Policy = (typeof POLICIES)[number];
