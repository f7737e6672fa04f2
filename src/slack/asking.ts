import { z } from 'zod';
import type { InboundMessage } from '../chat/vocabulary.ts';
import type { Accept } from '../turns/accept-turn.ts';
import type { Once } from '../turns/once.ts';
import { REDELIVERED_S, type TellAcceptance } from './acceptance.ts';
import type { CallAside } from './asides.ts';
import { slackFailure } from './failures.ts';
import type { Json } from './json.ts';
import { kindOf } from './normalise.ts';
import { context, quoted, section } from './pieces.ts';
import { escapeText } from './text.ts';
import type { Listener } from './whisper.ts';

/** Slack waits three seconds for its acknowledgement, which comes after this. */
const PATIENCE_MS = 1_000;
const SHOWN_LENGTH = 2_500;

export interface Asked {
  /** What the agent reads. */
  readonly prompt: string;
  /** What everybody in the place reads: the question in the person's words. */
  readonly shown: string;
  /** One more line below it. Plain text. */
  readonly about?: string;
  /** Names the press: however often Slack delivers it, it is one question. */
  readonly trigger: string;
}

/** Where a question was put. */
export interface Put {
  readonly conversation: string;
  /** The message that shows the question; the answer stands in its thread. */
  readonly ts: string;
}

/**
 * done      it is accepted, or the person was told why not
 * repeated  it was delivered before
 * closed    the bot cannot write there
 */
export type AskOutcome = 'done' | 'repeated' | 'closed';

export interface AskingDeps {
  readonly callAside: CallAside;
  readonly accept: Pick<Accept, 'acceptTurn'>;
  readonly once: Once;
  readonly tell: TellAcceptance;
}

const postedSchema = z.object({ channel: z.string(), ts: z.string() });

export type Asking = ReturnType<typeof createAsking>;

/**
 * Questions that are no message of the person: of a button, a shortcut, a form. The bot shows who asks what, and answers
 * in that thread. All of it happens before the acknowledgement, and throws when it could not be stored.
 */
export function createAsking(deps: AskingDeps) {
  /** Undefined: the bot cannot write there. An empty conversation: the direct message with the person. */
  async function post(
    { key, sender }: Listener,
    text: string,
    blocks: readonly Json[],
  ): Promise<Put | undefined> {
    const { tenant: workspace, conversation, thread } = key;
    try {
      const answer = await deps.callAside({
        workspace,
        method: 'chat.postMessage',
        args: {
          channel: conversation === '' ? sender.id : conversation,
          ...(thread === '' ? {} : { thread_ts: thread }),
          text,
          blocks,
          unfurl_links: false,
          unfurl_media: false,
        },
        patienceMs: PATIENCE_MS,
      });
      const { channel, ts } = postedSchema.parse(answer);
      return { conversation: channel, ts };
    } catch (error) {
      if (slackFailure(error)?.kind === 'refused') return undefined;
      throw error;
    }
  }

  /** The question as everybody sees it. */
  function quote({ sender }: Listener, { shown, about }: Asked) {
    const text = `<@${sender.id}>: ${escapeText(shown).slice(0, SHOWN_LENGTH)}`;
    return { text, blocks: [section(text), ...(about ? [context(quoted(about, 300))] : [])] };
  }

  async function accept(who: Listener, { conversation, ts }: Put, asked: Asked): Promise<void> {
    const { key, sender } = who;
    const message: InboundMessage = {
      key: { ...key, conversation, thread: key.thread === '' ? ts : key.thread },
      kind: kindOf(conversation),
      sender,
      text: asked.prompt,
      messageId: ts,
      addressed: true,
      files: [],
      claims: [`slack:press:${key.tenant}:${asked.trigger}`],
    };
    await deps.tell(message, await deps.accept.acceptTurn(message));
  }

  return {
    post,

    /** False: it was delivered before. */
    first: (who: Listener, trigger: string) => deps.once(`press:${who.key.tenant}:${trigger}`, REDELIVERED_S),

    accept,

    /** Asks in the thread of `who`; without one, below a new message in the conversation. */
    async ask(who: Listener, asked: Asked): Promise<AskOutcome> {
      if (!(await this.first(who, asked.trigger))) return 'repeated';
      const { text, blocks } = quote(who, asked);
      const put = await post(who, text, blocks);
      if (!put) return 'closed';
      await accept(who, put, asked);
      return 'done';
    },

    /** The same for what could not be asked where it was meant: in the direct message with the person. */
    async askInPrivate({ key, sender }: Listener, asked: Asked): Promise<AskOutcome> {
      const who = { key: { ...key, conversation: '', thread: '' }, sender };
      const { text, blocks } = quote(who, asked);
      const put = await post(who, text, blocks);
      if (!put) return 'closed';
      await accept(who, put, asked);
      return 'done';
    },
  };
}
