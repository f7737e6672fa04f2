import type { ChatAccount } from '../../../../src/identity/chat-account.ts';
import { linkUp, newAccount, newBrowser, type Rig, signIn } from '../rig.ts';
import { type Script, subOf } from '../scripted-pool.ts';
import {
  type Attack,
  cannotWrite,
  comeBack,
  everybodySaysYes,
  expectLink,
  expectNoLink,
  expectThat,
} from './attack.ts';

/** Tokens that are not what a pool would answer to this very sign-in, and records that were moved in Redis. */

/** A sign-in that the pool answers in this way; everybody then says Yes. */
export async function signInScripted(rig: Rig, account: ChatAccount, script: Script): Promise<void> {
  const browser = newBrowser();
  const start = await browser.request(await rig.invite(account));
  const parameters = rig.pool.callback(start.headers.get('location') ?? '', script);
  await everybodySaysYes(rig, await comeBack(rig, parameters, browser), browser, account);
}

const answered = (title: string, script: Script, settings: Attack['settings'] = {}): Attack => ({
  title,
  settings: { ...settings, pool: 'scripted' },
  async run(rig) {
    const alices = newAccount('alice');
    await signInScripted(rig, alices, script);
    await expectNoLink(rig, alices);
  },
});

const OTHER_POOL = 'https://cognito-idp.us-east-2.amazonaws.com/us-east-2_another01';
const LONG_AGO = Math.floor(Date.now() / 1000) - 7200;
const past = { iat: LONG_AGO, exp: LONG_AGO + 3600 };

export const ON_TOKENS: readonly Attack[] = [
  answered('tokens with another nonce', { nonce: 'another' }),
  answered('tokens without a nonce', { id: { nonce: null } }),
  answered('an access token of another pool', { access: { iss: OTHER_POOL } }),
  answered('an id token of another pool', { id: { iss: OTHER_POOL } }),
  answered('an access token of another client', { access: { client_id: 'another' } }),
  answered('an id token for another client', { id: { aud: 'another' } }),
  answered('an id token in the place of the access token', { instead: { access: 'id' } }),
  answered('an access token in the place of the id token', { instead: { id: 'access' } }),
  answered('an access token that nobody has signed', { instead: { access: 'unsigned' } }),
  answered('an id token that nobody has signed', { instead: { id: 'unsigned' } }),
  answered('an access token that somebody else has signed', { instead: { access: 'forged' } }),
  answered('an access token that has expired', { access: past }),
  answered('an id token that has expired', { id: past }),
  answered('an access token of one person beside the id token of another', { access: { sub: subOf('bob') } }),
  answered('an account without a name', { access: { username: '' } }),
  answered(
    'an address that nobody has verified, where addresses must match',
    { id: { email_verified: false } },
    { email: 'match' },
  ),
  answered(
    'an address that nobody vouches for, where addresses must match',
    { id: { email_verified: null } },
    { email: 'match' },
  ),
  answered(
    'an account in none of the groups, where people are invited',
    { access: { 'cognito:groups': ['others'] } },
    {
      access: { groups: { viewer: ['viewers'], operator: [], approver: [], admin: [] }, access: 'invited' },
    },
  ),
  {
    title: 'a refreshed token of somebody else',
    settings: { pool: 'scripted' },
    async run(rig) {
      const alices = newAccount('alice');
      const soon = Math.floor(Date.now() / 1000) - 5;
      await signInScripted(rig, alices, { access: { iat: soon, exp: soon + 1 } });
      rig.pool.refreshWith({ user: 'bob' });
      await expectNoLink(rig, alices);
    },
  },
  {
    title: 'the sealed link of one person in the record of another',
    async run(rig) {
      const [alices, bobs] = [newAccount('alice'), newAccount('bob')];
      await linkUp(rig, alices, 'alice');
      await linkUp(rig, bobs, 'bob');
      const [one = '', other = ''] = await rig.records('link');
      const [first, second] = [await rig.redis.hgetall(one), await rig.redis.hgetall(other)];
      await rig.redis.hset(one, second);
      await rig.redis.hset(other, first);
      await expectNoLink(rig, alices, bobs);
      await linkUp(rig, alices, 'alice');
      await expectLink(rig, alices, 'alice');
    },
  },
  {
    title: 'a link that was written anew with the person’s own sealed sign-in',
    async run(rig) {
      const alices = newAccount('alice');
      const browser = newBrowser();
      await browser.request(await rig.invite(alices));
      await linkUp(rig, alices, 'alice');
      const [flow = ''] = await rig.records('flow');
      const [link = ''] = await rig.records('link');
      await rig.redis.hset(link, 'sealed', (await rig.redis.hget(flow, 'sealed')) ?? '');
      await expectNoLink(rig, alices);
    },
  },
  {
    title: 'a Yes in the chat that cannot be put on record',
    async run(rig) {
      const alices = newAccount('alice');
      const browser = newBrowser();
      const page = await signIn(rig, await rig.invite(alices), 'alice', browser);
      await browser.submit(page, { decision: 'yes' });
      const unheard = rig.openProcess({ audit: cannotWrite });
      const id = rig.asked[0]?.id ?? '';
      expectThat(
        'the answer is refused',
        await unheard.answer(id, alices, true).then(
          () => false,
          () => true,
        ),
      );
      await expectNoLink(rig, alices);
    },
  },
  {
    title: 'a proposal that was exchanged in Redis between the page and the chat',
    async run(rig) {
      const alices = newAccount('alice');
      const [hers, his] = [newBrowser(), newBrowser()];
      const page = await signIn(rig, await rig.invite(alices), 'alice', hers);
      await hers.submit(page, { decision: 'yes' });
      const [shown = ''] = await rig.records('proposal');
      await signIn(rig, await rig.invite(alices), 'bob', his);
      const other = (await rig.records('proposal')).find((name) => name !== shown) ?? '';
      await rig.redis.hset(shown, 'sealed', (await rig.redis.hget(other, 'sealed')) ?? '');
      await rig.identity.answer(rig.asked[0]?.id ?? '', alices, true);
      await expectNoLink(rig, alices);
    },
  },
];
