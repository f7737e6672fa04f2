import { z } from 'zod';
import { laneId } from '../chat/keys.ts';
import { POLICIES, type Policy } from '../chat/policies.ts';
import {
  type InboundMessage,
  NOTICE_CODES,
  type NoticeCode,
  type ReplyView,
  type Sender,
} from '../chat/vocabulary.ts';
import { REPLY_LENGTHS, type ReplyLength } from '../contract/invocation.ts';
import { isEnd, TURN_STATES, type TurnEnd, type TurnState } from './states.ts';

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
  sources: z
    .array(z.object({ name: z.string(), kind: z.enum(['shared', 'inline']), url: z.string() }))
    .optional(),
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

// Made once: to make a schema takes longer than to use it.
const postedSchema = z.array(postedPartSchema);
const stringsSchema = z.array(z.string());
const stateSchema = z.enum(TURN_STATES);

/**
 * How a turn is going to end, put on record before it is shown: a successor shows it, and needs no agent for it.
 * Answers with files are too big for that; their agent is asked again for what it said.
 */
const outcomeSchema = z.object({
  end: z.enum(TURN_STATES).refine(isEnd),
  reason: z.string(),
  notice: z.enum(NOTICE_CODES).optional(),
  policy: z.enum(POLICIES).optional(),
  withheld: z.enum(['question', 'answer']).optional(),
  view: z.object({
    text: z.string(),
    tasks: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        state: z.enum(['pending', 'in_progress', 'complete', 'error']),
        detail: z.string().optional(),
      }),
    ),
    keep: z.literal(true).optional(),
  }),
});

export interface Outcome {
  readonly end: TurnEnd;
  readonly view: ReplyView;
  readonly notice?: NoticeCode;
  /** Of a question or answer that was withheld: which policy minds it. */
  readonly policy?: Policy;
  /** Which of them it was: the agent knows nothing of a question that was. */
  readonly withheld?: 'question' | 'answer' | undefined;
  /** For the operator: why the turn ended as it did. */
  readonly reason: string;
}

export interface TurnRecord {
  readonly id: string;
  readonly lane: string;
  readonly state: TurnState;
  readonly message: InboundMessage;
  /** It was answered: of the message only who wrote it, and where, is still kept; its words are empty. */
  readonly wordsGone?: true;
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
  /**
   * Others have written in the thread it was asked in: `since` its author's last question there, or only `before` that.
   * Missing as well where nobody else can read along, and for a question that is the first message of its thread.
   */
  readonly others?: OthersWrote;
  /** What its author has set: the language of answers (BCP 47), and their length. */
  readonly language?: string;
  readonly replyLength?: ReplyLength;
  /** Somebody wants it to end. */
  readonly stop?: StopReason;
  /** It has ended but for the showing. */
  readonly outcome?: Outcome;
  /** Why it ended, for the operator. */
  readonly reason?: string;
  /** Where each person was answered in the lane when it was begun: the fields of `current:<lane>`. */
  readonly places: Readonly<Record<string, string>>;
  /** Whose session it is counted for, and which: `person session`. */
  readonly listed?: string;
  /** When it entered each of its states last. Epoch milliseconds, Redis clock. */
  readonly at: Readonly<Partial<Record<TurnState, number>>>;
}

const OTHERS_WROTE = ['before', 'since'] as const;
export type OthersWrote = (typeof OTHERS_WROTE)[number];

/** person: who asked it. operator: from the command line. newer_question: by `LANE_POLICY=interrupt`. */
export const STOP_REASONS = ['person', 'operator', 'newer_question'] as const;
export type StopReason = (typeof STOP_REASONS)[number];

export function readStop(text: string | undefined): StopReason | undefined {
  return STOP_REASONS.find((reason) => reason === text);
}

/** A turn that this worker holds. Writes for it carry `fence`. */
export interface ClaimedTurn extends TurnRecord {
  readonly fence: string;
  /** How long no chat write may happen, because a lost owner's last call may still be under way. Milliseconds. */
  readonly quietMs: number;
  /**
   * Missing unless this is the first attempt, so that `places` are those of this claim. Another one than before: what was
   * known of the lanes of people may be gone, because somebody was forgotten or Redis lost.
   */
  readonly era?: string;
}

