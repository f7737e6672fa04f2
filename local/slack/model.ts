/**
 * The things a Slack workspace is made of, as this stand-in keeps them.
 *
 * `text` of a message is always Slack's stored form: `&`, `<` and `>` are escaped unless they are live markup.
 */

export interface User {
  readonly id: string;
  /** Handle, also the name by which tests address the user. */
  readonly name: string;
  readonly realName: string;
  readonly teamId: string;
  readonly isBot: boolean;
  /** A guest account. */
  readonly isRestricted: boolean;
  /** A guest of one channel only; such an account is restricted, too. */
  readonly isUltraRestricted: boolean;
  /** An account of another workspace, seen through a shared channel. */
  readonly isStranger: boolean;
  readonly locale: string;
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  /** `group` is a private channel, `im` a direct message, `mpim` a direct message of several. */
  readonly kind: 'channel' | 'group' | 'im' | 'mpim';
  readonly isExternallyShared: boolean;
  /** User ids; the bot is a member like any other. */
  readonly members: Set<string>;
}

export type Block = { readonly type: string } & Record<string, unknown>;

/** What a text would notify or link. A reply made from model text must have none of it. */
export interface LiveMentions {
  readonly users: readonly string[];
  /** User groups by id, and the broadcasts `channel`, `here`, `everyone`. */
  readonly groups: readonly string[];
  readonly channels: readonly string[];
  readonly links: readonly string[];
}

export interface Metadata {
  readonly event_type: string;
  readonly event_payload: Record<string, unknown>;
}

export interface SharedFile {
  readonly id: string;
  readonly name: string;
  readonly mimetype: string;
  readonly size: number;
  readonly content: Buffer;
  readonly userId: string;
  /** Seconds. */
  readonly createdAt: number;
  /** What a screen reader says for an image. */
  readonly altText: string | undefined;
  title: string;
  readonly shares: { readonly channel: string; readonly ts: string; readonly threadTs: string | undefined }[];
}

/** A modal or an App Home, as the app gave it and as a person has filled it in so far. */
export interface View {
  readonly id: string;
  readonly userId: string;
  readonly rootId: string;
  readonly previousId: string | undefined;
  /** Changes with every update; an update that names an old one is refused. */
  hash: string;
  /** Title, blocks, submit, callback_id and so on. */
  content: ViewContent;
  /** By block_id and action_id, in the shape of `view.state.values`. */
  values: Record<string, Record<string, Record<string, unknown>>>;
}

export interface ViewContent {
  readonly type: 'home' | 'modal';
  readonly blocks: readonly Block[];
  readonly external_id?: string | undefined;
  readonly notify_on_close?: boolean | undefined;
  readonly [key: string]: unknown;
}

export type TaskStatus = 'pending' | 'in_progress' | 'complete' | 'error';

export interface StreamTask {
  readonly id: string;
  title: string;
  status: TaskStatus;
  details: string;
  output: string;
  sources: readonly unknown[];
}

export type StreamPart =
  | { readonly kind: 'text'; text: string }
  | { readonly kind: 'task'; readonly id: string }
  | { readonly kind: 'blocks'; readonly blocks: readonly Block[] };

export interface Stream {
  /** How the first content arrived. Slack keeps a stream to that shape for its whole life. */
  mode: 'text' | 'chunks' | undefined;
  readonly display: 'timeline' | 'plan';
  readonly startedAt: number;
  /** Milliseconds after the start at which Slack ends it. */
  readonly lifetimeMs: number;
  /** A planned fault ends the stream when so many more appends have been taken. */
  appendsLeft: number | undefined;
  /** `expired`: Slack ended it at the end of its lifetime; `stopped`: a person pressed Stop. */
  ended: 'no' | 'finished' | 'expired' | 'stopped';
  planTitle: string | undefined;
  readonly parts: StreamPart[];
  readonly tasks: Map<string, StreamTask>;
  finalBlocks: readonly Block[];
}

export interface Message {
  readonly channel: string;
  readonly ts: string;
  readonly user: string;
  /** Set on what the app posted. */
  readonly botId: string | undefined;
  readonly threadTs: string | undefined;
  readonly clientMsgId: string | undefined;
  /** Only this user sees it; not part of any history. */
  readonly ephemeralFor: string | undefined;
  readonly files: readonly SharedFile[];
  readonly unfurl: { readonly links: boolean; readonly media: boolean };
  readonly stream: Stream | undefined;
  text: string;
  blocks: readonly Block[];
  metadata: Metadata | undefined;
  edited: { readonly user: string; readonly ts: string } | undefined;
  live: LiveMentions;
  readonly reactions: Map<string, Set<string>>;
}

export type SessionStatus = 'active' | 'processing' | 'suspended' | 'closed';

/** What is shown under a thread: the old status line, and the agent session that replaces it. */
export interface ThreadState {
  readonly channel: string;
  readonly threadTs: string;
  /** Empty when nothing is shown. */
  status: string;
  loadingMessages: readonly string[];
  statusSetAt: number;
  session: SessionStatus | undefined;
  title: string | undefined;
  prompts: readonly { readonly title: string; readonly message: string }[];
}

/** An answer of the Web API that is not ok. `messages` become `response_metadata.messages`. */
export interface Refusal {
  readonly ok: false;
  readonly error: string;
  readonly response_metadata?: { readonly messages: readonly string[] };
}

export type Answer = ({ readonly ok: true } & Record<string, unknown>) | Refusal;

/** Builds a refusal with Slack's error name. */
export function refuse(error: string, ...messages: readonly string[]): Refusal {
  return messages.length === 0 ? { ok: false, error } : { ok: false, error, response_metadata: { messages } };
}
