import { z } from 'zod';

/**
 * What the agent streams back: one JSON object per SSE `data:` line, each with `seq` (1, 2, …).
 *
 * Unknown types are ignored and counted by the reader. A stream that closes without `end` is an interrupted turn.
 */

const seq = z.number().int().min(1);

/** A tool without a stated effect counts as `write`: the safe reading. */
const effect = z.enum(['read', 'write']).default('write');

export const agentEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('status'), seq, text: z.string() }),
  /** `text` is a delta, not the whole answer. */
  z.object({ type: z.literal('text'), seq, text: z.string() }),
  /** Flushed before the tool executes, so that a reader knows what may have happened when the stream breaks. */
  z.object({
    type: z.literal('tool'),
    seq,
    id: z.string(),
    name: z.string(),
    title: z.string(),
    effect,
    state: z.enum(['started', 'finished', 'failed']),
    detail: z.string().optional(),
  }),
  z.object({
    type: z.literal('approval'),
    seq,
    id: z.string(),
    tool: z.string(),
    title: z.string(),
    arguments: z.record(z.string(), z.unknown()),
    /** sha256 (hex) of the RFC 8785 JSON of `{tool, arguments}`. */
    digest: z.string(),
    risk: z.string(),
    /** ISO 8601. */
    expiresAt: z.string(),
  }),
  z.object({
    type: z.literal('file'),
    seq,
    name: z.string(),
    mediaType: z.string(),
    base64: z.string(),
    title: z.string(),
    alt: z.string(),
  }),
  z.object({
    type: z.literal('usage'),
    seq,
    model: z.string(),
    inputTokens: z.number().int().min(0),
    outputTokens: z.number().int().min(0),
  }),
  /** Something that the person should know of the answer. Who shows it has the words; unknown codes are ignored. */
  z.object({ type: z.literal('notice'), seq, code: z.string() }),
  z.object({
    type: z.literal('error'),
    seq,
    code: z.string(),
    message: z.string(),
    retryable: z.boolean().default(false),
  }),
  z.object({
    type: z.literal('end'),
    seq,
    stop: z.enum(['end', 'approval', 'limit', 'cancelled', 'guardrail']),
  }),
]);

export type AgentEvent = z.infer<typeof agentEventSchema>;

/** `notice.code`: the answer came without what Memory knows, or has not got there yet. */
export const MEMORY_UNAVAILABLE = 'memory_unavailable';

/** `notice.code` of the reader: here stood an event of a type that it does not know. */
export const UNKNOWN_TYPE = 'unknown_type';

/** `error.code` that answers `mode: attach` when the process does not know the turn. */
export const TURN_UNKNOWN = 'turn_unknown';
