import type { ConversationKey, ConversationKind, InboundMessage, Sender } from '../chat/vocabulary.ts';
import { type TeamsActivity, tenantOf } from './activity.ts';
import { attachedTo } from './attachments.ts';
import { plainWords } from './text.ts';

/** Why an activity starts no turn. */
export type Ignored = 'malformed' | 'from_a_bot' | 'no_sender' | 'no_mention';

export type Normalised =
  | { readonly kind: 'message'; readonly message: InboundMessage }
  | { readonly kind: 'ignored'; readonly why: Ignored };

/** Who did something, and where. */
export interface Whereabouts {
  readonly key: ConversationKey;
  readonly kind: ConversationKind;
  readonly sender: Sender;
}

/**
 * A message of Teams as one inbound message. The thread is the conversation's id as Teams writes it: in a channel it ends
 * in `;messageid=<root>`, and whatever goes there without it would land outside the thread.
 */
export function normaliseActivity(activity: TeamsActivity): Normalised {
  if (activity.type !== 'message' || !activity.id) return { kind: 'ignored', why: 'malformed' };
  const { from, recipient } = activity;
  if (!from || from.role === 'bot' || from.id.startsWith('28:') || from.id === recipient?.id)
    return { kind: 'ignored', why: 'from_a_bot' };
  const where = whereabouts(activity);
  if (!where) return { kind: 'ignored', why: 'no_sender' };
  const { key, kind, sender } = where;
  const mentions = (activity.entities ?? []).filter(({ type }) => type === 'mention');
  const isBot = (id: string | undefined) => id !== undefined && id === recipient?.id;
  const addressed = kind === 'direct' || mentions.some(({ mentioned }) => isBot(mentioned?.id));
  // Teams delivers such messages only to apps that were given leave to read along.
  if (!addressed && kind === 'channel' && rootOf(key.thread) === activity.id)
    return { kind: 'ignored', why: 'no_mention' };
  const text = plainWords(
    activity.text ?? '',
    mentions.map((mention) => ({ text: mention.text ?? '', ofBot: isBot(mention.mentioned?.id) })),
    activity.textFormat,
  );
  const files = attachedTo(activity);
  const sources = files.flatMap(({ source }) => source ?? []);
  return {
    kind: 'message',
    message: {
      key,
      kind,
      sender,
      text,
      messageId: activity.id,
      addressed,
      files: files.map(({ name }) => name),
      ...(sources.length > 0 ? { sources } : {}),
      claims: [activityClaim(key, activity.id)],
      ...(activity.locale ? { locale: activity.locale } : {}),
    },
  };
}

/** Undefined when Teams names no person: an anonymous guest of a meeting, for example. */
export function whereabouts(activity: TeamsActivity): Whereabouts | undefined {
  const { from, conversation } = activity;
  const tenant = tenantOf(activity);
  if (!tenant || !from?.aadObjectId) return undefined;
  return {
    key: { platform: 'teams', tenant, conversation: baseOf(conversation.id), thread: conversation.id },
    kind: kindOf(conversation.conversationType),
    sender: { id: from.aadObjectId, tenant: from.tenantId ?? tenant },
  };
}

/** The claim of a message by its place, which is what later changes name it by. */
export function activityClaim({ tenant, thread }: ConversationKey, activityId: string): string {
  return `teams:activity:${tenant}:${thread}:${activityId}`;
}

function kindOf(type: string | null | undefined): ConversationKind {
  if (type === 'channel') return 'channel';
  return type === 'groupChat' ? 'group' : 'direct';
}

const ROOT = /;messageid=(\d+)$/;

/** The channel of a thread, or the chat itself. */
export function baseOf(conversationId: string): string {
  return conversationId.replace(ROOT, '');
}

/** The message that began the thread; undefined outside channels. */
export function rootOf(conversationId: string): string | undefined {
  return ROOT.exec(conversationId)?.[1];
}
