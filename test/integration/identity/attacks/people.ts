import { enterPassword, linkUp, newAccount, newBrowser, proposalIn, type Rig, signIn } from '../rig.ts';
import { type Attack, everybodySaysYes, expectLink, expectNoLink, expectThat } from './attack.ts';

/**
 * Links that are given to the wrong person. Here alice is the victim and bob the attacker: he wants his chat account to act
 * as alice at Cognito, or her chat account to act as him.
 */

const accounts = () => ({ alices: newAccount('alice'), bobs: newAccount('bob') });

/** alice opens the link that bob was given, and signs in as herself. */
async function aliceOpensBobsLink(rig: Rig) {
  const { alices, bobs } = accounts();
  const browser = newBrowser();
  const page = await signIn(rig, await rig.invite(bobs), 'alice', browser);
  return { alices, bobs, browser, page };
}

/** bob has got hold of alice's link, and signs in as himself. */
async function bobOpensAlicesLink(rig: Rig) {
  const { alices, bobs } = accounts();
  const browser = newBrowser();
  const invitation = await rig.invite(alices);
  const page = await signIn(rig, invitation, 'bob', browser);
  return { alices, bobs, browser, page, invitation };
}

export const ON_PEOPLE: readonly Attack[] = [
  {
    title: 'an attacker’s link whose victim reads whom it is about, and says No',
    async run(rig) {
      const { alices, bobs, browser, page } = await aliceOpensBobsLink(rig);
      expectThat('the page names the chat account', page.text.includes(bobs.id.toLowerCase()));
      expectThat('the page names the Cognito account', page.text.includes('alice@example.com'));
      expectThat('the page warns', page.text.includes('If somebody sent you this link, choose No.'));
      expectThat('the page says that the addresses differ', page.text.includes('different e-mail addresses'));
      await browser.submit(page, { decision: 'no' });
      expectThat('nobody is asked in the chat', rig.asked.length === 0);
      await everybodySaysYes(rig, page, browser, bobs, alices);
      await expectNoLink(rig, alices, bobs);
      await rig.identity.settled();
      expectThat(
        'her sign-in is ended',
        rig.cognito.calls.some(({ operation }) => operation === 'revoke'),
      );
    },
  },
  {
    title: 'an attacker’s link whose victim closes the page',
    async run(rig) {
      const { alices, bobs } = await aliceOpensBobsLink(rig);
      expectThat('the attacker learns of no question that he could answer', rig.asked.length === 0);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'an attacker’s link whose victim says Yes, and that nobody answers in the chat',
    async run(rig) {
      const { alices, bobs, browser, page } = await aliceOpensBobsLink(rig);
      await browser.submit(page, { decision: 'yes' });
      const [question] = rig.asked;
      expectThat('the chat asks the account that asked for the link', question?.account.id === bobs.id);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'an attacker’s link whose victim answers in the chat, where it is not hers to answer',
    async run(rig) {
      const { alices, bobs, browser, page } = await aliceOpensBobsLink(rig);
      await everybodySaysYes(rig, page, browser, alices);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'an attacker’s link where addresses must match, whatever everybody says',
    settings: { email: 'match' },
    async run(rig) {
      const { alices, bobs, browser, page } = await aliceOpensBobsLink(rig);
      await everybodySaysYes(rig, page, browser, bobs, alices);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'a victim’s link that the attacker opens as himself, where the victim says No in the chat',
    async run(rig) {
      const { alices, bobs, browser, page } = await bobOpensAlicesLink(rig);
      await browser.submit(page, { decision: 'yes' });
      const [question] = rig.asked;
      expectThat('the question names the attacker', question?.email === 'bob@example.com');
      expectThat('the question says that the addresses differ', question?.differs === true);
      await rig.identity.answer(question?.id ?? '', alices, false);
      await rig.identity.answer(question?.id ?? '', alices, true);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'a victim’s link that the attacker opened first',
    async run(rig) {
      const { alices, bobs, invitation } = await bobOpensAlicesLink(rig);
      const hers = newBrowser();
      await everybodySaysYes(rig, await signIn(rig, invitation, 'alice', hers), hers, alices, bobs);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'a victim’s link that the attacker opens while she signs in',
    async run(rig) {
      const { alices, bobs } = accounts();
      const invitation = await rig.invite(alices);
      await newBrowser().open(invitation);
      const his = newBrowser();
      await everybodySaysYes(rig, await signIn(rig, invitation, 'bob', his), his, alices, bobs);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'a victim’s link where addresses must match, whatever everybody says',
    settings: { email: 'match' },
    async run(rig) {
      const { alices, bobs, browser, page } = await bobOpensAlicesLink(rig);
      await everybodySaysYes(rig, page, browser, bobs, alices);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'a victim’s browser that was signed in at Cognito as the attacker, if she reads the page',
    async run(rig) {
      const { alices, bobs } = accounts();
      const browser = newBrowser();
      // bob has signed this browser in as himself, with a link of his own.
      await signIn(rig, await rig.invite(bobs), 'bob', browser);
      const page = await enterPassword(rig, await browser.open(await rig.invite(alices)), 'alice', browser);
      expectThat('the page names bob', page.text.includes('bob@example.com'));
      await browser.submit(page, { decision: 'no' });
      await everybodySaysYes(rig, page, browser, alices, bobs);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'a link that was used, found again by the next one at the same computer',
    async run(rig) {
      const alices = newAccount('alice');
      const browser = newBrowser();
      const invitation = await rig.invite(alices);
      const page = await signIn(rig, invitation, 'alice', browser);
      await everybodySaysYes(rig, page, browser, alices);
      await expectLink(rig, alices, 'alice');
      // alice signs out at Cognito; the cookie of ours is still there.
      for (const name of browser.cookies.keys())
        if (!name.startsWith('__Host-')) browser.cookies.delete(name);
      const again = await signIn(rig, invitation, 'bob', browser);
      expectThat('there is nothing to confirm', proposalIn(again) === '');
      await everybodySaysYes(rig, again, browser, alices);
      await expectLink(rig, alices, 'alice');
    },
  },
  {
    title: 'another chat user who presses Yes',
    async run(rig) {
      const { alices, bobs } = accounts();
      const browser = newBrowser();
      const page = await signIn(rig, await rig.invite(alices), 'alice', browser);
      await everybodySaysYes(rig, page, browser, bobs);
      await expectNoLink(rig, bobs, alices);
      await everybodySaysYes(rig, page, browser, alices);
      await expectLink(rig, alices, 'alice');
    },
  },
  {
    title: 'a Yes in the chat that is pressed again after the link has ended',
    async run(rig) {
      const alices = newAccount('alice');
      await linkUp(rig, alices, 'alice');
      await rig.identity.unlink(alices);
      for (const { id } of rig.asked) await rig.identity.answer(id, alices, true);
      await expectNoLink(rig, alices);
    },
  },
];
