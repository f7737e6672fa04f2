import { z } from 'zod';
import type { ConversationKey, ConversationKind, InboundMessage } from '../chat/vocabulary.ts';
import { addressesSomebodyElse, mentions, toPlainText, withoutMention } from './text.ts';

const eventSchema = z.object({
  type: z.enum(['app_mention', 'message']),
  subtype: z.string().optional(),
  hidden: z.boolean().optional(),
  user: z.string().optional(),
  bot_id: z.string().nullish(),
  app_id: z.string().nullish(),
  bot_profile: z.unknown().optional(),
  text: z.string().nullish(),
  ts: z.string(),
  thread_ts: z.string().nullish(),
  channel: z.string(),
  channel_type: z.string().nullish(),
  client_msg_id: z.string().nullish(),
  team: z.string().nullish(),
  user_team: z.string().nullish(),
  source_team: z.string().nullish(),
  edited: z.unknown().optional(),
  files: z.array(z.object({ name: z.string().nullish(), title: z.string().nullish() })).nullish(),
});

const envelopeSchema = z.object({
  team_id: z.string(),
  event_id: z.string(),
  is_ext_shared_channel: z.boolean().nullish(),
  authorizations: z
    .array(z.object({ team_id: z.string().nullish(), user_id: z.string().nullish() }))
    .nullish(),
  event: eventSchema,
});

/** Why an event starts no turn. */
export type Ignored =
  | 'malformed'
  | 'from_a_bot'
  | 'own_message'
  | 'not_a_new_message'
  | 'no_sender'
  | 'for_somebody_else'
  | 'no_mention';

export type Normalised =
  | { readonly kind: 'message'; readonly message: InboundMessage }
  | {
      readonly kind: 'ignored';
      readonly why: Ignored;
      /** Somebody wrote something in this thread of several people, although nothing for the bot. */
      readonly heardIn?: ConversationKey;
    };

/** Subtypes under which people's new messages arrive; every other subtype reports a change or comes from an app. */
const NEW_MESSAGE_SUBTYPES = new Set(['file_share', 'thread_broadcast']);
/** Others that show words of somebody. */
const SAID_SUBTYPES = new Set(['bot_message', 'me_message']);

/**
 * Slack's `app_mention` and `message.*` events as one inbound message. Whichever of the two arrives for a mention,
 * the result is the same, and its claims overlap, so that both together are one turn.
 *
 * In shared channels `team_id` may be the other company's: `authorizations[0]` names the workspace the app is in.
 */
export function normaliseMessage(envelope: unknown, fallbackBotUserId?: string): Normalised {
  const parsed = envelopeSchema.safeParse(envelope);
  if (!parsed.success) return ignored('malformed');
  const { event } = parsed.data;
  const authorization = parsed.data.authorizations?.[0];
  const botUserId = authorization?.user_id ?? fallbackBotUserId;
  const tenant = authorization?.team_id ?? parsed.data.team_id;

  const kind = kindOf(event.channel, event.channel_type ?? undefined);
  const key: ConversationKey = {
    platform: 'slack',
    tenant,
    conversation: event.channel,
    thread: event.thread_ts ?? event.ts,
  };
  // What the bot itself writes comes back as an event, too.
  const own = event.user !== undefined && event.user === botUserId;
  const heard = (why: Ignored): Normalised =>
    own || !isAmongPeople(kind, key.thread, event.ts) ? ignored(why) : { kind: 'ignored', why, heardIn: key };

  if (event.hidden || event.edited !== undefined) return ignored('not_a_new_message');
  if (event.subtype !== undefined && !NEW_MESSAGE_SUBTYPES.has(event.subtype)) {
    const why = event.subtype === 'bot_message' ? 'from_a_bot' : 'not_a_new_message';
    return SAID_SUBTYPES.has(event.subtype) ? heard(why) : ignored(why);
  }
  if (event.bot_id || event.app_id || event.bot_profile) return heard('from_a_bot');
  if (!event.user) return ignored('no_sender');
  if (own) return ignored('own_message');

  const text = event.text ?? '';
  const mentioned = event.type === 'app_mention' || (botUserId !== undefined && mentions(text, botUserId));
  const addressed = kind === 'direct' || mentioned;
  if (!addressed) {
    // Without a mention only a follow-up counts; whether the bot takes part in the thread is known to Redis.
    if (key.thread === event.ts) return ignored('no_mention');
    if (addressesSomebodyElse(text, botUserId ?? '')) return heard('for_somebody_else');
  }

  // In a channel shared with other companies a sender of unknown origin is taken for a stranger.
  const unstated = parsed.data.is_ext_shared_channel ? 'unknown' : tenant;
  const senderTenant = event.user_team ?? event.source_team ?? event.team ?? unstated;
  return {
    kind: 'message',
    message: {
      key,
      kind,
      sender: { id: event.user, tenant: senderTenant },
      text: plainWords(text, botUserId),
      messageId: event.ts,
      addressed,
      files: fileNames(event.files),
      claims: [
        placeClaim(tenant, event.channel, event.ts),
        ...(event.client_msg_id ? [`slack:client:${tenant}:${event.user}:${event.client_msg_id}`] : []),
      ],
    },
  };
}

/** What the person wrote, without the mention of the bot. */
export function plainWords(slackText: string, botUserId: string | undefined): string {
  return toPlainText(botUserId === undefined ? slackText : withoutMention(slackText, botUserId));
}

export function fileNames(
  files:
    | readonly { name?: string | null | undefined; title?: string | null | undefined }[]
    | null
    | undefined,
): string[] {
  return (files ?? []).map((file) => file.name ?? file.title ?? 'file');
}

/** The claim of a message by its place, which is what later changes name it by. */
export function placeClaim(tenant: string, channel: string, ts: string): string {
  return `slack:ts:${tenant}:${channel}:${ts}`;
}

export function kindOf(channel: string, channelType?: string): ConversationKind {
  if (channelType === 'im' || channel.startsWith('D')) return 'direct';
  return channelType === 'mpim' ? 'group' : 'channel';
}

/** Below another message, and where several people can read it. */
export const isAmongPeople = (kind: ConversationKind, thread: string, messageId: string): boolean =>
  kind !== 'direct' && thread !== messageId;

function ignored(why: Ignored): Normalised {
  return { kind: 'ignored', why };
}
