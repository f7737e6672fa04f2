import { z } from 'zod';

/**
 * The body of one invocation of the agent, version 1 (JSON, `POST /invocations`).
 *
 * `mode: start` begins the turn; `mode: attach` joins a turn that is already running or has just ended and
 * replays its events after `afterSeq`. Attach never starts work.
 */

const threadMessage = z.object({
  author: z.string().max(200),
  text: z.string(),
  /** ISO 8601 time at which the message was written. */
  at: z.string().max(40),
});

const file = z.object({
  name: z.string().min(1).max(255),
  mediaType: z.string().min(1).max(255),
  base64: z.string(),
});

const resume = z.object({
  approvalId: z.string().min(1).max(200),
  decision: z.enum(['approve', 'deny']),
  by: z.string().min(1).max(255),
  reason: z.string().max(2000).optional(),
});

/** Who asks. `id` is the Cognito sub, or `platform:tenant:user` when identity is off. Never read from the prompt. */
export const actorSchema = z.object({
  id: z.string().min(1).max(255),
  name: z.string().max(200),
  groups: z.array(z.string().max(128)).max(100),
});

export const REPLY_LENGTHS = ['short', 'normal', 'detailed'] as const;
export type ReplyLength = (typeof REPLY_LENGTHS)[number];

export const invocationSchema = z.object({
  v: z.literal(1),
  mode: z.enum(['start', 'attach']),
  turnId: z.string().min(1).max(128),
  /** With `attach`: the last `seq` already seen; events after it are replayed. Missing means all. */
  afterSeq: z.number().int().min(0).optional(),
  prompt: z.string(),
  actor: actorSchema,
  session: z.object({ id: z.string().min(33).max(100) }),
  /** What others wrote in the visible thread: untrusted, and labelled as such by the agent. */
  thread: z.array(threadMessage).max(200).optional(),
  files: z.array(file).max(20).optional(),
  resume: resume.optional(),
  locale: z.string().max(35).optional(),
  /** How long an answer the person likes. Missing: as the agent sees fit. */
  replyLength: z.enum(REPLY_LENGTHS).optional(),
  /**
   * `backend`: the agent writes nothing of this turn to Memory, however it is set: what gets there is for the backend to
   * decide, which may write nothing either. Missing: as the agent is set.
   */
  memoryWriter: z.literal('backend').optional(),
});

export type Invocation = z.infer<typeof invocationSchema>;
