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
  /** What it made. */
  readonly id?: string;
  /** It was carried out, and its sender got no answer that says so. */
  readonly lost?: true;
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

const PEOPLE: readonly Person[] = [
  person('alice', 'Alice Archer', 'a'),
  person('bob', 'Bob Baker', 'b'),
  person('carol', 'Carol Cook', 'c'),
  person('guest', 'Gus Guest', 'f', TENANT, true),
  person('external', 'Erin External', 'e', OTHER_TENANT),
];

/** Besides them there are user1, user2, … */
const NUMBERED = /^user(\d{1,12})$/;
const NUMBERED_ID = /^29:1(user\d{1,12})-of-the-stand-in$/;
const NUMBERED_OBJECT = /^22222222-2222-4222-8222-(\d{12})$/;
const NUMBERED_CHAT = /^a:1(user\d{1,12})-and-the-bot$/;
const NUMBERED_GROUP = /^(?:19:)?(group\d{1,12})(?:@thread\.v2)?$/;

export function personNamed(name: string): Person | undefined {
  const number = NUMBERED.exec(name)?.[1];
  if (number === undefined) return PEOPLE.find((one) => one.name === name);
  const aadObjectId = `22222222-2222-4222-8222-${number.padStart(12, '0')}`;
  return { ...person(name, `User ${number}`, '2'), aadObjectId };
}

/** By the account in Teams or the object id in Entra. */
export function personOf(account: string): Person | undefined {
  const number = NUMBERED_OBJECT.exec(account)?.[1];
  const name = NUMBERED_ID.exec(account)?.[1] ?? (number === undefined ? undefined : `user${Number(number)}`);
  if (name !== undefined) return personNamed(name);
  return PEOPLE.find(({ id, aadObjectId }) => account === id || account === aadObjectId);
}

const chatWith = ({ name, tenantId }: Pick<Person, 'name' | 'tenantId'>): Conversation => ({
  id: `a:1${name}-and-the-bot`,
  name,
  type: 'personal',
  tenantId,
});

const groupNamed = (name: string): Conversation => ({
  id: `19:${name}@thread.v2`,
  name,
  type: 'groupChat',
  tenantId: TENANT,
});

const CONVERSATIONS: readonly Conversation[] = [
  ...PEOPLE.map(chatWith),
  { id: '19:cloudgroup@thread.v2', name: 'group', type: 'groupChat', tenantId: TENANT },
  { id: '19:cloudchannel@thread.tacv2', name: 'cloud', type: 'channel', tenantId: TENANT },
];

/** By its id without a thread, or by its name: that of a person for their personal chat. Also group1, group2, … */
export function conversationOf(idOrName: string): Conversation | undefined {
  const owner = NUMBERED_CHAT.exec(idOrName)?.[1] ?? NUMBERED.exec(idOrName)?.[0];
  if (owner !== undefined) return chatWith({ name: owner, tenantId: TENANT });
  const group = NUMBERED_GROUP.exec(idOrName)?.[1];
  if (group !== undefined) return groupNamed(group);
  return CONVERSATIONS.find(({ id, name }) => id === idOrName || name === idOrName);
}
