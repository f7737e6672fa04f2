import { z } from 'zod';
import { claimId, personId, threadId } from '../chat/keys.ts';
import type { ConversationKey, Sender } from '../chat/vocabulary.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import { createTakeBack } from '../turns/once.ts';
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

/**
 * ARGV[2]: so long a record is kept when it is written, in milliseconds; ARGV[3]: until when, in milliseconds since the
 * epoch; then names of records. Those that were written until then go; answers how many.
 */
const FORGET = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local gone = 0
for i = 4, #ARGV do
  local name = ARGV[1] .. ':' .. ARGV[i]
  local left = redis.call('PTTL', name)
  if left >= 0 and now - (ARGV[2] - left) <= tonumber(ARGV[3]) then gone = gone + redis.call('DEL', name) end
end
return gone
`;

export type References = ReturnType<typeof createReferences>;

/** That a place was greeted. */
export const welcomeOf = (tenant: string, conversation: string) => `teams:welcome:${tenant}:${conversation}`;

/** Workers answer where and when no request of Teams is at hand; what they need of one is kept here. */
export function createReferences(redis: Connection, keyPrefix: string) {
  const forget = defineScript(FORGET, keyPrefix);
  const takeBack = createTakeBack(redis, keyPrefix);
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

    /**
     * How to write to a person goes, where their personal chat is, and that they were greeted there. What was kept after
     * `before` (epoch milliseconds, Redis' clock) stays: they have written anew. Answers how many records there were.
     */
    async forget({ tenant, id }: Sender, before: number): Promise<number> {
      const person = { tenant, id };
      const chat = (await readContact(person))?.chat;
      const place = { platform: 'teams', tenant, conversation: chat ?? '', thread: chat ?? '' } as const;
      const names = [
        `teamsperson:${personId(person)}`,
        ...(chat === undefined ? [] : [`teamsplace:${threadId(place)}`]),
      ];
      const gone = Number(await forget(redis, [KEPT_S * 1000, before, ...names]));
      if (chat !== undefined) await takeBack(welcomeOf(tenant, chat));
      return gone;
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
