import {
  COOKIE,
  cookieOf,
  letExpire,
  newAccount,
  newBrowser,
  proposalIn,
  type Rig,
  signIn,
  signInAndKeepTheCode,
} from '../rig.ts';
import {
  type Attack,
  comeBack,
  confirmForm,
  cookieHeader,
  everybodySaysYes,
  expectLink,
  expectNoLink,
  expectThat,
  send,
} from './attack.ts';

/** Another browser than the one that began, pages that send our form, and requests as no browser sends them. */

async function confirmPage(rig: Rig) {
  const alices = newAccount('alice');
  const browser = newBrowser();
  const page = await signIn(rig, await rig.invite(alices), 'alice', browser);
  return { alices, browser, page };
}

/** Says Yes on the page in some way of its own, and in the chat whatever is asked there. */
const confirming = (
  title: string,
  confirm: (rig: Rig, found: Awaited<ReturnType<typeof confirmPage>>) => Promise<unknown>,
): Attack => ({
  title,
  async run(rig) {
    const found = await confirmPage(rig);
    await confirm(rig, found);
    expectThat('nobody is asked in the chat', rig.asked.length === 0);
    await rig.identity.answer(proposalIn(found.page), found.alices, true);
    await expectNoLink(rig, found.alices);
  },
});

/** The rightful form, sent by some other page. */
const sentFrom = (title: string, headers: Record<string, string>): Attack =>
  confirming(title, (rig, { browser, page }) =>
    send(rig, '/link/confirm', {
      method: 'POST',
      headers,
      cookie: cookieHeader(browser),
      body: confirmForm(page),
    }),
  );

const withBody = (title: string, bodyOf: (id: string) => string): Attack =>
  confirming(title, async (rig, { browser, page }) => {
    const answer = await send(rig, '/link/confirm', {
      method: 'POST',
      cookie: cookieHeader(browser),
      body: bodyOf(proposalIn(page)),
    });
    expectThat(`it is refused (${answer.status})`, answer.status >= 400 && answer.status < 500);
  });

/** The callback of a finished sign-in, with other cookies than its browser's. */
const withCookies = (title: string, cookiesOf: (own: string) => string | undefined): Attack => ({
  title,
  async run(rig) {
    const alices = newAccount('alice');
    const browser = newBrowser();
    const back = await signInAndKeepTheCode(rig, await rig.invite(alices), 'alice', browser);
    const cookie = cookiesOf(cookieOf(browser));
    const page = await send(rig, `/link/callback${back.search}`, cookie === undefined ? {} : { cookie });
    const found = { ...page, url: `${rig.url}/link/callback`, headers: new Headers() };
    expectThat('there is nothing to confirm', proposalIn(found) === '');
    await everybodySaysYes(rig, found, browser, alices);
    await expectNoLink(rig, alices);
  },
});

const SOMEBODY_ELSES = 'B'.repeat(43);

