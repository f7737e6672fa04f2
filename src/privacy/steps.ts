/**
 * What an erasure does, in order.
 *
 * exports   files that we gave them, at the platform
 * runtime   sessions of the agent that may still be there, with what the agent remembers
 * turns     their questions, what counts them, and pieces of them that a policy minded
 * feedback  what they said of answers
 * outbox    what Memory was still to be told
 * sessions  the directory of their sessions, and the places of their threads
 * memory    AgentCore Memory: what was said, and what was learnt
 * link      their company account with its tokens, which are revoked
 * marks     notes about the account: that it was greeted, that it is a guest
 * settings  what they set, and the page that the platform shows them; last, when nothing of theirs can be shown any more
 */
export const ERASURE_STEPS = [
  'exports',
  'runtime',
  'turns',
  'feedback',
  'outbox',
  'sessions',
  'memory',
  'link',
  'marks',
  'settings',
] as const;
export type ErasureStep = (typeof ERASURE_STEPS)[number];

/** What may be written once more by something that was on its way. */
export const LASTING_STEPS = [
  'turns',
  'outbox',
  'sessions',
  'memory',
] as const satisfies readonly ErasureStep[];
