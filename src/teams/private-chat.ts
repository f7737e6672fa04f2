import { linkCard, wasItYouCard } from './cards.ts';
import type { Voice, Word } from './voice.ts';

/** Of which tenant somebody is, as far as the place of their question tells. */
interface Place {
  readonly tenant: string;
}

const TERMS =
  'Your question is kept, and answered by itself afterwards. The link is for you alone, works once, and for ten minutes: do not pass it on.';
const INVITATION = `Before I can answer, I have to know who you are. Sign in with your company account. ${TERMS}`;
const SIGNED_OUT = `Your sign-in has ended, so I have to ask you to sign in again. ${TERMS}`;

/**
 * What the bot says to one person about their account: always in their personal chat with it, because Teams has no message
 * in a channel that only one can see. Every method throws when it could not be said.
 */
export function createPrivateChat(voice: Pick<Voice, 'sayAlone'>) {
  const say = (id: string, { tenant }: Place, word: Word) => voice.sayAlone({ id, tenant }, word);

  return {
    /** Asks a person to sign in; `url` is theirs alone. */
    invite(user: string, place: Place, url: string, signedOut: boolean): Promise<void> {
      const text = signedOut ? SIGNED_OUT : INVITATION;
      return say(user, place, { text, card: linkCard(text, { label: 'Sign in', url }) });
    },
    /** Asks whether it was they who signed in as this account. */
    ask: (user: string, place: Place, proposal: string, account: string, differs: boolean) =>
      say(user, place, { text: 'Was this you?', card: wasItYouCard(proposal, account, differs) }),
    tell: (user: string, place: Place, text: string) => say(user, place, { text }),
    /** Writes to a person directly. */
    write: (user: string, tenant: string, text: string) => say(user, { tenant }, { text }),
  };
}
