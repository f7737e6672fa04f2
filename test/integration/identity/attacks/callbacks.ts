import { enterPassword, letExpire, newAccount, newBrowser, type Rig, signInAndKeepTheCode } from '../rig.ts';
import { type Attack, comeBack, everybodySaysYes, expectLink, expectNoLink, expectThat } from './attack.ts';

/** What a browser brings back from the hosted UI: states, codes, and whatever else somebody may write there. */

/** alice and bob, each with a sign-in that is finished up to the callback. */
async function twoSignIns(rig: Rig, sameBrowser = false) {
  const [alices, bobs] = [newAccount('alice'), newAccount('bob')];
  const hers = newBrowser();
  const herReturn = await signInAndKeepTheCode(rig, await rig.invite(alices), 'alice', hers);
  const his = newBrowser();
  if (sameBrowser)
    for (const [name, cookie] of hers.cookies) if (name.startsWith('__Host-')) his.cookies.set(name, cookie);
  const hisReturn = await signInAndKeepTheCode(rig, await rig.invite(bobs), 'bob', his);
  return { alices, bobs, hers, his, herReturn: herReturn.searchParams, hisReturn: hisReturn.searchParams };
}

async function oneSignIn(rig: Rig) {
  const alices = newAccount('alice');
  const browser = newBrowser();
  const back = await signInAndKeepTheCode(rig, await rig.invite(alices), 'alice', browser);
  return { alices, browser, parameters: back.searchParams };
}

function changed(parameters: URLSearchParams, change: (copy: URLSearchParams) => void): URLSearchParams {
  const copy = new URLSearchParams(parameters);
  change(copy);
  return copy;
}

const mixed = (code: URLSearchParams, state: URLSearchParams) =>
  new URLSearchParams({ code: code.get('code') ?? '', state: state.get('state') ?? '' });

/** One sign-in comes back with its parameters changed. */
const tampered = (title: string, change: (copy: URLSearchParams) => void): Attack => ({
  title,
  async run(rig) {
    const { alices, browser, parameters } = await oneSignIn(rig);
    const page = await comeBack(rig, changed(parameters, change), browser);
    expectThat(`it is refused (${page.status})`, page.status >= 400 && page.status < 500);
    await everybodySaysYes(rig, page, browser, alices);
    await expectNoLink(rig, alices);
  },
});

/** The sealed parts of two records of a kind change places. */
async function swapSealed(rig: Rig, kind: string): Promise<void> {
  const [one = '', other = ''] = await rig.records(kind);
  const [mine, theirs] = await Promise.all([rig.redis.hget(one, 'sealed'), rig.redis.hget(other, 'sealed')]);
  await rig.redis.hset(one, 'sealed', theirs ?? '');
  await rig.redis.hset(other, 'sealed', mine ?? '');
}

