import type { CallAside } from './asides.ts';
import { slackFailure } from './failures.ts';
import { type PrivateWord, wasItYou, wordsWithLink } from './link-blocks.ts';
import { escapeText } from './text.ts';

/** Where a person is told something in private. `thread` is empty where there is none. */
export interface PrivatePlace {
  readonly tenant: string;
  readonly conversation: string;
  readonly thread: string;
}

const PATIENCE_MS = 30_000;

/** What the bot says to one person about their account. Every method throws when it could not be said. */
export function createLinkChat(callAside: CallAside) {
  /** Seen by this person only: in the conversation, or where that cannot be, in a direct message. */
  async function say(user: string, place: PrivatePlace, { text, blocks }: PrivateWord): Promise<void> {
    const { tenant: workspace, conversation: channel, thread } = place;
    const words = { text, ...(blocks.length > 0 ? { blocks } : {}) };
    try {
      await callAside({
        workspace,
        method: 'chat.postEphemeral',
        args: { channel, user, ...(thread === '' ? {} : { thread_ts: thread }), ...words },
        patienceMs: PATIENCE_MS,
      });
    } catch (error) {
      if (slackFailure(error)?.kind !== 'refused') throw error;
      await callAside({
        workspace,
        method: 'chat.postMessage',
        args: { channel: user, ...words },
        patienceMs: PATIENCE_MS,
      });
    }
  }

  return {
    /** Asks a person to sign in; `url` is theirs alone. */
    invite: (user: string, place: PrivatePlace, url: string, signedOut: boolean) =>
      say(user, place, wordsWithLink(signedOut ? SIGNED_OUT : INVITATION, { label: 'Sign in', url })),

    /** Asks whether it was they who signed in as this account. */
    ask: (user: string, place: PrivatePlace, proposal: string, account: string, differs: boolean) =>
      say(user, place, wasItYou(proposal, account, differs)),

    tell: (user: string, place: PrivatePlace, text: string) =>
      say(user, place, { text: escapeText(text), blocks: [] }),

    /** Writes to a person directly. */
    async write(user: string, workspace: string, text: string): Promise<void> {
      const args = { channel: user, text: escapeText(text) };
      await callAside({ workspace, method: 'chat.postMessage', args, patienceMs: PATIENCE_MS });
    },
  };
}

const TERMS =
  'Your question is kept, and answered by itself afterwards. The link is for you alone, works once, and for ten minutes: do not pass it on.';
const INVITATION = `Before I can answer, I have to know who you are. Sign in with your company account. ${TERMS}`;
const SIGNED_OUT = `Your sign-in has ended, so I have to ask you to sign in again. ${TERMS}`;
