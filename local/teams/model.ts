export type Json = Readonly<Record<string, unknown>>;

export interface Person {
  readonly name: string;
  readonly displayName: string;
  /** `29:…` */
  readonly id: string;
  readonly aadObjectId: string;
  readonly tenantId: string;
  /** Guests of the tenant are of another organisation. */
  readonly guest: boolean;
}

export type ConversationType = 'personal' | 'groupChat' | 'channel';

export interface Conversation {
  /** Of a channel without its threads. */
  readonly id: string;
  readonly name: string;
  readonly type: ConversationType;
  readonly tenantId: string;
}

/** Something that stands in a conversation. */
export interface Message {
  readonly id: string;
  readonly conversation: string;
  /** The message that began its thread; its own id at the top of a channel; empty elsewhere. */
  readonly root: string;
  readonly from: 'bot' | Person;
  /** As the bot sent it last. */
  activity: Json;
  text: string;
  edits: number;
  deleted: boolean;
  /** It is still being streamed, or was never ended. */
  streaming: boolean;
}

/** One call of the connector, also one that was refused. */
export interface Call {
  readonly method: 'send' | 'update' | 'delete' | 'open_chat' | 'member';
  readonly conversation: string;
  readonly activity: Json;
  readonly status: number;
  /** Milliseconds, of the stand-in's clock. */
  readonly at: number;
}

/** An answer that is no success. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfter: number | undefined;
  constructor(status: number, code: string, message: string, retryAfter?: number) {
    super(message);
    this.name = 'Refused';
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export const TENANT = '72f988bf-0000-4000-8000-00000000c0de';
export const OTHER_TENANT = '0e1f5ad3-0000-4000-8000-0000000bad00';

const person = (
  name: string,
  displayName: string,
  digit: string,
  tenantId = TENANT,
  guest = false,
): Person => ({
  name,
  displayName,
  id: `29:1${name}-of-the-stand-in`,
  aadObjectId: `${digit.repeat(8)}-1111-4111-8111-111111111111`,
  tenantId,
  guest,
});

export const PEOPLE: readonly Person[] = [
  person('alice', 'Alice Archer', 'a'),
  person('bob', 'Bob Baker', 'b'),
  person('carol', 'Carol Cook', 'c'),
  person('guest', 'Gus Guest', 'f', TENANT, true),
  person('external', 'Erin External', 'e', OTHER_TENANT),
];

export const CONVERSATIONS: readonly Conversation[] = [
  ...PEOPLE.map(({ name, tenantId }) => ({
    id: `a:1${name}-and-the-bot`,
    name,
    type: 'personal' as const,
    tenantId,
  })),
  { id: '19:cloudgroup@thread.v2', name: 'group', type: 'groupChat', tenantId: TENANT },
  { id: '19:cloudchannel@thread.tacv2', name: 'cloud', type: 'channel', tenantId: TENANT },
];