export const ON_BROWSERS: readonly Attack[] = [
  withCookies('a callback in a browser without our cookie', () => undefined),
  withCookies('a callback in a browser with a cookie of its own', () => `${COOKIE}=${SOMEBODY_ELSES}`),
  withCookies(
    'a callback with two cookies of our name',
    (own) => `${COOKIE}=${own}; ${COOKIE}=${SOMEBODY_ELSES}`,
  ),
  withCookies('a callback with a cookie that is nearly ours', (own) => `threadcore_link=${own}`),
  withCookies('a callback with a cookie that was cut off', (own) => `${COOKIE}=${own.slice(0, -1)}`),
  {
    title: 'a cookie that the attacker had put into the victim’s browser before',
    async run(rig) {
      const [alices, bobs] = [newAccount('alice'), newAccount('bob')];
      // Without the prefix of the name no other site could set it; suppose that one could.
      const planted = { value: SOMEBODY_ELSES, path: '/' };
      const [hers, his] = [newBrowser(), newBrowser()];
      for (const browser of [hers, his]) browser.cookies.set(`${COOKIE}@/`, planted);
      const page = await signIn(rig, await rig.invite(alices), 'alice', hers);
      const guess = await his.request(`${rig.url}/link/confirm`, {
        proposal: 'A'.repeat(43),
        decision: 'yes',
      });
      expectThat('he does not know what to confirm', guess.status === 400);
      await everybodySaysYes(rig, page, hers, bobs);
      await expectNoLink(rig, alices, bobs);
    },
  },
  confirming('a confirm page that another browser answers', (rig, { page }) =>
    send(rig, '/link/confirm', {
      method: 'POST',
      cookie: `${COOKIE}=${SOMEBODY_ELSES}`,
      body: confirmForm(page),
    }),
  ),
  confirming('a confirm page that is answered without a cookie', (rig, { page }) =>
    send(rig, '/link/confirm', { method: 'POST', body: confirmForm(page) }),
  ),
  sentFrom('a form that another site sends', {
    'sec-fetch-site': 'cross-site',
    origin: 'https://evil.example',
  }),
  sentFrom('a form that a neighbour of our site sends', { 'sec-fetch-site': 'same-site', origin: 'null' }),
  sentFrom('a form that an old browser sends for another site', { origin: 'https://evil.example' }),
  withBody('a form with two proposals', (id) => `proposal=${id}&proposal=${id}&decision=yes`),
  withBody('a form with two decisions', (id) => `proposal=${id}&decision=no&decision=yes`),
  withBody('a form without a decision', (id) => `proposal=${id}`),
  withBody('a form with a decision of its own', (id) => `proposal=${id}&decision=YES`),
  withBody('a form with its proposal as an array', (id) => `proposal[]=${id}&decision=yes`),
  withBody('a form of 100,000 bytes', (id) => `proposal=${id}&decision=yes&more=${'x'.repeat(100_000)}`),
  withBody('a form with a thousand fields', (id) => `proposal=${id}&decision=yes${'&x=1'.repeat(1_000)}`),
  withBody('a form with a broken encoding', (id) => `proposal=${id}%&decision=%E0%A4%A`),
  confirming('a form that is read instead of sent', async (rig, { browser, page }) => {
    const answer = await send(rig, `/link/confirm?${confirmForm(page)}`, { cookie: cookieHeader(browser) });
    expectThat(`it is refused (${answer.status})`, answer.status === 404);
  }),
  confirming('a form in another format', async (rig, { browser, page }) => {
    const answer = await send(rig, '/link/confirm', {
      method: 'POST',
      cookie: cookieHeader(browser),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ proposal: proposalIn(page), decision: 'yes' }),
    });
    expectThat(`it is refused (${answer.status})`, answer.status === 400);
  }),
  confirming('a form that comes too late', async (rig, { browser, page }) => {
    await letExpire(rig, 'proposal');
    await browser.submit(page, { decision: 'yes' });
  }),
  {
    title: 'a Yes in the chat before the page was answered',
    async run(rig) {
      const { alices, page } = await confirmPage(rig);
      await rig.identity.answer(proposalIn(page), alices, true);
      await expectNoLink(rig, alices);
    },
  },
  {
    title: 'a Yes in the chat that comes too late',
    async run(rig) {
      const { alices, browser, page } = await confirmPage(rig);
      await browser.submit(page, { decision: 'yes' });
      await letExpire(rig, 'proposal');
      for (const { id } of rig.asked) await rig.identity.answer(id, alices, true);
      await expectNoLink(rig, alices);
    },
  },
  {
    title: 'a confirm page that is answered ten times at once, beyond one question and one link',
    async run(rig) {
      const { alices, browser, page } = await confirmPage(rig);
      const answers = await Promise.all(
        Array.from({ length: 10 }, () =>
          send(rig, '/link/confirm', {
            method: 'POST',
            cookie: cookieHeader(browser),
            body: confirmForm(page),
          }),
        ),
      );
      expectThat('one of them counts', answers.filter(({ status }) => status === 200).length === 1);
      expectThat('the others are told so', answers.filter(({ status }) => status === 409).length === 9);
      expectThat('one question is put', rig.asked.length === 1);
      await expectNoLink(rig, alices);
      const id = rig.asked[0]?.id ?? '';
      const linked = await Promise.all(
        Array.from({ length: 10 }, () => rig.identity.answer(id, alices, true)),
      );
      expectThat('one answer links', linked.filter(({ kind }) => kind === 'linked').length === 1);
      await expectLink(rig, alices, 'alice');
    },
  },
  {
    title: 'a Yes after a No on the page',
    async run(rig) {
      const { alices, browser, page } = await confirmPage(rig);
      await browser.submit(page, { decision: 'no' });
      await everybodySaysYes(rig, page, browser, alices);
      await expectNoLink(rig, alices);
    },
  },
  {
    title: 'a callback that only looks',
    async run(rig) {
      const alices = newAccount('alice');
      const browser = newBrowser();
      const back = await signInAndKeepTheCode(rig, await rig.invite(alices), 'alice', browser);
      await send(rig, `/link/callback${back.search}`, { method: 'HEAD', cookie: cookieHeader(browser) });
      expectThat('nothing is proposed yet', (await rig.records('proposal')).length === 0);
      await everybodySaysYes(rig, await comeBack(rig, back.searchParams, browser), browser, alices);
      await expectLink(rig, alices, 'alice');
    },
  },
];
