import { letExpire, newAccount, newBrowser, type Rig, signIn } from '../rig.ts';
import {
  type Attack,
  everybodySaysYes,
  expectLink,
  expectNoLink,
  expectThat,
  type RawRequest,
  send,
} from './attack.ts';

/** The address in the prompt: made up, old, used, looked at, and with more in it than we wrote. */

const pathOf = (invitation: string) => {
  const { pathname, search } = new URL(invitation);
  return pathname + search;
};

/** An address that leads nowhere. */
const refused = (title: string, pathFor: (invitation: string) => string, status: number): Attack => ({
  title,
  async run(rig) {
    const alices = newAccount('alice');
    const answer = await send(rig, pathFor(pathOf(await rig.invite(alices))));
    expectThat(`it is refused with ${status}, not ${answer.status}`, answer.status === status);
    expectThat('it leads nowhere', answer.location === '');
    await expectNoLink(rig, alices);
  },
});

/** Whatever is asked, the browser is sent to Cognito, and Cognito is told to send it back to us. */
const redirected = (title: string, ask: (path: string) => { path: string; raw?: RawRequest }): Attack => ({
  title,
  async run(rig) {
    const { path, raw } = ask(pathOf(await rig.invite(newAccount('alice'))));
    const { location } = await send(rig, path, raw);
    expectThat(
      `it leads to Cognito, not to ${location}`,
      location.startsWith(`${rig.cognito.url}/oauth2/authorize?`),
    );
    const { searchParams } = new URL(location);
    expectThat(
      'Cognito sends it back to us',
      searchParams.get('redirect_uri') === `${rig.url}/link/callback`,
    );
    expectThat('the client is ours', searchParams.get('client_id') === rig.cognito.clientId);
    expectThat('each is said once', new Set(searchParams.keys()).size === searchParams.size);
  },
});

/** Something that is no visit, after which the visit still works. */
const looking = (title: string, raw: RawRequest): Attack => ({
  title,
  async run(rig) {
    const alices = newAccount('alice');
    const invitation = await rig.invite(alices);
    const look = await send(rig, pathOf(invitation), raw);
    expectThat('it leads nowhere', look.location === '');
    expectThat('no browser is known by it', look.headers['set-cookie'] === undefined);
    await expectNoLink(rig, alices);
    const browser = newBrowser();
    await everybodySaysYes(rig, await signIn(rig, invitation, 'alice', browser), browser, alices);
    await expectLink(rig, alices, 'alice');
  },
});

const EVIL = 'https://evil.example/';

export const ON_TICKETS: readonly Attack[] = [
  refused('no ticket', () => '/link/start', 400),
  refused('an empty ticket', () => '/link/start?ticket=', 404),
  refused('a made-up ticket', () => `/link/start?ticket=${'x'.repeat(43)}`, 404),
  refused('a ticket that was cut off', (path) => path.slice(0, -1), 404),
  refused('a ticket with something behind it', (path) => `${path}x`, 404),
  refused('two tickets', (path) => `${path}&ticket=${'x'.repeat(43)}`, 400),
  refused('a ticket as an array', (path) => path.replace('ticket=', 'ticket[]='), 400),
  refused('a ticket of 10,000 characters', () => `/link/start?ticket=${'x'.repeat(10_000)}`, 404),
  refused(
    'a ticket with the address written in capitals',
    (path) => path.replace('/link/start', '/link/START'),
    404,
  ),
  redirected('a ticket with a redirect of its own', (path) => ({
    path: `${path}&redirect_uri=${EVIL}&return_to=${EVIL}&client_id=other&state=mine&domain=${EVIL}`,
  })),
  redirected('a request for another host', (path) => ({ path, raw: { headers: { host: 'evil.example' } } })),
  redirected('a request that was forwarded for another host', (path) => ({
    path,
    raw: {
      headers: {
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
        forwarded: 'host=evil.example;proto=https',
        'x-original-url': '/evil',
      },
    },
  })),
  redirected('a language that is an attack', (path) => ({
    path,
    raw: { headers: { 'accept-language': 'de&redirect_uri=https://evil.example, <script>' } },
  })),
  looking('a mail scanner that looks at the link first', { method: 'HEAD' }),
  looking('a browser that fetches the link ahead', { headers: { 'sec-purpose': 'prefetch' } }),
  looking('a browser that renders the link ahead', { headers: { 'sec-purpose': 'prefetch;prerender' } }),
  looking('an old browser that fetches the link ahead', { headers: { purpose: 'prefetch' } }),
  {
    title: 'a ticket that has expired',
    async run(rig) {
      const alices = newAccount('alice');
      const invitation = await rig.invite(alices);
      await letExpire(rig, 'ticket');
      const browser = newBrowser();
      await everybodySaysYes(rig, await signIn(rig, invitation, 'alice', browser), browser, alices);
      await expectNoLink(rig, alices);
    },
  },
  {
    title: 'a ticket that ten browsers open at once, but for the first of them',
    async run(rig) {
      const alices = newAccount('alice');
      const path = pathOf(await rig.invite(alices));
      const answers = await Promise.all(Array.from({ length: 10 }, () => send(rig, path)));
      expectThat('one goes on', answers.filter(({ status }) => status === 302).length === 1);
      expectThat('the others are refused', answers.filter(({ status }) => status === 403).length === 9);
      expectThat('one sign-in is begun', (await rig.records('flow')).length === 1);
    },
  },
  {
    title: 'a ticket that one browser opens again and again, beyond one sign-in',
    async run(rig) {
      const alices = newAccount('alice');
      const invitation = await rig.invite(alices);
      const browser = newBrowser();
      for (let i = 0; i < 5; i += 1) await browser.request(invitation);
      expectThat('one sign-in is begun', (await rig.records('flow')).length === 1);
      await everybodySaysYes(rig, await signIn(rig, invitation, 'alice', browser), browser, alices);
      await expectLink(rig, alices, 'alice');
    },
  },
  {
    title: 'a sign-in that is left half way, which keeps nothing for ever',
    async run(rig) {
      const browser = newBrowser();
      await browser.request(await rig.invite(newAccount('bob')));
      await signIn(rig, await rig.invite(newAccount('alice')), 'alice', browser);
      for (const kind of ['ticket', 'flow', 'proposal', 'attempts']) {
        const names = await rig.records(kind);
        expectThat(`there is a ${kind}`, names.length > 0);
        for (const name of names) {
          const leftS = await rig.redis.ttl(name);
          expectThat(`a ${kind} ends in ${leftS} s`, leftS > 0 && leftS <= 600);
        }
      }
    },
  },
  {
    title: 'somebody who asks for tickets without end',
    async run(rig) {
      const alices = newAccount('alice');
      const given = await takeTickets(rig, alices, 40);
      expectThat(`there are at most 30 (${given})`, given === 30);
    },
  },
];

async function takeTickets(rig: Rig, account: ReturnType<typeof newAccount>, tries: number): Promise<number> {
  let given = 0;
  for (let i = 0; i < tries; i += 1)
    given +=
      typeof (await rig.identity.invite(account, { tenant: 'T1', conversation: 'C1', thread: '' })) ===
      'string'
        ? 1
        : 0;
  return given;
}
