import { afterAll, describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/store/connection.ts';
import { eventually } from '../../setup/eventually.ts';
import { K1, newKey } from '../audit/rig.ts';
import { comeBack } from './attacks/attack.ts';
import { signInScripted } from './attacks/tokens.ts';
import { cookieOf, newAccount, newBrowser, proposalIn, type Rig } from './rig.ts';
import { createRigs } from './rigs.ts';

const LINKS = 1_000;
const AT_ONCE = 10;

const rigs = createRigs({ pool: 'scripted' });
afterAll(() => rigs.close());

describe('what Redis and the log hold', () => {
  it(`after ${LINKS} links and in the middle of others: no token, no secret, no name and no address`, {
    timeout: 120_000,
  }, async () => {
    const rig = await rigs.fresh();
    const secrets = createSecrets();
    const people = Array.from({ length: LINKS }, (_, i) => ({
      name: `person${i}`,
      account: newAccount('m'),
    }));
    for (let i = 0; i < LINKS; i += AT_ONCE) {
      await Promise.all(
        people.slice(i, i + AT_ONCE).map(({ name, account }) => goOn(rig, secrets, account, name, 'linked')),
      );
    }
    for (const stage of ['invited', 'started', 'signed in', 'confirmed'] as const)
      for (let i = 0; i < 5; i += 1) await goOn(rig, secrets, newAccount('m'), `someone${i}`, stage);
    expect(await rig.records('link')).toHaveLength(LINKS);
    expect(await rig.records('ticket')).not.toEqual([]);
    expect(await rig.records('flow')).not.toEqual([]);
    expect(await rig.records('proposal')).not.toEqual([]);

    secrets.add(...rig.pool.issued);
    const dump = await everythingIn(rig.redis);
    expect(secrets.foundIn(dump)).toEqual([]);
    expect(secrets.foundIn(rig.logged)).toEqual([]);
  });
});

describe('a rotation of the keys', () => {
  const [k1, k2] = [K1, newKey('k2')];

  it('fails no reader, from the first process that knows the new key to the last one that knows the old', async () => {
    const rig = await rigs.fresh();
    const people = Array.from({ length: 40 }, (_, i) => ({ name: `person${i}`, account: newAccount('m') }));
    for (const { name, account } of people) await signInScripted(rig, account, { user: name });
    const rings = [[k1], [k1, k2], [k2, k1], [k2]];
    const found: (string | undefined)[] = [];
    // In a rollout two neighbours are there at once.
    for (const [i, ring] of rings.entries()) {
      const older = rig.openProcess({ ring: rings[i - 1] ?? ring });
      const newer = rig.openProcess({ ring });
      for (let round = 0; round < 3; round += 1) {
        const reads = people.flatMap(({ account }) => [older, newer].map((each) => each.whoIs(account)));
        for (const who of await Promise.all(reads))
          found.push(who.kind === 'linked' ? who.principal.username : undefined);
      }
    }
    const wanted = people.flatMap(({ name }) => [name, name]);
    expect(found).toEqual(rings.flatMap(() => [...wanted, ...wanted, ...wanted]));
    const sealed = await Promise.all(
      (await rig.records('link')).map((name) => rig.redis.hget(name, 'sealed')),
    );
    expect(sealed.filter((envelope) => !envelope?.startsWith('v1.l.k2.'))).toEqual([]);
    expect(rig.pool.refreshed()).toBe(0);
  });

  it('loses no token that another process is just getting', async () => {
    const rig = await rigs.fresh();
    const account = newAccount('m');
    const soon = Math.floor(Date.now() / 1000) - 5;
    await signInScripted(rig, account, { user: 'alice', access: { iat: soon, exp: soon + 1 } });
    const before = rig.pool.refreshed();
    const answered = Promise.withResolvers<void>();
    rig.pool.holdRefreshes(answered.promise);
    const refreshing = rig.openProcess({ ring: [k1, k2] }).whoIs(account);
    await eventually('a refresh under way', () => rig.pool.refreshed() > before);
    const moving = rig.openProcess({ ring: [k2, k1] }).whoIs(account);
    const [link = ''] = await rig.records('link');
    await eventually('the link is moved', async () =>
      (await rig.redis.hget(link, 'sealed'))?.startsWith('v1.l.k2.'),
    );
    answered.resolve();
    const [one, other] = await Promise.all([refreshing, moving]);
    expect(one).toMatchObject({ kind: 'linked' });
    expect(other).toEqual(one);
    expect(rig.pool.refreshed()).toBe(before + 1);
  });

  it('that takes the old key away too early asks for a new sign-in, and nothing worse', async () => {
    const rig = await rigs.fresh();
    const account = newAccount('m');
    await signInScripted(rig, account, { user: 'alice' });
    const who = await rig.openProcess({ ring: [k2] }).whoIs(account);
    expect(who).toMatchObject({ kind: 'unlinked', signedOut: true });
    expect(await rig.linkOf(account)).toBe('alice');
  });
});

type Stage = 'invited' | 'started' | 'signed in' | 'confirmed' | 'linked';

async function goOn(
  rig: Rig,
  secrets: Secrets,
  account: ReturnType<typeof newAccount>,
  user: string,
  stage: Stage,
): Promise<void> {
  rig.profiles.set(account.id, {
    name: `Chat ${user}`,
    workspace: 'Acme & Sons',
    email: `${user}@chat.example`,
  });
  const browser = newBrowser();
  const invitation = await rig.invite(account);
  secrets.add(new URL(invitation).searchParams.get('ticket'));
  if (stage === 'invited') return;
  const start = await browser.request(invitation);
  const authorize = start.headers.get('location') ?? '';
  const { searchParams } = new URL(authorize);
  secrets.add(searchParams.get('state'), searchParams.get('nonce'), cookieOf(browser));
  if (stage === 'started') return;
  const page = await comeBack(rig, rig.pool.callback(authorize, { user }), browser);
  secrets.add(proposalIn(page));
  if (stage === 'signed in') return;
  await browser.submit(page, { decision: 'yes' });
  if (stage === 'confirmed') return;
  const question = rig.asked.find((each) => each.account.id === account.id);
  await rig.identity.answer(question?.id ?? '', account, true);
}

type Secrets = ReturnType<typeof createSecrets>;

/** What must be nowhere in clear. */
function createSecrets() {
  const known = new Set<string>();
  return {
    add(...texts: readonly (string | null)[]): void {
      for (const text of texts) {
        if (!text) throw new Error('a secret is missing');
        // Of a token its last part is found as a word of its own.
        known.add(text.slice(text.lastIndexOf('.') + 1));
      }
    },
    foundIn(texts: readonly string[]): string[] {
      const clear = /eyJ[\w-]+\.|refresh-of-|@(?:chat\.)?example|someone\d|person\d|Chat |Acme &/g;
      return texts.flatMap((text) => {
        const words = text.match(/[\w-]{20,}/g) ?? [];
        return [...(text.match(clear) ?? []), ...words.filter((word) => known.has(word))];
      });
    },
  };
}

/** Every key with everything in it. */
async function everythingIn(redis: Connection): Promise<string[]> {
  const readers: Record<string, (key: string) => Promise<unknown>> = {
    string: (key) => redis.get(key),
    hash: (key) => redis.hgetall(key),
    list: (key) => redis.lrange(key, 0, -1),
    set: (key) => redis.smembers(key),
    zset: (key) => redis.zrange(key, '0', '-1'),
    stream: (key) => redis.xrange(key, '-', '+'),
  };
  const dump: string[] = [];
  for (const key of await redis.keys('*')) {
    const read = readers[await redis.type(key)];
    if (!read) throw new Error(`nobody can read ${key}`);
    dump.push(key, JSON.stringify(await read(key)));
  }
  return dump;
}