export const ON_CALLBACKS: readonly Attack[] = [
  tampered('a callback without a state', (copy) => copy.delete('state')),
  tampered('a callback with an empty state', (copy) => copy.set('state', '')),
  tampered('a callback with a made-up state', (copy) => copy.set('state', 'x'.repeat(43))),
  tampered('a callback with two states', (copy) => copy.append('state', copy.get('state') ?? '')),
  tampered('a callback with a second, made-up state', (copy) => copy.append('state', 'x'.repeat(43))),
  tampered('a callback with its state as an array', (copy) => {
    copy.set('state[]', copy.get('state') ?? '');
    copy.delete('state');
  }),
  tampered('a callback without a code', (copy) => copy.delete('code')),
  tampered('a callback with a made-up code', (copy) => copy.set('code', '0'.repeat(36))),
  tampered('a callback with two codes', (copy) => copy.append('code', 'another')),
  tampered('a callback that names another issuer', (copy) => copy.set('iss', 'https://evil.example')),
  tampered('a callback with an error and a code', (copy) => copy.set('error', 'access_denied')),
  tampered('a callback with tokens instead of a code', (copy) => {
    copy.delete('code');
    copy.set('id_token', 'e30.e30.');
    copy.set('access_token', 'e30.e30.');
  }),
  {
    title: 'a callback that is opened a second time',
    async run(rig) {
      const { alices, browser, parameters } = await oneSignIn(rig);
      await comeBack(rig, parameters, browser);
      const again = await comeBack(rig, parameters, browser);
      expectThat('the second is refused', again.status === 400);
      await everybodySaysYes(rig, again, browser, alices);
      await expectNoLink(rig, alices);
    },
  },
  {
    title: 'a state that is used again with a fresh code of somebody else',
    async run(rig) {
      const alices = newAccount('alice');
      const browser = newBrowser();
      const start = await browser.request(await rig.invite(alices));
      const authorize = start.headers.get('location') ?? '';
      const hers = await signInAndKeepTheCode(rig, authorize, 'alice', browser);
      const page = await comeBack(rig, hers.searchParams, browser);
      await everybodySaysYes(rig, page, browser, alices);
      await expectLink(rig, alices, 'alice');
      // The very same request at the hosted UI gives a new code that fits its verifier and its nonce.
      for (const name of browser.cookies.keys())
        if (!name.startsWith('__Host-')) browser.cookies.delete(name);
      const his = await signInAndKeepTheCode(rig, authorize, 'bob', browser);
      await everybodySaysYes(rig, await comeBack(rig, his.searchParams, browser), browser, alices);
      await expectLink(rig, alices, 'alice');
    },
  },
  {
    title: 'a state that has expired',
    async run(rig) {
      const { alices, browser, parameters } = await oneSignIn(rig);
      await letExpire(rig, 'flow');
      await everybodySaysYes(rig, await comeBack(rig, parameters, browser), browser, alices);
      await expectNoLink(rig, alices);
    },
  },
  {
    title: 'two people’s callbacks that change browsers',
    async run(rig) {
      const { alices, bobs, hers, his, herReturn, hisReturn } = await twoSignIns(rig);
      await everybodySaysYes(rig, await comeBack(rig, hisReturn, hers), hers, alices, bobs);
      await everybodySaysYes(rig, await comeBack(rig, herReturn, his), his, alices, bobs);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'the attacker’s code in the victim’s callback',
    async run(rig) {
      const { alices, bobs, hers, herReturn, hisReturn } = await twoSignIns(rig);
      await everybodySaysYes(rig, await comeBack(rig, mixed(hisReturn, herReturn), hers), hers, alices, bobs);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'the victim’s code in the attacker’s callback',
    async run(rig) {
      const { alices, bobs, his, herReturn, hisReturn } = await twoSignIns(rig);
      await everybodySaysYes(rig, await comeBack(rig, mixed(herReturn, hisReturn), his), his, alices, bobs);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'two codes that change places in one browser',
    async run(rig) {
      const { alices, bobs, hers, herReturn, hisReturn } = await twoSignIns(rig, true);
      await everybodySaysYes(rig, await comeBack(rig, mixed(hisReturn, herReturn), hers), hers, alices, bobs);
      await everybodySaysYes(rig, await comeBack(rig, mixed(herReturn, hisReturn), hers), hers, alices, bobs);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'verifiers of two people that have changed places in Redis',
    async run(rig) {
      const { alices, bobs, hers, his, herReturn, hisReturn } = await twoSignIns(rig);
      await swapSealed(rig, 'flow');
      await everybodySaysYes(rig, await comeBack(rig, mixed(hisReturn, herReturn), hers), hers, alices, bobs);
      await everybodySaysYes(rig, await comeBack(rig, mixed(herReturn, hisReturn), his), his, alices, bobs);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'verifiers of one person that have changed places in Redis',
    async run(rig) {
      const alices = newAccount('alice');
      const [one, other] = [newBrowser(), newBrowser()];
      const first = await signInAndKeepTheCode(rig, await rig.invite(alices), 'alice', one);
      const second = await signInAndKeepTheCode(rig, await rig.invite(alices), 'bob', other);
      await swapSealed(rig, 'flow');
      const page = await comeBack(rig, mixed(second.searchParams, first.searchParams), one);
      await everybodySaysYes(rig, page, one, alices);
      await expectNoLink(rig, alices);
    },
  },
  {
    title: 'a sign-in whose person was changed in Redis',
    async run(rig) {
      const { alices, browser, parameters } = await oneSignIn(rig);
      const bobs = newAccount('bob');
      for (const name of await rig.records('flow'))
        await rig.redis.hset(name, 'person', JSON.stringify(bobs));
      await everybodySaysYes(rig, await comeBack(rig, parameters, browser), browser, alices, bobs);
      await expectNoLink(rig, alices, bobs);
    },
  },
  {
    title: 'somebody who cancels at the hosted UI',
    async run(rig) {
      const alices = newAccount('alice');
      const browser = newBrowser();
      const start = await browser.request(await rig.invite(alices));
      const state = new URL(start.headers.get('location') ?? '').searchParams.get('state') ?? '';
      const page = await comeBack(rig, new URLSearchParams({ error: 'access_denied', state }), browser);
      expectThat('the page says so', page.status === 403);
      await enterPassword(rig, page, 'alice', browser);
      await everybodySaysYes(rig, page, browser, alices);
      await expectNoLink(rig, alices);
    },
  },
];
