import { spoken } from '../chat/duration.ts';
import type { ConversationKey, Sender } from '../chat/vocabulary.ts';
import type { ChatAccount, Place } from '../identity/chat-account.ts';
import { failed } from '../identity/handshake.ts';
import type { Identity } from '../identity/identity.ts';

/** Who asks, and where. `thread` is empty for a command that belongs to no thread. */
export interface Asker {
  readonly key: ConversationKey;
  readonly sender: Sender;
  /** BCP 47, where it is known. */
  readonly locale?: string | undefined;
}

export interface AccountAnswer {
  readonly text: string;
  /** An address that is for the asker alone. */
  readonly button?: { readonly label: string; readonly url: string };
  /** A form that the asker has to fill in before anything happens. `ask`: its name, where it stays in the chat. */
  readonly form?: { readonly kind: 'forget_me'; readonly ask?: string };
}

/** `linked`: a company account is; undefined where linking is off. */
export interface WhoAnswer extends AccountAnswer {
  readonly linked?: boolean;
}

export type AccountCommands = ReturnType<typeof createAccountCommands>;

/** `link`, `unlink`, `whoami`, and the last answer before a link. `identity` undefined: linking is off. */
export function createAccountCommands(
  identity: Pick<Identity, 'invite' | 'answer' | 'unlink' | 'whoIs'> | undefined,
) {
  return {
    async link(asker: Asker): Promise<AccountAnswer> {
      if (!identity) return { text: LINKING_IS_OFF };
      const url = await identity.invite(accountOf(asker), placeOf(asker));
      if (failed(url)) return { text: tooManyLinks(url.retryAfterS ?? 0) };
      return { text: INVITATION, button: { label: 'Sign in', url } };
    },

    async unlink(asker: Asker): Promise<AccountAnswer> {
      if (!identity) return { text: LINKING_IS_OFF };
      const { was, revoked } = await identity.unlink(accountOf(asker));
      if (!was) return { text: 'Your chat account is linked to no company account.' };
      const rest = revoked
        ? ''
        : ' Cognito could not be told just now, so the old sign-in there ends by its own time.';
      return {
        text: `Unlinked: I have forgotten your company account and its sign-in.${rest} Write \`link\` to sign in again.`,
      };
    },

    async whoami(asker: Asker): Promise<WhoAnswer> {
      if (!identity) return { text: `You are the chat account ${asker.sender.id}. ${LINKING_IS_OFF}` };
      const who = await identity.whoIs(accountOf(asker));
      if (who.kind === 'unlinked') return { text: who.signedOut ? SIGNED_OUT : NOT_LINKED, linked: false };
      const name = who.principal.email ?? who.principal.username;
      if (who.kind === 'not_allowed') return { text: `You are ${name}. ${NO_ROLE}`, linked: true };
      const groups = who.principal.groups.length > 0 ? who.principal.groups.join(', ') : 'none';
      return {
        text: `You are ${name}. Groups: ${groups}. Here you are: ${who.roles.join(', ')}. Write \`unlink\` to end this.`,
        linked: true,
      };
    },

    /** What came of a yes or no in the chat, in words for the person who pressed. */
    async answer(proposal: string, asker: Asker, yes: boolean): Promise<string> {
      if (!identity) return LINKING_IS_OFF;
      const result = await identity.answer(proposal, accountOf(asker), yes);
      if (failed(result)) return NO_LONGER;
      if (result.kind === 'declined')
        return 'Nothing was linked, and that sign-in is ended. If you did not open the link yourself, tell your administrator.';
      return `You are linked now: I know you as ${result.name}, and answer what you asked before. Write \`whoami\` to see this again, \`unlink\` to end it.`;
    },
  };
}

const accountOf = ({ key, sender }: Asker): ChatAccount => ({ platform: key.platform, ...sender });
const placeOf = ({ key: { tenant, conversation, thread } }: Asker): Place => ({
  tenant,
  conversation,
  thread,
});

const LINKING_IS_OFF = 'Account linking is off here: everybody is their chat account.';
const INVITATION =
  'Sign in with your company account. The link is for you alone, works once, and for ten minutes: do not pass it on.';
const NOT_LINKED = 'I do not know you yet. Write `link` to sign in with your company account.';
const SIGNED_OUT = 'Your sign-in has ended. Write `link` to sign in again.';
const NO_ROLE = 'You are in no group that may use me. Ask your administrator to add you to one.';
const NO_LONGER =
  'This question is answered already, or too old, or was put to somebody else. Write `link` to begin anew.';
/** `another`: the chat account that was linked just now. */
export const alsoLinked = (another: string): string =>
  `Another chat account acts as your company account now, too: ${another}. If that is not you, tell your administrator at once.`;
/** `seconds`: until there may be another one. */
export const tooManyLinks = (seconds: number): string =>
  `You have asked for too many links. Try again in ${spoken(seconds * 1000)}.`;