/** Reads a turn record as Redis keeps it. Throws on a record that is not ours. */
export function parseTurn(id: string, fields: Readonly<Record<string, string>>): TurnRecord {
  const stop = readStop(fields.stop);
  const reason = reasonOf(fields);
  const replyLength = REPLY_LENGTHS.find((length) => length === fields.length);
  const others = OTHERS_WROTE.find((when) => when === fields.others);
  const outcome = parseOutcome(fields.outcome);
  const wordsGone = fields.message === undefined && fields.place !== undefined;
  const message = wordsGone ? parseOrigin(fields) : parseMessage(fields.message);
  return {
    id,
    lane: fields.lane ?? laneId(message.key, message.sender),
    state: stateSchema.parse(fields.state),
    message,
    ...(wordsGone ? { wordsGone } : {}),
    attempt: Number(fields.attempt ?? 1),
    crashes: Number(fields.crashes ?? 0),
    receivedAt: receivedAtOf(fields),
    posted: postedSchema.parse(JSON.parse(fields.posted ?? '[]')),
    sawWrite: fields.write === '1',
    invoked: fields.invoked === '1',
    ...(fields.opens === '1' ? { opensThread: true } : {}),
    ...(others ? { others } : {}),
    ...(fields.language ? { language: fields.language } : {}),
    ...(replyLength ? { replyLength } : {}),
    ...(stop ? { stop } : {}),
    ...(outcome ? { outcome } : {}),
    ...(reason === undefined ? {} : { reason }),
    places: pairs(stringsSchema.parse(JSON.parse(fields.places ?? '[]'))),
    ...(fields.session === undefined ? {} : { listed: fields.session }),
    at: Object.fromEntries(
      TURN_STATES.flatMap((state) => {
        const time = timeOf(fields, state);
        return time === undefined ? [] : [[state, time]];
      }),
    ),
  };
}

/** When it was accepted, which an ended turn does not say twice. Epoch milliseconds; 0: nobody knows. Pure. */
export const receivedAtOf = (fields: Readonly<Record<string, string>>): number =>
  Number(fields.received ?? timeOf(fields, 'queued') ?? 0);

/** When it entered a state last. Of an ended turn the earlier times are on record as distances from its end. */
function timeOf(fields: Readonly<Record<string, string>>, state: TurnState): number | undefined {
  const time = fields[`at:${state}`];
  if (time === undefined) return undefined;
  return Number(time) > 0 ? Number(time) : Number(time) + Number(fields[`at:${fields.state}`]);
}

/** Why it ended; of one that was just answered this is not on record. Pure. */
export const reasonOf = ({ reason, state }: Readonly<Record<string, string>>): string | undefined =>
  reason ?? (state === 'done' ? 'answered' : undefined);

/** One that another version has written is no reason to give the turn up: the agent is asked for it again. */
function parseOutcome(json: string | undefined): Outcome | undefined {
  if (json === undefined) return undefined;
  try {
    return outcomeSchema.parse(JSON.parse(json)) as Outcome;
  } catch {
    return undefined;
  }
}

/** The question of a turn record. Throws on one that is not ours. */
export function parseMessage(json: string | undefined): InboundMessage {
  return messageSchema.parse(JSON.parse(json ?? 'null')) as InboundMessage;
}

const originSchema = z.object({
  place: z.tuple([messageSchema.shape.key.shape.platform, z.string(), z.string(), z.string()]),
  sender: z.tuple([z.string(), z.string()]),
  kind: messageSchema.shape.kind,
});

/**
 * What stays on record of a question that was answered, as fields and values: who asked it, and where. Its words are in
 * the chat. Values of at most 64 characters, so that Redis keeps the whole record in one small block.
 */
export function originOf({ key, kind, sender, messageId }: InboundMessage): string[] {
  const place = [key.platform, key.tenant === sender.tenant ? '' : key.tenant, key.conversation, key.thread];
  return [
    'place',
    place.some((part) => part.includes('\n')) ? JSON.stringify(place) : place.join('\n'),
    'sender',
    JSON.stringify([sender.id, sender.tenant]),
    ...(kind === 'channel' ? [] : ['kind', kind]),
    ...(messageId === key.thread ? [] : ['messageId', messageId]),
  ];
}

/** Throws on what `originOf` has not written. */
function parseOrigin(fields: Readonly<Record<string, string>>): InboundMessage {
  const { place, kind } = originSchema.parse({
    place: readPlace(fields.place ?? ''),
    sender: JSON.parse(fields.sender ?? 'null'),
    kind: fields.kind ?? 'channel',
  });
  const [platform, tenant, conversation, thread] = place;
  const sender = parseSender(fields.sender ?? '');
  return {
    key: { platform, tenant: tenant === '' ? sender.tenant : tenant, conversation, thread },
    kind,
    sender,
    text: '',
    messageId: fields.messageId ?? thread,
    addressed: true,
    files: [],
    claims: [],
    ...(fields.locale === undefined ? {} : { locale: fields.locale }),
  };
}

/** Lines, or JSON. A tenant that is empty is the sender's. */
const readPlace = (text: string): unknown => (text.startsWith('[') ? JSON.parse(text) : text.split('\n'));

/** Where a question was asked whose words are gone: platform, tenant, conversation, thread. Undefined: not on record. Pure. */
export function placeKept({ place, sender }: Readonly<Record<string, string>>): string[] | undefined {
  if (place === undefined) return undefined;
  const [platform = '', tenant = '', ...rest] = stringsSchema.parse(readPlace(place));
  return [platform, tenant || parseSender(sender ?? '').tenant, ...rest];
}

/** The sender in what `originOf` has written. Throws on anything else. */
export function parseSender(json: string): Sender {
  const [id, tenant] = originSchema.shape.sender.parse(JSON.parse(json));
  return { id, tenant };
}

/** Redis answers hashes as a flat list: name, value, name, value. */
export function pairs(flat: readonly unknown[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) record[String(flat[i])] = String(flat[i + 1]);
  return record;
}
