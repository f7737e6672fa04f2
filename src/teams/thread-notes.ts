import { z } from 'zod';
import { personId, threadId } from '../chat/keys.ts';
import { type SeenMessage, threadContext } from '../chat/thread-context.ts';
import type { InboundMessage, Sender } from '../chat/vocabulary.ts';
import { createSealedText } from '../privacy/sealed-text.ts';
import type { Connection } from '../store/connection.ts';
import type { Sealer } from '../store/sealed.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Seconds. */
const KEPT_S = 86_400;
/** So many messages of a thread. */
const MOST_KEPT = 20;
/** More of a message is not told anyway. Characters. */
const MOST_CHARS = 2_000;

const kept = (text: string) => text.slice(0, MOST_CHARS).toWellFormed();

const noteSchema = z.object({
  author: z.string(),
  text: z.string(),
  at: z.number(),
  addressed: z.boolean(),
  id: z.string(),
});

export interface ThreadNotesDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  /** Undefined: nothing is sealed. */
  readonly sealer: Sealer | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

export type ThreadNotes = ReturnType<typeof createThreadNotes>;

/**
 * What was lately written where several people talk with the bot: Teams lets no bot read a thread back. Only what is
 * delivered to the bot can stand here, which is what mentions it, unless it was given leave to read along.
 */
export function createThreadNotes({ redis, keyPrefix, sealer, now, log }: ThreadNotesDeps) {
  const sealed = createSealedText(sealer, 'teams-heard');
  const listKey = (thread: string) => `${keyPrefix}:teamsheard:${thread}`;
  const placesKey = (who: Sender) => `${keyPrefix}:teamsspoke:${personId(who)}`;
  /** An entry begins with whose it is, and which message. */
  const headOf = (who: Sender, messageId = '') => `${personId(who)} ${messageId}`;

  async function removeFrom(thread: string, head: string): Promise<void> {
    const entries = await redis.lrange(listKey(thread), 0, -1);
    for (const entry of entries) if (entry.startsWith(head)) await redis.lrem(listKey(thread), 0, entry);
  }

  async function read({ key, sender, messageId }: InboundMessage): Promise<SeenMessage[]> {
    const thread = threadId(key);
    const entries = await redis.lrange(listKey(thread), 0, -1);
    const seen: SeenMessage[] = [];
    for (const entry of entries) {
      const [whose = '', of = ''] = entry.split(' ', 2);
      const text = entry.slice(whose.length + of.length + 2);
      const { id, ...note } = noteSchema.parse(JSON.parse((await sealed.open(thread, text)) ?? 'null'));
      if (id === messageId) continue;
      seen.push({ from: whose === personId(sender) ? 'asker' : 'other', ...note });
    }
    return threadContext(seen);
  }

  return {
    /** Keeps what somebody wrote; what they wrote before in the same message goes. */
    async hear({ key, sender, text, addressed, messageId }: InboundMessage, author: string): Promise<void> {
      const thread = threadId(key);
      const note = { author, text: kept(text), at: now(), addressed, id: messageId };
      const entry = `${headOf(sender, messageId)} ${await sealed.seal(thread, JSON.stringify(note))}`;
      await removeFrom(thread, `${headOf(sender, messageId)} `);
      await redis
        .multi()
        .rpush(listKey(thread), entry)
        .ltrim(listKey(thread), -MOST_KEPT, -1)
        .expire(listKey(thread), KEPT_S)
        .sadd(placesKey(sender), thread)
        .expire(placesKey(sender), KEPT_S)
        .exec();
    },

    /** Its author has changed a message: where it is kept, it reads as it does now. */
    async amend({ key, sender, text, messageId }: InboundMessage): Promise<void> {
      const thread = threadId(key);
      const head = `${headOf(sender, messageId)} `;
      if (text.trim() === '') return removeFrom(thread, head);
      for (const entry of await redis.lrange(listKey(thread), 0, -1)) {
        if (!entry.startsWith(head)) continue;
        const note = noteSchema.parse(
          JSON.parse((await sealed.open(thread, entry.slice(head.length))) ?? 'null'),
        );
        if (note.text === kept(text)) continue;
        const changed = await sealed.seal(thread, JSON.stringify({ ...note, text: kept(text) }));
        // Beside the old one, which is not there any more if somebody was quicker: then nothing is added.
        await redis
          .multi()
          .linsert(listKey(thread), 'BEFORE', entry, `${head}${changed}`)
          .lrem(listKey(thread), 0, entry)
          .exec();
      }
    },

    /** Its author has deleted a message. */
    unhear: (key: InboundMessage['key'], sender: Sender, messageId: string): Promise<void> =>
      removeFrom(threadId(key), `${headOf(sender, messageId)} `),

    /** Everything that somebody wrote goes. */
    async forget(sender: Sender): Promise<void> {
      for (const thread of await redis.smembers(placesKey(sender))) await removeFrom(thread, headOf(sender));
      await redis.del(placesKey(sender));
    },

    /** What others wrote in the thread of a question. Never throws. */
    async readThread(message: InboundMessage) {
      try {
        const seen = await read(message);
        return seen.map(({ author, text, at }) => ({ author, text, at: new Date(at).toISOString() }));
      } catch (error) {
        log.info({ err: error }, 'a question is asked without what others said in its thread');
        return [];
      }
    },
  };
}
