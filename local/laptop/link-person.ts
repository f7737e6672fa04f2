import { z } from 'zod';
import { actOnPage, type Change, listenToPage } from './page-changes.ts';
import type { PageMessage } from './read-reply.ts';
import { createVisitor, unescapeHtml, type Visit, type Visitor } from './visitor.ts';

/** Links a chat user to an account the way a person does it: in the chat and in a browser, over HTTP only. */

export interface LinkPersonOptions {
  /** Address of the chat page. */
  readonly page: string;
  /** The chat user, by handle. */
  readonly user: string;
  /** The account to sign in with. It must not be asked for more than its password. */
  readonly account: { readonly username: string; readonly password: string };
  /** Default 30 000, for all steps together. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What the chat says in the end. “Nothing is linked yet” and “You are not linked” are something else. */
const LINKED = /\b(?:are|is) (?:now |already )?linked\b/i;
const TIMEOUT_MS = 30_000;

/** Resolves when the chat says that the user is linked. Throws with the step that failed, and what was seen there. */
export async function linkPerson(options: LinkPersonOptions): Promise<void> {
  const { page, user, account, timeoutMs = TIMEOUT_MS } = options;
  const over = new AbortController();
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([over.signal, timeout, ...(options.signal ? [options.signal] : [])]);
  const journey = { step: 'opening the chat page', seen: '' };
  try {
    // Listening begins before anything is written: nothing is missed.
    const chat = createChat(page, user, await listenToPage(page, user, signal), journey, signal);
    journey.step = 'writing `link` to the bot';
    await chat.write('link');
    journey.step = 'waiting for the private message with the link';
    const link = await chat.until((message) =>
      buttonsOf(message).find(({ url }) => url?.includes('/link/start?')),
    );
    await signInAndConfirm(createVisitor(undefined, signal), link.url ?? '', account, journey);
    journey.step = 'waiting for the question in the chat whether it was you';
    const [yes, where] = await chat.until((message) => {
      const button = buttonsOf(message).find(({ url, style }) => url === undefined && style === 'primary');
      return button && ([button, message] as const);
    });
    journey.step = `pressing “${yes.text.text}”`;
    await chat.press(where, yes);
    journey.step = 'waiting for the chat to say that you are linked';
    await chat.until((message) => LINKED.test(wordsOf(message)) || undefined);
  } catch (error) {
    const late = timeout.aborted && !options.signal?.aborted;
    const reason = late ? `nothing more came within ${timeoutMs / 1000} s` : (error as Error).message;
    const seen = journey.seen === '' ? '' : ` Seen last: ${journey.seen}`;
    throw new Error(`Linking ${user} stopped at ${journey.step}: ${reason}.${seen}`, { cause: error });
  } finally {
    over.abort();
  }
}

interface Journey {
  step: string;
  /** The latest words of the bot or of a page. */
  seen: string;
}

async function signInAndConfirm(
  visitor: Visitor,
  url: string,
  account: LinkPersonOptions['account'],
  journey: Journey,
): Promise<void> {
  /** Throws unless it is the page that is expected here. */
  function expectPage(page: Visit, hint: RegExp): Visit {
    journey.seen = `${page.status} ${new URL(page.url).pathname} “${wordsOn(page)}”`;
    if (page.status !== 200 || !hint.test(page.text)) throw new Error('another page was expected');
    return page;
  }
  journey.step = 'following the link to the sign-in page';
  const signIn = expectPage(await visitor.open(url), /name="password"/);
  journey.step = 'signing in';
  const confirm = expectPage(await visitor.submit(signIn, account), /name="decision" value="yes"/);
  journey.step = 'saying yes on the confirm page';
  expectPage(await visitor.submit(confirm, { decision: 'yes' }), /<h1>/);
}

/** One user's direct message with the bot. */
function createChat(
  page: string,
  user: string,
  changes: AsyncIterator<Change>,
  journey: Journey,
  signal: AbortSignal,
) {
  let channel = '';

  async function act(action: string, body: Record<string, unknown>) {
    const answer = await actOnPage(page, action, { user, channel: 'dm', ...body }, signal);
    if (!answer.ok) throw new Error(answer.error);
    return answer;
  }

  async function nextMessage(): Promise<PageMessage> {
    for (;;) {
      const { done, value } = await changes.next();
      if (done) throw new Error('the chat page went away');
      if (value.kind === 'reload') throw new Error('the workspace was emptied');
      if (value.kind === 'message') return value.message;
    }
  }

  return {
    async write(text: string): Promise<void> {
      const { ts } = await act('post', { text });
      let own = await nextMessage();
      while (own.ts !== ts) own = await nextMessage();
      channel = own.channel;
    },
    /** The first message of the bot from here on, or change of one, in which `look` finds something. */
    async until<T>(look: (message: PageMessage) => T | undefined): Promise<T> {
      for (;;) {
        const message = await nextMessage();
        if (message.channel !== channel || message.bot_id === undefined) continue;
        journey.seen = `“${wordsOf(message)}”`;
        const found = look(message);
        if (found !== undefined) return found;
      }
    },
    async press({ ts }: PageMessage, { action_id: actionId, value }: Button): Promise<void> {
      const { status } = await act('click', { ts, actionId, value });
      if (status !== 200)
        throw new Error(`the bot answered ${typeof status === 'number' ? status : 'nothing'} to the click`);
    },
  };
}

const buttonSchema = z.looseObject({
  type: z.literal('button'),
  action_id: z.string(),
  text: z.looseObject({ text: z.string() }),
  url: z.string().optional(),
  value: z.string().optional(),
  style: z.string().optional(),
});
type Button = z.infer<typeof buttonSchema>;

function buttonsOf({ blocks }: PageMessage): Button[] {
  return blocks
    .flatMap(({ elements, accessory }) => (Array.isArray(elements) ? (elements as unknown[]) : [accessory]))
    .flatMap((element) => {
      const { data } = buttonSchema.safeParse(element);
      return data ? [data] : [];
    });
}

const wordsOf = ({ text, blocks }: PageMessage) => text || JSON.stringify(blocks);

function wordsOn({ text }: Visit): string {
  const main = text.replace(/^.*<main>/s, '').replace(/<(?:form|table)\b.*/s, '');
  return unescapeHtml(main.replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}
