import { z } from 'zod';
import { claimId, personId, threadId } from '../chat/keys.ts';
import type { ConversationKey, Sender } from '../chat/vocabulary.ts';
import type { Connection } from '../store/connection.ts';
import type { TeamsActivity } from './activity.ts';
import type { Whereabouts } from './normalise.ts';

/** Where the bot can write into a conversation, also days after the last message there. */
const referenceSchema = z.object({
  serviceUrl: z.string(),
  /** The conversation as Teams writes it, with its thread. */
  conversation: z.string(),
  /** The bot's own account there. */
  bot: z.object({ id: z.string(), name: z.string().optional() }),
});
export type Reference = z.output<typeof referenceSchema>;

/** Where the bot can write to a person alone. */
const contactSchema = z.object({
  serviceUrl: z.string(),
  /** The person's account, as Teams writes it: `29:…`. */
  account: z.string(),
  bot: z.object({ id: z.string(), name: z.string().optional() }),
  /** A conversation that they and the bot are in. */
  seenIn: z.string(),
  /** Their personal chat with the bot, once they have written there. */
  chat: z.string().optional(),
});
export type Contact = z.output<typeof contactSchema>;

/** As long as a thread is known after the last question in it. */
const KEPT_S = 90 * 86_400;

export type References = ReturnType<typeof createReferences>;

/** Workers answer where and when no request of Teams is at hand; what they need of one is kept here. */
export function createReferences(redis: Connection, keyPrefix: string) {
  const answerKey = (key: ConversationKey, messageId: string) =>
    `${keyPrefix}:teamsanswer:${claimId(`teams:answer:${key.tenant}:${key.thread}:${messageId}`)}`;
  const placeKey = (key: ConversationKey) => `${keyPrefix}:teamsplace:${threadId(key)}`;
  /** `tenant`: that of the conversation, also for people of another one. */
  const personKey = (sender: Sender) => `${keyPrefix}:teamsperson:${personId(sender)}`;

  return {
    /** Keeps how to answer this activity. To be awaited before its question is accepted. */
    async remember(activity: TeamsActivity, { key, kind, sender }: Whereabouts): Promise<void> {
      const { recipient, serviceUrl, from } = activity;
      if (!recipient || !from) return;
      const bot = { id: recipient.id, ...(recipient.name ? { name: recipient.name } : {}) };
      const reference: Reference = { serviceUrl, conversation: activity.conversation.id, bot };
      const person = { id: sender.id, tenant: key.tenant };
      const known = kind === 'direct' ? undefined : await readContact(person);
      const chat = kind === 'direct' ? activity.conversation.id : known?.chat;
      const contact: Contact = {
        serviceUrl,
        account: from.id,
        bot,
        seenIn: activity.conversation.id,
        ...(chat === undefined ? {} : { chat }),
      };
      await Promise.all([
        redis.set(placeKey(key), JSON.stringify(reference), 'EX', KEPT_S),
        redis.set(personKey(person), JSON.stringify(contact), 'EX', KEPT_S),
      ]);
    },

    /** Undefined when nothing was heard from there for a long time. */
    async of(key: ConversationKey): Promise<Reference | undefined> {
      const kept = await redis.get(placeKey(key));
      return kept === null ? undefined : referenceSchema.parse(JSON.parse(kept));
    },

    contactOf: readContact,

    /** How to write to a person goes, and where their personal chat is. Answers how many records there were. */
    async forget(sender: Sender): Promise<number> {
      const chat = (await readContact(sender))?.chat;
      const place = {
        platform: 'teams',
        tenant: sender.tenant,
        conversation: chat ?? '',
        thread: chat ?? '',
      } as const;
      return redis.del(personKey(sender), ...(chat === undefined ? [] : [placeKey(place)]));
    },

    /** Keeps which turn a message answers: what people think of it comes with the message's id only. */
    noteAnswer: async (key: ConversationKey, messageId: string, turnId: string): Promise<void> => {
      await redis.set(answerKey(key, messageId), turnId, 'EX', KEPT_S);
    },
    turnOf: async (key: ConversationKey, messageId: string): Promise<string | undefined> =>
      (await redis.get(answerKey(key, messageId))) ?? undefined,
  };

  async function readContact(sender: Sender): Promise<Contact | undefined> {
    const kept = await redis.get(personKey(sender));
    return kept === null ? undefined : contactSchema.parse(JSON.parse(kept));
  }
}
