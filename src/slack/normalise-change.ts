import { z } from 'zod';
import { fileNames, type Ignored, placeClaim, plainWords } from './normalise.ts';

const messageSchema = z.object({
  subtype: z.string().optional(),
  user: z.string().optional(),
  bot_id: z.string().nullish(),
  text: z.string().nullish(),
  ts: z.string().optional(),
  thread_ts: z.string().nullish(),
  edited: z.object({ ts: z.string() }).nullish(),
  files: z.array(z.object({ name: z.string().nullish(), title: z.string().nullish() })).nullish(),
});

const envelopeSchema = z.object({
  team_id: z.string(),
  authorizations: z
    .array(z.object({ team_id: z.string().nullish(), user_id: z.string().nullish() }))
    .nullish(),
  event: z.object({
    type: z.literal('message'),
    subtype: z.enum(['message_changed', 'message_deleted']),
    channel: z.string(),
    message: messageSchema.optional(),
    previous_message: messageSchema.optional(),
    deleted_ts: z.string().optional(),
  }),
});

/** Where the changed message stands. `claim` is the name under which it was delivered as a question. */
export interface ChangedMessage {
  readonly tenant: string;
  readonly conversation: string;
  readonly thread: string;
  readonly messageId: string;
  readonly claim: string;
}

export type Change =
  | {
      readonly kind: 'edited';
      readonly at: ChangedMessage;
      readonly editor: string;
      readonly text: string;
      readonly files: readonly string[];
      /** Slack's ts of the edit. */
      readonly stamp: string;
    }
  | { readonly kind: 'deleted'; readonly at: ChangedMessage }
  | { readonly kind: 'ignored'; readonly why: Ignored };

/**
 * Slack's `message_changed` and `message_deleted` events of people's messages. Undefined: some other event. Our own
 * messages change all the time; unfurled links and new replies count as changes to Slack, and not to us.
 */
export function normaliseChange(envelope: unknown, fallbackBotUserId?: string): Change | undefined {
  if (!saysChange(envelope)) return undefined;
  const parsed = envelopeSchema.safeParse(envelope);
  if (!parsed.success) return undefined;
  const { event } = parsed.data;
  const authorization = parsed.data.authorizations?.[0];
  const botUserId = authorization?.user_id ?? fallbackBotUserId;
  const tenant = authorization?.team_id ?? parsed.data.team_id;
  const { message, previous_message: previous } = event;
  const author = [message, previous].find((one) => one?.bot_id);
  if (author) return ignored('from_a_bot');
  if (botUserId !== undefined && (message?.user ?? previous?.user) === botUserId)
    return ignored('own_message');

  const at = (ts: string): ChangedMessage => ({
    tenant,
    conversation: event.channel,
    thread: previous?.thread_ts ?? message?.thread_ts ?? ts,
    messageId: ts,
    claim: placeClaim(tenant, event.channel, ts),
  });
  if (event.subtype === 'message_deleted') {
    return event.deleted_ts ? { kind: 'deleted', at: at(event.deleted_ts) } : ignored('not_a_new_message');
  }
  if (!message?.ts) return ignored('not_a_new_message');
  // What is left of a deleted message that has replies.
  if (message.subtype === 'tombstone') return { kind: 'deleted', at: at(message.ts) };
  if (!message.user || !message.edited) return ignored('not_a_new_message');
  const files = fileNames(message.files);
  const text = message.text ?? '';
  if (previous && (previous.text ?? '') === text && fileNames(previous.files).join('\0') === files.join('\0'))
    return ignored('not_a_new_message');
  return {
    kind: 'edited',
    at: at(message.ts),
    editor: message.user,
    text: plainWords(text, botUserId),
    files,
    stamp: message.edited.ts,
  };
}

/** Every event is looked at here, and few are changes: a schema that fails costs more than this glance. */
function saysChange(envelope: unknown): boolean {
  const subtype = (envelope as { event?: { subtype?: unknown } } | null)?.event?.subtype;
  return subtype === 'message_changed' || subtype === 'message_deleted';
}

function ignored(why: Ignored): Change {
  return { kind: 'ignored', why };
}
