import { z } from 'zod';
import { type SeenMessage, threadContext } from '../chat/thread-context.ts';
import type { InboundMessage } from '../chat/vocabulary.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CallAside } from './asides.ts';
import { mentions, toPlainText } from './text.ts';

/** What somebody wrote, as an invocation tells it. */
export interface ThreadMessage {
  readonly author: string;
  readonly text: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface ThreadReadingDeps {
  readonly callAside: CallAside;
  /** The bot as Slack knows it. */
  readonly bot: () => Promise<{ readonly userId: string }>;
  readonly nameOf: (tenant: string, id: string) => Promise<string>;
  readonly log: Logger;
}

const messageSchema = z.object({
  ts: z.string(),
  user: z.string().optional(),
  username: z.string().optional(),
  bot_profile: z.object({ name: z.string().optional() }).optional(),
  subtype: z.string().optional(),
  hidden: z.boolean().optional(),
  text: z.string().default(''),
  files: z.array(z.object({ name: z.string().nullish() })).optional(),
});
type Message = z.infer<typeof messageSchema>;

/** The person waits for it, and can do without. */
const WITHIN_MS = 1_000;
/** As many as Slack gives at once; in longer threads the newest follow on other pages. */
const PAGE = 999;
/** What somebody wrote; the others report changes, and what was deleted. */
const TALK = new Set([undefined, 'bot_message', 'file_share', 'thread_broadcast', 'me_message']);

/**
 * Reads what others wrote in the thread of a question, with one call of Slack's. Nothing, when Slack does not answer
 * within a second. Never throws.
 */
export function createThreadReading(deps: ThreadReadingDeps) {
  const { callAside, log } = deps;

  async function read(message: InboundMessage, late: AbortSignal): Promise<ThreadMessage[]> {
    const { key, sender, messageId } = message;
    const { userId: botUserId } = await deps.bot();
    const seen: SeenMessage[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      late.throwIfAborted();
      const answer = await callAside({
        workspace: key.tenant,
        method: 'conversations.replies',
        args: {
          channel: key.conversation,
          ts: key.thread,
          latest: messageId,
          limit: PAGE,
          ...(cursor === '' ? {} : { cursor }),
        },
        patienceMs: 0,
      });
      const messages = z.array(z.unknown()).catch([]).parse(answer.messages);
      seen.push(...messages.flatMap((one) => seenFrom(one, { botUserId, asker: sender.id, messageId })));
      cursor = nextCursor(answer.response_metadata);
    }
    return named(key.tenant, threadContext(seen));
  }

  /** One whose name nobody tells goes by the id. */
  async function named(tenant: string, context: readonly SeenMessage[]): Promise<ThreadMessage[]> {
    const authors = [...new Set(context.map(({ author }) => author))];
    const names = new Map(
      await Promise.all(
        authors.map(async (author): Promise<[string, string]> => {
          // Whoever is no person of the workspace is named by Slack itself.
          if (!/^[UW][A-Z0-9]+$/.test(author)) return [author, author];
          return [author, await deps.nameOf(tenant, author).catch(() => author)];
        }),
      ),
    );
    return context.map(({ author, text, at }) => ({
      author: (names.get(author) ?? author).slice(0, 200).toWellFormed(),
      text,
      at: new Date(at).toISOString(),
    }));
  }

  return async (message: InboundMessage): Promise<readonly ThreadMessage[]> => {
    if (message.key.platform !== 'slack') return [];
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error('Slack takes too long')), WITHIN_MS);
    try {
      return await Promise.race([read(message, late.signal), aborted(late.signal)]);
    } catch (error) {
      log.info({ err: error }, 'a question is asked without what others said in its thread');
      return [];
    } finally {
      clearTimeout(timer);
    }
  };
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

function seenFrom(
  given: unknown,
  of: { readonly botUserId: string; readonly asker: string; readonly messageId: string },
): SeenMessage[] {
  const parsed = messageSchema.safeParse(given);
  if (!parsed.success) return [];
  const { ts, user, text, subtype, hidden } = parsed.data;
  if (hidden || !TALK.has(subtype) || ts === of.messageId) return [];
  return [
    {
      from: user === of.botUserId ? 'bot' : user === of.asker ? 'asker' : 'other',
      addressed: mentions(text, of.botUserId),
      author: authorOf(parsed.data),
      text: withFiles(toPlainText(text), parsed.data),
      at: Number(ts) * 1000,
    },
  ];
}

const authorOf = ({ user, username, bot_profile }: Message): string =>
  user ?? (bot_profile?.name || username || 'an app');

function withFiles(text: string, { files = [] }: Message): string {
  const names = files.flatMap(({ name }) => name ?? []);
  return names.length === 0 ? text : `${text}\n(files: ${names.join(', ')})`.trim();
}

function nextCursor(metadata: unknown): string | undefined {
  const parsed = z.object({ next_cursor: z.string().min(1) }).safeParse(metadata);
  return parsed.data?.next_cursor;
}
