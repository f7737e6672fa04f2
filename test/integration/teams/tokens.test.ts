import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createKey, publicJwk } from '../../../local/teams/keys.ts';
import { OTHER_TENANT } from '../../../local/teams/model.ts';
import type { TeamsStandIn } from '../../../local/teams/stand-in.ts';
import { APP_ID, startTeamsIngress, type TestIngress } from './teams-ingress.ts';

type Activity = Readonly<Record<string, unknown>>;
interface Attempt {
  readonly authorization?: string;
  readonly activity?: Activity;
}

let ingress: TestIngress;
let evil: Server;
/** Authorization headers that a service of nobody's has seen. */
const stolen: string[] = [];
let evilUrl = '';

beforeAll(async () => {
  ingress = await startTeamsIngress();
  // Published from the beginning: only what they are good for is wrong with them.
  ingress.teams.keys.push(endorsedElsewhere, keyForNobody);
  evil = createServer((request, response) => {
    stolen.push(String(request.headers.authorization ?? 'a call without a token'));
    response.end('{"id":"1"}');
  });
  evil.listen(0, '127.0.0.1');
  await once(evil, 'listening');
  evilUrl = `http://127.0.0.1:${(evil.address() as AddressInfo).port}/amer/`;
});
afterAll(async () => {
  await ingress.close();
  const closed = once(evil, 'close');
  evil.close();
  evil.closeAllConnections();
  await closed;
});
beforeEach(() => {
  ingress.turns.length = 0;
});

async function question(): Promise<Activity> {
  const { activity } = await ingress.teams.say('alice', 'personal', 'how many instances?');
  ingress.turns.length = 0;
  // Another message: the same one would be a duplicate, whatever its token.
  return { ...activity, id: `${Date.now()}-${Math.random()}` };
}

const seconds = () => Math.floor(Date.now() / 1000);
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const [endorsedElsewhere, keyForNobody, stranger, former] = [
  createKey('of-another-channel', ['slack']),
  createKey('for-nobody', []),
  createKey('the-key'),
  createKey('never-published'),
];

/** Everything that is wrong with a token or with what it carries. */
const BAD: Readonly<Record<string, (teams: TeamsStandIn, good: Activity) => Attempt>> = {
  'no token': () => ({ authorization: '' }),
  'no bearer': (teams) => ({ authorization: teams.token() }),
  'another scheme': (teams) => ({ authorization: `Basic ${teams.token()}` }),
  'an empty token': () => ({ authorization: 'Bearer ' }),
  'no JWT': () => bearer('a.b.c'),
  'half a JWT': (teams) => bearer(teams.token().split('.').slice(0, 2).join('.')),
  'two tokens': (teams) => bearer(`${teams.token()} ${teams.token()}`),
  'another app': (teams) => bearer(teams.token({ aud: '00000000-0000-4000-8000-000000000000' })),
  'no audience': (teams) => bearer(teams.token({ aud: undefined })),
  'another issuer': (teams) => bearer(teams.token({ iss: 'https://login.example.com' })),
  'an issuer of emulators': (teams) =>
    bearer(
      teams.token({
        iss: 'https://sts.windows.net/f8cdef31-a31e-4b4a-93e4-5f571e91255a/',
        appid: APP_ID,
        ver: '1.0',
      }),
    ),
  'a token that we sent ourselves': (teams) =>
    bearer(
      teams.token({
        iss: `https://sts.windows.net/${teams.tenant}/`,
        tid: teams.tenant,
        aud: 'https://api.botframework.com',
        appid: APP_ID,
        ver: '1.0',
      }),
    ),
  'no issuer': (teams) => bearer(teams.token({ iss: undefined })),
  expired: (teams) => bearer(teams.token({ nbf: seconds() - 7_200, exp: seconds() - 3_600 })),
  'expired just beyond the skew': (teams) => bearer(teams.token({ exp: seconds() - 310 })),
  'not yet valid': (teams) => bearer(teams.token({ nbf: seconds() + 3_600, exp: seconds() + 7_200 })),
  'no end': (teams) => bearer(teams.token({ exp: undefined })),
  'algorithm none': (teams) => {
    const [, claims] = teams.token().split('.');
    const header = Buffer.from('{"alg":"none","typ":"JWT","kid":"the-key"}').toString('base64url');
    return bearer(`${header}.${claims}.`);
  },
  'algorithm none with a signature': (teams) => bearer(teams.token({}, teams.keys[0], { alg: 'none' })),
  'HS256 with the public key': (teams) => {
    const [, claims] = teams.token().split('.');
    const header = Buffer.from('{"alg":"HS256","typ":"JWT","kid":"the-key"}').toString('base64url');
    const secret = teams.keys[0]?.publicKey.export({ type: 'spki', format: 'pem' }) ?? '';
    const signature = createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url');
    return bearer(`${header}.${claims}.${signature}`);
  },
  'RS512 in the header': (teams) => bearer(teams.token({}, teams.keys[0], { alg: 'RS512' })),
  'a key of its own in the header': (teams) =>
    bearer(teams.token({}, stranger, { jwk: publicJwk(stranger), jku: 'https://evil.example.com/keys' })),
  'a key nobody has published': (teams) => bearer(teams.token({}, former)),
  'no key named': (teams) => bearer(teams.token({}, teams.keys[0], { kid: undefined })),
  'the signature of another key': (teams) => bearer(teams.token({}, stranger)),
  'changed claims': (teams) => {
    const [header, claims = '', signature] = teams.token({ aud: 'x' }).split('.');
    const changed = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...changed, aud: APP_ID })).toString('base64url');
    return bearer(`${header}.${forged}.${signature}`);
  },
  'a key for another channel': (teams) => bearer(teams.token({}, endorsedElsewhere)),
  'a key for no channel': (teams) => bearer(teams.token({}, keyForNobody)),
  'no service address in the token': (teams) => bearer(teams.token({ serviceurl: undefined })),
  'another service address in the token': (teams) =>
    bearer(teams.token({ serviceurl: 'https://smba.trafficmanager.net/emea/' })),
  'a blank service address': (teams, good) => ({
    ...bearer(teams.token({ serviceurl: '' })),
    activity: { ...good, serviceUrl: '' },
  }),
  'a blank service address, and a good token': (_teams, good) => ({ activity: { ...good, serviceUrl: ' ' } }),
  'no service address': (_teams, good) => ({ activity: { ...good, serviceUrl: undefined } }),
  'a foreign service address': (teams, good) => ({
    ...bearer(teams.token({ serviceurl: evilUrl })),
    activity: { ...good, serviceUrl: evilUrl },
  }),
  'a blank channel': (_teams, good) => ({ activity: { ...good, channelId: '' } }),
  'no channel': (_teams, good) => ({ activity: { ...good, channelId: undefined } }),
  'another channel': (_teams, good) => ({ activity: { ...good, channelId: 'webchat' } }),
  'the channel of Azure Stack Edge': (_teams, good) => ({ activity: { ...good, channelId: 'AseChannel' } }),
  'another tenant': (_teams, good) => ({
    activity: {
      ...good,
      conversation: { ...(good.conversation as object), tenantId: OTHER_TENANT },
      channelData: { tenant: { id: OTHER_TENANT } },
    },
  }),
  'no tenant': (_teams, good) => ({
    activity: { ...good, conversation: { id: 'a:1', conversationType: 'personal' }, channelData: {} },
  }),
};

