import { spoken } from '../chat/duration.ts';
import type { ForgetAsks } from '../privacy/forget-asks.ts';
import type { Account, Person } from '../privacy/person.ts';
import type { Privacy } from '../privacy/privacy.ts';
import type { AccountAnswer, Asker } from './account.ts';

interface PrivacyAnswer extends AccountAnswer {
  readonly found: boolean;
  readonly atWork: false;
  /** The form is of no use any more. */
  readonly spent?: true;
}

export type PrivacyCommands = ReturnType<typeof createPrivacyCommands>;

/** What has to be typed before anything is erased. */
export const FORGET_WORDS = 'forget me';

/** `export` and `forget me`. */
export function createPrivacyCommands(
  privacy: Pick<Privacy, 'askExport' | 'forget' | 'personOf'>,
  asks: ForgetAsks,
  /** People sign in with company accounts here. */
  signIn: boolean,
) {
  /** Undefined: those are not the words. */
  async function forget(asker: Asker, typed: string): Promise<PrivacyAnswer | undefined> {
    if (typed.replace(/\s+/g, ' ').trim().toLowerCase() !== FORGET_WORDS) return undefined;
    await privacy.forget(accountOf(asker));
    return said(
      'I have begun to forget you. When it is done, I tell you in a direct message. What you ask until then waits, and begins afresh.',
    );
  }

  return {
    async export(asker: Asker): Promise<PrivacyAnswer> {
      const waitS = await privacy.askExport(accountOf(asker));
      if (waitS > 0)
        return said(
          `You have asked for your data lately. You can ask again in ${spoken(waitS * 1000)}.`,
          false,
        );
      return said(
        'I am putting together everything that I keep about you, and send it to you in a direct message.',
      );
    },

    /** Nothing happens yet: a form asks for the words. In Teams the form stays in the chat, and is good for a while. */
    async askForget(asker: Asker): Promise<PrivacyAnswer> {
      const account = accountOf(asker);
      const person = await privacy.personOf(account);
      const others = othersOf(person, account);
      const stranger = signIn && person.sub === undefined ? ` ${STRANGER}` : '';
      const also =
        others === 0
          ? ''
          : ` ${others === 1 ? 'One more chat account is' : `${others} more chat accounts are`} linked to the same company account: everything of ${others === 1 ? 'that one' : 'those'} goes, too.`;
      const text = `This erases everything that I keep about you: your conversations and what I have learnt from them, their names, your settings, your feedback, your exported files, and the link to your company account.${also} What is at work for you is stopped. It cannot be undone. Messages here in the chat stay.${stranger}`;
      if (account.platform === 'slack')
        return {
          ...said(`${text} Press the button, and type the words that it asks for.`),
          form: { kind: 'forget_me' },
        };
      const ask = await asks.ask(account);
      return {
        ...said(`${text} To confirm, type the words within ten minutes, and press the button.`),
        form: { kind: 'forget_me', ask },
      };
    },

    /** `typed`: what stands in the form. */
    forget,

    /** The same where the form stays in the chat: `ask` names it. */
    async forgetAsked(asker: Asker, ask: string, typed: string): Promise<PrivacyAnswer> {
      const account = accountOf(asker);
      if (!(await asks.waits(account, ask))) return { ...said(NOT_ASKED, false), spent: true };
      const answer = await forget(asker, typed);
      if (!answer) return said(`These are not the words. Type: ${FORGET_WORDS}`, false);
      // Only now: whoever could not be heard presses again. Twice at once is one erasure.
      await asks.over(account);
      return { ...answer, spent: true };
    },
  };
}

const NOT_ASKED =
  'This question is answered already, or too old, or was put to somebody else. Write `forget me` to begin anew.';
const STRANGER =
  'You are not signed in, so I cannot tell which company account was yours: to have its conversations erased, write `link` first.';

const accountOf = ({ key, sender }: Asker): Account => ({ platform: key.platform, ...sender });
const othersOf = ({ accounts }: Person, mine: Account): number =>
  accounts.filter(({ tenant, id }) => tenant !== mine.tenant || id !== mine.id).length;

const said = (text: string, found = true): PrivacyAnswer => ({ text, found, atWork: false });
