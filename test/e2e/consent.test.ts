import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createVisitor } from '../../local/laptop/visitor.ts';
import { redisCommands } from '../../local/redis/resp.ts';
import { eventually } from '../setup/eventually.ts';
import {
  addressBack,
  askFor,
  completions,
  consentsOnRecord,
  signedIn,
  startConsentStack,
  titleOf,
  visitAs,
} from './consents.ts';
import { promptFor } from './linking.ts';
import { type Stack, startStack } from './stack.ts';

const AUDIT_HEAD = '{tc}:audit:head';

describe.each(['jwt', 'iam'] as const)('a tool that needs consent, of an agent called by %s', (auth) => {
  let stack: Stack;
  let recorded: number;
  let told: number;

  beforeAll(async () => {
    stack = await startConsentStack(auth, { env: { TRUSTED_PROXIES: '1' } });
  });
  beforeEach(async () => {
    // What came of a consent is written a little later than its page is shown.
    recorded = await eventually('the record of the test before', async () => {
      const entries = await consentsOnRecord(stack);
      const begun = entries.filter((entry) => entry === 'consented').length;
      return entries.length === 2 * begun ? [entries.length] : undefined;
    }).then(([length]) => length ?? 0);
    told = completions(stack).length;
  });
  afterEach(() => {
    stack.aws.faults.length = 0;
  });
  afterAll(() => stack?.close());

  const ask = (username: string) => askFor(stack, auth, username);
  const visit = (username: string, url: string, browser = createVisitor()) =>
    visitAs(stack, username, url, browser);
  const completed = () => completions(stack).slice(told);
  const resource = (query: string) => `${stack.backend.url}/link/resource${query}`;
  const resourceOf = (sessionUri: string) => resource(`?${new URLSearchParams({ session_id: sessionUri })}`);
  const onRecord = (...what: string[]) =>
    eventually(`${what.join(', ')} on record`, async () => {
      const entries = (await consentsOnRecord(stack)).slice(recorded);
      return entries.join() === what.join();
    });
  const keysLike = async (pattern: string) =>
    (await redisCommands(stack.redisUrl, [['KEYS', pattern]]))[0] as string[];

  it('gets its token once the person has signed in, in the browser that consented', async () => {
    const asked = await ask('carol');
    const revoked = () => stack.cognito.calls.filter(({ operation }) => operation === 'revoke').length;
    const before = revoked();
    const page = await visit('carol', asked.url);
    expect([page.status, titleOf(page)]).toEqual([200, 'Done']);
    expect(page.text).toContain('carol@example.com');
    expect(completed()).toEqual([200]);
    expect(await asked.token()).toMatch(/^user-/);
    await onRecord('consented', 'done');
    // Nothing of this sign-in is kept, here or there.
    await eventually('its refresh token is revoked', () => revoked() === before + 1);
    expect(await keysLike('*:consent:*')).toEqual([]);
    expect(await keysLike('*:link:*')).toEqual([]);
  });

  it('asks nothing of a person whose browser is signed in already', async () => {
    const browser = await signedIn(stack, 'carol');
    const asked = await ask('carol');
    const page = await browser.open(asked.url);
    expect(titleOf(page)).toBe('Done');
    expect(await asked.token()).toMatch(/^user-/);
  });

  it('gets nothing when somebody else consents to what it asked for; its person still can', async () => {
    const asked = await ask('alice');
    const page = await visit('bob', asked.url);
    expect([page.status, titleOf(page)]).toEqual([403, 'This is not for your account']);
    expect(page.text).toContain('What you allowed was not passed on.');
    expect(completed()).toEqual([403]);
    expect(await asked.token()).toBeUndefined();
    await onRecord('consented', 'refused');
    expect(titleOf(await visit('alice', resourceOf(asked.sessionUri)))).toBe('Done');
    expect(await asked.token()).toMatch(/^user-/);
  });

  it('gets nothing when two people exchange their sessions in their own browsers', async () => {
    const [alice, bob] = [await signedIn(stack, 'alice'), await signedIn(stack, 'bob')];
    const [hers, his] = [await ask('alice'), await ask('bob')];
    await alice.open(hers.url);
    told = completions(stack).length;
    const pages = [await alice.open(his.url), await bob.open(resourceOf(hers.sessionUri))];
    // Hers is over by now, and nobody is told more about it.
    expect(pages.map(titleOf)).toEqual(['This is not for your account', 'Nothing waits for this any more']);
    expect(completed()).toEqual([403, 404]);
    expect(await his.token()).toBeUndefined();
  });

  it('is told nothing when another browser brings back what one began; that one can go on', async () => {
    const browser = await signedIn(stack, 'alice');
    const asked = await ask('alice');
    const back = await addressBack(stack, asked.url, browser);
    for (const other of [createVisitor(), await signedIn(stack, 'alice'), await signedIn(stack, 'bob')]) {
      // Its own cookie, from a consent of its own, makes it no better.
      await other.request(resourceOf(asked.sessionUri));
      const page = await other.open(back);
      expect([page.status, titleOf(page)]).toEqual([403, 'This sign-in began in another browser']);
    }
    expect(completed()).toEqual([]);
    expect(await asked.token()).toBeUndefined();
    expect(titleOf(await browser.open(back))).toBe('Done');
  });

  it('is told once, however often the browser comes back', async () => {
    const browser = await signedIn(stack, 'carol');
    const asked = await ask('carol');
    const back = await addressBack(stack, asked.url, browser);
    const pages = await Promise.all(Array.from({ length: 5 }, () => browser.open(back)));
    expect(pages.map(titleOf).filter((title) => title === 'Done')).toHaveLength(1);
    expect(titleOf(await browser.open(back))).toBe('This sign-in cannot go on');
    expect(completed()).toEqual([200]);
  });

  it('is not told a second time about a session that is over', async () => {
    const browser = await signedIn(stack, 'carol');
    const asked = await ask('carol');
    await browser.open(asked.url);
    const page = await browser.open(resourceOf(asked.sessionUri));
    expect([page.status, titleOf(page)]).toEqual([410, 'Nothing waits for this any more']);
    expect(completed()).toEqual([200, 404]);
    await onRecord('consented', 'done', 'consented', 'refused');
  });

  it('is not told about a session that nobody has consented to in a browser', async () => {
    const asked = await ask('carol');
    const page = await visit('carol', resourceOf(asked.sessionUri));
    expect(page.status).toBe(410);
    expect(await asked.token()).toBeUndefined();
  });

  it.each([
    ['no session', ''],
    ['an empty one', '?session_id='],
    ['two', '?session_id=urn:ietf:params:oauth:request_uri:a&session_id=urn:ietf:params:oauth:request_uri:b'],
    ['a list', '?session_id[]=urn:ietf:params:oauth:request_uri:a'],
    ['another kind of name', '?session_id=https://evil.example/'],
    ['one with more behind it', '?session_id=urn:ietf:params:oauth:request_uri:a%0Ab'],
    ['one that is too long', `?session_id=urn:ietf:params:oauth:request_uri:${'a'.repeat(1024)}`],
  ])('refuses to begin with %s', async (_what, query) => {
    const answer = await createVisitor().request(resource(query));
    expect([answer.status, titleOf(answer)]).toEqual([400, 'This request cannot be read']);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(completed()).toEqual([]);
  });

  it('begins nothing for a look without a visit', async () => {
    const { sessionUri } = await ask('carol');
    const before = await keysLike('*:consent:*');
    const answer = await fetch(resourceOf(sessionUri), { method: 'HEAD', redirect: 'manual' });
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []]);
    expect(await keysLike('*:consent:*')).toEqual(before);
  });

  it('keeps what was begun sealed, in a record that no other opens', async () => {
    const [one, other] = [await signedIn(stack, 'carol'), await signedIn(stack, 'bob')];
    const before = await keysLike('*:consent:*');
    const sessions = [await ask('carol'), await ask('bob')];
    const backs = [
      await addressBack(stack, sessions[0]?.url ?? '', one),
      await addressBack(stack, sessions[1]?.url ?? '', other),
    ];
    const keys = (await keysLike('*:consent:*')).filter((key) => !before.includes(key));
    expect(keys).toHaveLength(2);
    const sealed = (await redisCommands(
      stack.redisUrl,
      keys.map((key) => ['HGET', key, 'sealed']),
    )) as string[];
    expect(JSON.stringify([keys, sealed])).not.toMatch(/request_uri|eyJ/);
    // Whoever can write to Redis gives each browser the session of the other.
    const swapped = keys.map((key, i) => ['HSET', key, 'sealed', sealed[1 - i] ?? '']);
    await redisCommands(stack.redisUrl, swapped);
    const pages = [await one.open(backs[0] ?? ''), await other.open(backs[1] ?? '')];
    expect(pages.map(({ status }) => status)).toEqual([503, 503]);
    expect(completed()).toEqual([]);
  });

  it('has no use for the code of an account link, and an account link none for its code', async () => {
    const browser = await signedIn(stack, 'carol');
    await stack.slack.postAs('carol', '#cloud', '@Cloud Engineer are you there?');
    const link = await promptFor(stack, 'carol', '#cloud');
    const [linkBack, consentBack] = [
      await addressBack(stack, link, browser),
      await addressBack(stack, (await ask('carol')).url, browser),
    ];
    const crossed = (to: string, from: string) => {
      const url = new URL(to);
      url.searchParams.set('code', new URL(from).searchParams.get('code') ?? '');
      return url.href;
    };
    const pages = [
      await browser.open(crossed(consentBack, linkBack)),
      await browser.open(crossed(linkBack, consentBack)),
    ];
    expect(pages.map(titleOf)).toEqual(Array(2).fill('The sign-in could not be finished'));
    expect(pages.map(({ text }) => text.includes('Nothing was linked.'))).toEqual([false, true]);
    expect(completed()).toEqual([]);
    // Both states are spent, for either purpose.
    for (const back of [linkBack, consentBack])
      expect(titleOf(await browser.open(back))).toBe('This sign-in cannot go on');
    expect(await keysLike('*:proposal:*')).toEqual([]);
    expect(await keysLike('*:link:*')).toEqual([]);
  });

  it('leads to the page of each flow by its state, though both come back to one address', async () => {
    const browser = await signedIn(stack, 'bob');
    await stack.slack.postAs('bob', '#cloud', '@Cloud Engineer are you there?');
    const link = await promptFor(stack, 'bob', '#cloud');
    const linkBack = await addressBack(stack, link, browser);
    const consentBack = await addressBack(stack, (await ask('bob')).url, browser);
    expect(titleOf(await browser.open(linkBack))).toBe('Link your chat account?');
    expect(completed()).toEqual([]);
    expect(titleOf(await browser.open(consentBack))).toBe('Done');
    expect(completed()).toEqual([200]);
  });

  it.each([
    [
      'fails',
      {
        kind: 'error',
        name: 'InternalServerException',
        status: 500,
        operation: 'CompleteResourceTokenAuth',
        times: 9,
      },
      500,
    ],
    ['loses its answer', { kind: 'drop_answer', operation: 'CompleteResourceTokenAuth', times: 9 }, 0],
  ] as const)(
    'is told once where AgentCore %s, and the person is not told more than is known',
    async (_how, fault, status) => {
      const asked = await ask('carol');
      stack.aws.faults.push({ ...fault });
      const page = await visit('carol', asked.url);
      expect([page.status, titleOf(page)]).toEqual([503, 'This does not work right now']);
      expect(page.text).toContain('may not have been passed on');
      expect(completed()).toEqual([status]);
      await onRecord('consented', 'failed');
    },
  );

  it('is told nothing that cannot be put on record', async () => {
    const asked = await ask('carol');
    const [head] = await redisCommands(stack.redisUrl, [['GET', AUDIT_HEAD]]);
    await redisCommands(stack.redisUrl, [
      ['DEL', AUDIT_HEAD],
      ['LPUSH', AUDIT_HEAD, 'not a head'],
    ]);
    const page = await visit('carol', asked.url);
    await redisCommands(stack.redisUrl, [
      ['DEL', AUDIT_HEAD],
      ['SET', AUDIT_HEAD, String(head)],
    ]);
    expect(page.status).toBe(503);
    expect(completed()).toEqual([]);
    expect(await asked.token()).toBeUndefined();
  });

  it('cannot be begun without end from one address', async () => {
    const { sessionUri } = await ask('carol');
    const from = (ip: string) =>
      fetch(resourceOf(sessionUri), { redirect: 'manual', headers: { 'x-forwarded-for': ip } });
    const statuses: number[] = [];
    for (let i = 0; i < 301; i += 1) statuses.push((await from('203.0.113.9')).status);
    expect(statuses).toEqual([...Array<number>(300).fill(302), 429]);
    const refused = await from('203.0.113.9');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await from('203.0.113.10')).status).toBe(302);
  });

  it('says after signing out that the browser is signed out, and that the link stays', async () => {
    const page = await createVisitor().open(`${stack.backend.url}/link/signed-out`);
    expect([page.status, titleOf(page)]).toEqual([200, 'You are signed out']);
    expect(page.text).toContain('<code>unlink</code>');
  });
});

it('somebody who is not invited lets no tool act for them', async () => {
  const stack = await startConsentStack('jwt', {
    env: { COGNITO_ACCESS: 'invited', ROLE_VIEWER_GROUPS: 'nobody-is-in-it', ROLE_ADMIN_GROUPS: 'admins' },
  });
  try {
    stack.cognito.setGroups('carol', []);
    const asked = await askFor(stack, 'jwt', 'carol');
    const page = await visitAs(stack, 'carol', asked.url, createVisitor());
    expect([page.status, titleOf(page)]).toEqual([403, 'Your account is not invited']);
    expect(completions(stack)).toEqual([]);
  } finally {
    await stack.close();
  }
});

it('without identities there are no such pages', async () => {
  const stack = await startStack();
  try {
    for (const path of ['resource?session_id=urn:ietf:params:oauth:request_uri:a', 'signed-out', 'callback'])
      expect((await fetch(`${stack.backend.url}/link/${path}`)).status).toBe(404);
  } finally {
    await stack.close();
  }
});
