import { Agent, request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, it } from 'vitest';
import { seededRandom } from '../../../local/seeded-random.ts';
import { comeBack, everybodySaysYes } from './attacks/attack.ts';
import { COOKIE, cookieOf, newAccount, newBrowser, type Rig, signInAndKeepTheCode, startRig } from './rig.ts';

/** `FUZZED_CALLBACKS=100000 npx vitest run --project integration test/integration/identity/fuzz` for the long one. */
const CALLBACKS = Number(process.env.FUZZED_CALLBACKS ?? 2_000);
const SEED = Number(process.env.FUZZ_SEED ?? 20_260_727);
const AT_ONCE = 20;

let rig: Rig;
afterAll(() => rig?.close());

interface Stolen {
  readonly states: readonly string[];
  readonly codes: readonly string[];
  readonly cookies: readonly string[];
}

it(`of ${CALLBACKS} fuzzed callbacks none makes a link or harms the server, and rightful ones go on`, {
  timeout: 1_200_000,
}, async () => {
  rig = await startRig();
  const [alices, carols, mallorys] = [newAccount('alice'), newAccount('carol'), newAccount('mallory')];

  // Under way all the time: alice is at Cognito.
  const hers = newBrowser();
  const herReturn = await signInAndKeepTheCode(rig, await rig.invite(alices), 'alice', hers);
  // The attacker knows real states, codes and cookies of his own, none of which belong together.
  const stolen = await attackersLoot(rig, mallorys);

  const random = seededRandom(SEED);
  const statuses = new Map<number, number>();
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  let heapBefore = 0;
  let requests = 0;
  const sendSome = async (count: number) => {
    for (let sent = 0; sent < count; sent += AT_ONCE) {
      const batch = Array.from({ length: Math.min(AT_ONCE, count - sent) }, () => fuzzed(random, stolen));
      for (const status of await Promise.all(batch.map((each) => send(agent, rig.url, each))))
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      requests += batch.length;
      for (const list of [rig.logged, rig.events, rig.steps]) list.length = 0;
    }
  };
  try {
    await sendSome(CALLBACKS / 4);
    heapBefore = heapUsed();
    await sendSome(CALLBACKS / 4);
    // In the middle of it, carol goes the whole way.
    const theirs = newBrowser();
    const [back] = await Promise.all([
      signInAndKeepTheCode(rig, await rig.invite(carols), 'carol', theirs),
      sendSome(CALLBACKS / 4),
    ]);
    const [page] = await Promise.all([comeBack(rig, back.searchParams, theirs), sendSome(CALLBACKS / 4)]);
    await everybodySaysYes(rig, page, theirs, carols);
  } finally {
    agent.destroy();
  }

  expect(requests).toBe(CALLBACKS);
  expect([...statuses.keys()].filter((status) => status < 400 || status >= 500)).toEqual([]);
  expect(await rig.linkOf(mallorys)).toBeUndefined();
  expect(await rig.linkOf(carols)).toBe('carol');
  expect(await rig.records('link')).toHaveLength(1);
  expect(await rig.records('proposal')).toEqual([]);
  // Refusals of one address are one counter and a few entries, however many there are.
  expect(await rig.redis.dbsize()).toBeLessThan(60);
  expect(heapUsed() - heapBefore).toBeLessThan(20_000_000);

  await everybodySaysYes(rig, await comeBack(rig, herReturn.searchParams, hers), hers, alices);
  expect(await rig.linkOf(alices)).toBe('alice');
});

async function attackersLoot(rig: Rig, account: ReturnType<typeof newAccount>): Promise<Stolen> {
  const states: string[] = [];
  const codes: string[] = [];
  const cookies: string[] = [];
  for (let i = 0; i < 3; i += 1) {
    const browser = newBrowser();
    const back = await signInAndKeepTheCode(rig, await rig.invite(account), 'bob', browser);
    states.push(back.searchParams.get('state') ?? '');
    codes.push(back.searchParams.get('code') ?? '');
    cookies.push(cookieOf(browser));
  }
  // One state, another code, a third cookie.
  return { states: states.slice(0, 1), codes: codes.slice(1, 2), cookies: cookies.slice(2) };
}

interface Fuzzed {
  readonly path: string;
  readonly cookie: string | undefined;
}

function fuzzed(random: () => number, stolen: Stolen): Fuzzed {
  const below = (count: number) => Math.floor(random() * count);
  const one = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const secret = () => Buffer.from(Array.from({ length: 32 }, () => below(256))).toString('base64url');
  const junk = () =>
    one([
      () => '',
      () => 'null',
      () => '../../etc/passwd',
      () => '%00%0d%0aSet-Cookie:%20a=b',
      () => '%E0%A4%A',
      () => '%',
      () => '<script>alert(1)</script>',
      () => '{{7*7}}',
      () => '‮\u{1F600}\ud800',
      () => '*',
      () => 'x'.repeat(below(3_000)),
      () => String.fromCharCode(...Array.from({ length: below(40) }, () => 1 + below(0x2fff))),
    ])();
  const value = () =>
    one([() => one(stolen.states), () => one(stolen.codes), () => one(stolen.cookies), secret, junk, junk])();
  const name = () =>
    one([
      'state',
      'state',
      'state',
      'code',
      'code',
      'error',
      'iss',
      'session_state',
      'response',
      'id_token',
      'state[]',
      '__proto__',
      '',
    ]);
  const raw = random() < 0.3;
  const encode = (text: string) =>
    raw
      ? text.replace(/[^!-~]/gu, (each) => `%${(each.codePointAt(0) ?? 0).toString(16)}`)
      : encodeURIComponent(text.toWellFormed());
  const parts = Array.from({ length: below(7) }, () => `${encode(name())}=${encode(value())}`);
  const cookieValue = () => one([() => one(stolen.cookies), secret, () => junk().replace(/[^!-~]/g, '')])();
  const cookies = Array.from({ length: below(3) }, () => `${one([COOKIE, 'other'])}=${cookieValue()}`);
  return {
    path: `/link/callback${random() < 0.05 ? encode(junk()).replaceAll('#', '') : ''}?${parts.join('&').replaceAll('#', '')}`,
    cookie: cookies.length === 0 ? undefined : cookies.join('; '),
  };
}

function send(agent: Agent, url: string, { path, cookie }: Fuzzed): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const { hostname, port } = new URL(url);
  const headers = cookie === undefined ? {} : { cookie };
  const sent = request({ agent, hostname, port, path, headers }, (response) => {
    response.resume();
    response.on('end', () => resolve(response.statusCode ?? 0));
  });
  sent.on('error', reject);
  sent.end();
  return promise;
}

/** After everything that nobody needs any more is gone. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
