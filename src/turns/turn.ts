import { z } from 'zod';
import type { InboundMessage } from '../chat/vocabulary.ts';

/** How a turn ended. Before that it is `queued` (also after a worker was lost) or `running`. */
export type TurnEnd = 'done' | 'failed' | 'stopped' | 'blocked' | 'unknown';

const messageSchema = z.object({
  key: z.object({
    platform: z.enum(['slack', 'teams']),
    tenant: z.string(),
    conversation: z.string(),
    thread: z.string(),
  }),
  kind: z.enum(['channel', 'group', 'direct']),
  sender: z.object({ id: z.string(), tenant: z.string() }),
  text: z.string(),
  messageId: z.string(),
  addressed: z.boolean(),
  files: z.array(z.string()),
  claims: z.array(z.string()),
  locale: z.string().optional(),
});

/**
 * One message of the reply that already stands in the thread; or a file, by the platform's id for it, which goes on
 * record (`named`) before it is shown.
 */
const postedPartSchema = z.object({
  id: z.string(),
  streaming: z.boolean(),
  file: z.enum(['named', 'shared']).optional(),
});
export type PostedPart = z.infer<typeof postedPartSchema>;

export interface TurnRecord {
  readonly id: string;
  readonly lane: string;
  readonly state: string;
  readonly message: InboundMessage;
  /** How often a worker has begun this turn, this time included. */
  readonly attempt: number;
  /** How many workers were lost over this turn. One that shuts down in order does not count. */
  readonly crashes: number;
  /** Epoch milliseconds, Redis clock. */
  readonly receivedAt: number;
  readonly posted: readonly PostedPart[];
  /** A tool that changes things was seen to start. */
  readonly sawWrite: boolean;
  /** The agent was invoked, or was about to be. */
  readonly invoked: boolean;
  /** The first question to the bot in its thread. */
  readonly opensThread?: true;
}

/** A turn that this worker holds. Writes for it carry `fence`. */
export interface ClaimedTurn extends TurnRecord {
  readonly fence: string;
  /** Sessions of this lane before the present one (`new` adds one). */
  readonly generation: number;
  /** How long no chat write may happen, because a lost owner's last call may still be under way. Milliseconds. */
  readonly quietMs: number;
}

/** Reads a turn record as Redis keeps it. Throws on a record that is not ours. */
export function parseTurn(id: string, fields: Readonly<Record<string, string>>): TurnRecord {
  return {
    id,
    lane: fields.lane ?? '',
    state: fields.state ?? '',
    message: parseMessage(fields.message),
    attempt: Number(fields.attempt ?? 0),
    crashes: Number(fields.crashes ?? 0),
    receivedAt: Number(fields.received ?? 0),
    posted: z.array(postedPartSchema).parse(JSON.parse(fields.posted ?? '[]')),
    sawWrite: fields.write === '1',
    invoked: fields.invoked === '1',
    ...(fields.opens === '1' ? { opensThread: true } : {}),
  };
}

/** The question of a turn record. Throws on one that is not ours. */
export function parseMessage(json: string | undefined): InboundMessage {
  return messageSchema.parse(JSON.parse(json ?? 'null')) as InboundMessage;
}

/** Redis answers hashes as a flat list: name, value, name, value. */
export function pairs(flat: readonly unknown[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) record[String(flat[i])] = String(flat[i + 1]);
  return record;
}
