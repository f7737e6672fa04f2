import { describe, expect, test } from 'vitest';
import type { CognitoStandIn, CognitoStandInOptions, Person } from '../../../../local/cognito/stand-in.ts';
import { authorizeUrl, broughtBack, handClock, passwordOf, signIn, startCognito } from './application.ts';
import { createVisitor, problemOn, titleOf, type Visit, type Visitor } from './visitor.ts';

const WRONG = 'Incorrect username or password.';
const EXCEEDED = 'Password attempts exceeded. Wait a little and try again.';

/** A sign-in that stops where the person is asked for more. */
async function upToChallenge(username: string, options: Partial<CognitoStandInOptions> = {}) {
  const clock = handClock();
  const cognito = await startCognito({ now: clock.now, ...options });
  const visitor = createVisitor();
  const page = await signIn(cognito, username, {}, visitor);
  return { clock, cognito, visitor, page };
}

describe('a person with a second factor', () => {
  test('is asked for the code of the authenticator app, which works once', async () => {
    const { cognito, visitor, page, clock } = await upToChallenge('admin');
    expect(titleOf(page)).toBe('Enter your code');
    expect(page.text).toContain(cognito.totp('admin'));
    const wrong = await visitor.submit(page, { code: '000000' });
    expect(problemOn(wrong)).toBe('Invalid code received for user.');
    const code = cognito.totp('admin');
    expect(broughtBack(await visitor.submit(wrong, { code })).code).toBeDefined();
    const again = await signIn(cognito, 'admin', { prompt: 'login' }, visitor);
    expect(problemOn(await visitor.submit(again, { code }))).toMatch(/already been used/);
    clock.pass(30);
    const next = await visitor.submit(again, { code: cognito.totp('admin') });
    expect(broughtBack(next).code).toBeDefined();
  });

  test('has three minutes, and cannot come to the code without the password', async () => {
    const { cognito, visitor, page, clock } = await upToChallenge('admin');
    clock.pass(181);
    const late = await visitor.submit(page, { code: cognito.totp('admin') });
    expect(titleOf(late)).toBe('Sign in');
    const fresh = await visitor.open(authorizeUrl(cognito));
    expect(titleOf(await visitor.open(fresh.url.replace('/login?', '/mfa?')))).toBe('Sign in');
  });

  test('is locked out after five wrong codes', async () => {
    const { visitor, page, cognito } = await upToChallenge('admin');
    let shown = page;
    for (let attempt = 0; attempt < 5; attempt++) shown = await visitor.submit(shown, { code: '000000' });
    expect(problemOn(await visitor.submit(shown, { code: cognito.totp('admin') }))).toBe(EXCEEDED);
  });

  test('is not asked where the pool has turned it off', async () => {
    const { page } = await upToChallenge('admin', { mfa: 'OFF' });
    expect(broughtBack(page).code).toBeDefined();
  });

  test('sets it up at the first sign-in where the pool demands it', async () => {
    const { visitor, page, cognito, clock } = await upToChallenge('bob', { mfa: 'ON' });
    expect(titleOf(page)).toBe('Set up a second factor');
    const code = /<p class="hint">.*<code>(\d{6})<\/code>/.exec(page.text)?.[1] ?? '';
    expect(broughtBack(await visitor.submit(page, { code })).code).toBeDefined();
    clock.pass(30);
    const next = createVisitor();
    const asked = await signIn(cognito, 'bob', {}, next);
    expect(titleOf(asked)).toBe('Enter your code');
    expect(broughtBack(await next.submit(asked, { code: cognito.totp('bob') })).code).toBeDefined();
  });
});

describe('a person with a temporary password', () => {
  test('has to choose one of their own, by the policy of the pool', async () => {
    const { visitor, page, cognito } = await upToChallenge('newbie');
    expect(titleOf(page)).toBe('Choose a new password');
    const choose = (shown: Visit, first: string, second = first) =>
      visitor.submit(shown, { new_password: first, confirm_password: second });
    const differ = await choose(page, 'Nell-13579', 'Nell-1357');
    expect(problemOn(differ)).toBe('The two passwords differ.');
    const weak = await choose(differ, 'nell-13579');
    expect(problemOn(weak)).toBe(
      'Password did not conform with policy: Password must have uppercase characters',
    );
    expect(broughtBack(await choose(weak, 'Nell-13579')).code).toBeDefined();
    const next = createVisitor();
    const old = await signIn(cognito, 'newbie', {}, next);
    expect(problemOn(old)).toBe(WRONG);
    const back = await next.submit(old, { username: 'newbie', password: 'Nell-13579' });
    expect(broughtBack(back).code).toBeDefined();
  });

  test('has seven days to do so', async () => {
    const { clock, cognito } = await upToChallenge('newbie');
    clock.pass(7 * 86_400 + 1);
    expect(problemOn(await signIn(cognito, 'newbie'))).toMatch(/Temporary password has expired/);
  });
});

describe('repeated failures', () => {
  async function tryOften(visitor: Visitor, page: Visit, times: number): Promise<Visit> {
    let shown = page;
    for (let attempt = 0; attempt < times; attempt++) {
      shown = await visitor.submit(shown, { username: 'alice', password: 'Wrong-0000' });
    }
    return shown;
  }

  async function start() {
    const clock = handClock();
    const cognito = await startCognito({ now: clock.now });
    const visitor = createVisitor();
    return { clock, cognito, visitor, page: await visitor.open(authorizeUrl(cognito)) };
  }

  const right = (cognito: CognitoStandIn) => ({ username: 'alice', password: passwordOf(cognito, 'alice') });

  test('lock the account for a second, then for twice as long each time', async () => {
    const { clock, cognito, visitor, page } = await start();
    const fifth = await tryOften(visitor, page, 5);
    expect(problemOn(fifth)).toBe(WRONG);
    expect(problemOn(await visitor.submit(fifth, right(cognito)))).toBe(EXCEEDED);
    clock.pass(1);
    const sixth = await tryOften(visitor, fifth, 1);
    expect(problemOn(sixth)).toBe(WRONG);
    clock.pass(1);
    expect(problemOn(await visitor.submit(sixth, right(cognito)))).toBe(EXCEEDED);
    clock.pass(1);
    expect(broughtBack(await visitor.submit(sixth, right(cognito))).code).toBeDefined();
  });

  test('of one account leave the others alone', async () => {
    const { cognito, visitor, page } = await start();
    await tryOften(visitor, page, 6);
    expect(broughtBack(await signIn(cognito, 'bob')).code).toBeDefined();
  });
});

describe('a disabled person', () => {
  const people: Person[] = [
    {
      username: 'eve',
      password: 'Eve-24680',
      email: 'eve@example.com',
      name: 'Eve',
      groups: [],
      disabled: true,
    },
  ];

  test('is told so with the right password only', async () => {
    const cognito = await startCognito({ people });
    const visitor = createVisitor();
    const page = await visitor.open(authorizeUrl(cognito));
    const wrong = await visitor.submit(page, { username: 'eve', password: 'Wrong-0000' });
    expect(problemOn(wrong)).toBe(WRONG);
    expect(problemOn(await visitor.submit(wrong, { username: 'eve', password: 'Eve-24680' }))).toBe(
      'User is disabled.',
    );
  });

  test('has to sign in again although the browser has a session', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor();
    await signIn(cognito, 'bob', {}, visitor);
    cognito.disable('bob');
    expect(titleOf(await visitor.open(authorizeUrl(cognito)))).toBe('Sign in');
  });
});
