import { z } from 'zod';
import { actOnPage, type Change, listenToPage } from './page-changes.ts';
import type { ReplyPrinter } from './print-reply.ts';
import { judgeReply, type PageMessage, readReply } from './read-reply.ts';

/** One question, asked on the chat page as a person would, and its thread followed until the reply is complete. */

export interface AskOptions {
  /** Address of the chat page. */
  readonly page: string;
  readonly question: string;
  readonly user: string;
  readonly channel: string;
  readonly timeoutMs: number;
  readonly printer: ReplyPrinter;
  readonly signal?: AbortSignal;
}

export type AskResult = 'complete' | 'failed' | 'kept' | 'timeout';

/** Asks and follows. Resolves with how it ended; throws when the page cannot be reached or refuses the question. */
export async function askInThread(options: AskOptions): Promise<AskResult> {
  const { page, user, printer } = options;
  const over = new AbortController();
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([over.signal, timeout, ...(options.signal ? [options.signal] : [])]);
  try {
    // Listening begins before the question is written: nothing is missed.
    const changes = await listenToPage(page, user, signal);
    const ts = await post(options, signal);
    return await follow(changes, ts, printer);
  } catch (error) {
    if (timeout.aborted && !options.signal?.aborted) return 'timeout';
    throw error;
  } finally {
    over.abort();
    printer.finish();
  }
}

async function post({ page, user, channel, question }: AskOptions, signal: AbortSignal): Promise<string> {
  const message = { user, channel, text: `@Cloud Engineer ${question}` };
  const answer = await actOnPage(page, 'post', message, signal);
  if (!answer.ok) throw new Error(`The chat page refused the question: ${answer.error}`);
  return z.string().parse(answer.ts);
}

async function follow(changes: AsyncIterator<Change>, ts: string, printer: ReplyPrinter): Promise<AskResult> {
  const messages = new Map<string, PageMessage>();
  let next = changes.next();
  for (;;) {
    const outcome = judgeReply([...messages.values()]);
    const settled = outcome.state === 'open' ? undefined : settle(outcome.settleMs, outcome.state);
    const event = await Promise.race([next, ...(settled ? [settled.promise] : [])]);
    settled?.cancel();
    if (typeof event === 'string') return event;
    if (event.done) throw new Error('The chat page went away. Is laptop mode still running?');
    next = changes.next();
    apply(event.value, ts, messages, printer);
  }
}

function apply(change: Change, ts: string, messages: Map<string, PageMessage>, printer: ReplyPrinter): void {
  switch (change.kind) {
    case 'message':
      if (change.message.thread_ts !== ts || change.message.bot_id === undefined) return;
      messages.set(change.message.ts, change.message);
      break;
    case 'deleted':
      if (!messages.delete(change.ts)) return;
      break;
    case 'thread':
      if (change.thread.threadTs === ts) printer.status(change.thread.status);
      return;
    case 'views':
      return;
    case 'reload':
      throw new Error('The workspace was emptied while waiting for the reply. Ask again.');
  }
  printer.reply(readReply([...messages.values()]));
}

function settle<T>(ms: number, as: T) {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(as), ms);
  });
  return { promise, cancel: () => clearTimeout(timer) };
}