test.each(Object.entries(BAD))('%s: 401, and no turn', async (_name, attempt) => {
  const { teams, turns } = ingress;
  const good = await question();
  const { authorization, activity = good } = attempt(teams, good);
  const { status, body } = await teams.deliver(activity, authorization);
  expect(status).toBe(401);
  expect(body).toBe('{"error":"not authorised"}');
  expect(turns).toEqual([]);
  expect(stolen).toEqual([]);
});

test('a valid token starts exactly one turn, however often the message is delivered', async () => {
  const good = await question();
  for (let i = 0; i < 3; i += 1) expect(await ingress.teams.deliver(good)).toEqual({ status: 200, body: '' });
  expect(ingress.turns.map(({ text }) => text)).toEqual(['how many instances?']);
});

test('clocks may differ by a few minutes', async () => {
  const good = await question();
  const { teams } = ingress;
  const early = `Bearer ${teams.token({ nbf: seconds() + 200 })}`;
  const late = `Bearer ${teams.token({ exp: seconds() - 200 })}`;
  expect((await teams.deliver(good, early)).status).toBe(200);
  expect((await teams.deliver(good, late)).status).toBe(200);
});

test.each([
  ['no JSON', '{"type":'],
  ['no object', '[]'],
  ['no activity', '{"type":"message","channelId":"msteams"}'],
])('with a good token, %s is 400', async (_name, body) => {
  const answer = await fetch(`${ingress.url}/api/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ingress.teams.token()}`, 'content-type': 'application/json' },
    body,
  });
  expect(answer.status).toBe(400);
});

test('other methods and bodies without end are refused', async () => {
  expect((await fetch(`${ingress.url}/api/messages`)).status).toBe(405);
  const huge = { ...(await question()), text: 'x'.repeat(1_000_000) };
  expect((await ingress.teams.deliver(huge)).status).toBe(413);
});

test('a key that was published a while ago is found, but not everybody who names one makes us look', async () => {
  let ahead = 0;
  const fresh = await startTeamsIngress({ deps: { monotonic: () => performance.now() + ahead } });
  try {
    const { activity } = await fresh.teams.say('alice', 'personal', 'one');
    const authorization = `Bearer ${fresh.teams.token({}, fresh.teams.addKey('the-next-key'))}`;
    expect((await fresh.teams.deliver(activity, authorization)).status).toBe(401);
    ahead = 61_000;
    expect((await fresh.teams.deliver(activity, authorization)).status).toBe(200);
  } finally {
    await fresh.close();
  }
});

test('while the keys cannot be had nobody is judged: Teams delivers again', async () => {
  const unreachable = await startTeamsIngress({ deps: { openIdMetadataUrl: 'http://127.0.0.1:9/keys' } });
  try {
    const { status } = await unreachable.teams.say('alice', 'personal', 'one');
    expect(status).toBe(503);
    // What is no token for this bot is refused all the same.
    const { teams } = unreachable;
    const good = await question();
    const bad = ['no token', 'no JWT', 'another app', 'another issuer', 'algorithm none', 'no key named'];
    const statuses: number[] = [];
    for (const name of bad) {
      const { authorization } = BAD[name]?.(teams, good) ?? {};
      statuses.push((await teams.deliver(good, authorization)).status);
    }
    expect(statuses).toEqual(bad.map(() => 401));
    expect(unreachable.turns).toEqual([]);
  } finally {
    await unreachable.close();
  }
});
