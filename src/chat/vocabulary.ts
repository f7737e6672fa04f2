/**
 * The words of Threadcore. Everything to the right of `chat/` speaks in them.
 *
 * platform      slack or teams
 * tenant        the workspace (Slack team id) or Microsoft tenant id
 * conversation  a channel, group or direct message: where messages are written
 * thread        one line of talk inside a conversation; its root message's id
 * sender        the chat account that wrote a message
 * actor         who a turn runs as: the Cognito sub, or `platform:tenant:user` while identity is off
 * turn          one question and everything done to answer it
 * lane          the queue of one sender in one thread: one active turn at a time, in order
 * session       the agent's memory of a lane: one AgentCore runtime and memory session id
 * reply         what is shown in the thread for a turn; one or more parts (messages)
 */

export type Platform = 'slack' | 'teams';

/** Where a message was written and where its reply goes. */
export interface ConversationKey {
  readonly platform: Platform;
  readonly tenant: string;
  readonly conversation: string;
  readonly thread: string;
}

export interface Sender {
  readonly id: string;
  /** The tenant the sender's account belongs to; differs from the conversation's for externals. */
  readonly tenant: string;
}

export type ConversationKind = 'channel' | 'group' | 'direct';

/** `shared`: kept in the person's or team's storage; `inline`: a picture in the message itself. */
export interface FileSource {
  readonly name: string;
  readonly kind: 'shared' | 'inline';
  readonly url: string;
}

/** One message from a person, free of any platform. Text is plain: platform escapes are undone, our mention is removed. */
export interface InboundMessage {
  readonly key: ConversationKey;
  readonly kind: ConversationKind;
  readonly sender: Sender;
  readonly text: string;
  /** The platform's id of this very message (Slack ts, Teams activity id). */
  readonly messageId: string;
  /** True when the message names the bot; a follow-up in a thread does not. */
  readonly addressed: boolean;
  /** Names of attached files. */
  readonly files: readonly string[];
  /** Where the content of those can be had that are read; some platforms tell none. */
  readonly sources?: readonly FileSource[];
  /** Every identity under which the platform may deliver this message again; any one of them seen before = duplicate. */
  readonly claims: readonly string[];
  /** BCP 47, where the platform tells it. */
  readonly locale?: string;
}

export type TaskState = 'pending' | 'in_progress' | 'complete' | 'error';

/** One step of the agent that is shown beside the text. */
export interface ReplyTask {
  readonly id: string;
  readonly title: string;
  readonly state: TaskState;
  readonly detail?: string;
}

/** A file that the agent made: a chart, a table, a log. */
export interface ReplyFile {
  readonly name: string;
  readonly mediaType: string;
  readonly base64: string;
  readonly title: string;
  /** What it shows, for those who cannot see it. */
  readonly alt: string;
}

/** Why a reply closes with a remark of the bot itself. `notices.ts` has the words for each. */
export const NOTICE_CODES = [
  'help',
  'empty_question',
  'file_without_question',
  'agent_unreachable',
  'agent_busy',
  'agent_misconfigured',
  'agent_failed',
  'agent_timeout',
  'agent_cut_off',
  'question_blocked',
  'answer_blocked',
  'guardrail_unavailable',
  'answer_limited',
  'approval_unsupported',
  'outcome_unknown',
  'identity_unavailable',
  'sign_in_needed',
  'link_lapsed',
  'memory_unavailable',
  'stopped',
  'stopped_by_operator',
  'stopped_for_newer',
  'stopped_in_change',
  'internal',
] as const;
export type NoticeCode = (typeof NOTICE_CODES)[number];

/** A closing remark of the bot itself, kept apart from the agent's words. */
export interface ReplyNotice {
  readonly code: NoticeCode;
  readonly text: string;
  /** Offer a button that asks the same question again. */
  readonly retry: boolean;
}

/**
 * All of a reply as it should look now. Always the whole, never a delta: showing the same view twice changes nothing,
 * which is what makes posting idempotent. `text` only ever grows within one turn.
 */
export interface ReplyView {
  /** What the agent is doing right now; shown as a passing status, never part of the message. */
  readonly status?: string;
  readonly text: string;
  readonly tasks: readonly ReplyTask[];
  /** Shown once, below the text, when the reply is final. */
  readonly files?: readonly ReplyFile[];
  readonly notice?: ReplyNotice;
  /** What stands in the thread already stays as it is; the notice is shown below. For a final view without words. */
  readonly keep?: true;
  /** It takes a while: offer to stop it. */
  readonly long?: true;
  /** The end is not near: these words need not wait for it. */
  readonly goesOn?: true;
  /** The answer is complete: ask what its readers think of it. */
  readonly feedback?: true;
}

export const EMPTY_VIEW: ReplyView = { text: '', tasks: [] };
