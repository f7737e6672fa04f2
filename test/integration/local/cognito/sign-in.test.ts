import { describe, expect, test } from 'vitest';
import {
  authorizeUrl,
  broughtBack,
  CALLBACK,
  claimsOf,
  exchangeCode,
  handClock,
  passwordOf,
  signIn,
  startCognito,
  tokensOf,
  VERIFIER,
  verifierFor,
} from './application.ts';
import { createVisitor, problemOn, titleOf } from './visitor.ts';

describe('a sign-in with code and PKCE', () => {
  test('ends in tokens that the unmodified verifier of AWS accepts', async () => {
    const cognito = await startCognito();
    const back = broughtBack(await signIn(cognito, 'alice'));
    expect(back).toEqual({ code: expect.any(String), state: 'state-1' });
    const { status, body } = await exchangeCode(cognito, back.code ?? '');
    expect(status).toBe(200);
    expect(body).toMatchObject({ expires_in: 3600, token_type: 'Bearer', refresh_token: expect.any(String) });
    const access = await verifierFor(cognito, 'access').verify(body.access_token ?? '');
    const id = await verifierFor(cognito, 'id').verify(body.id_token ?? '');
    expect(access.username).toBe('alice');
    expect(access['cognito:groups']).toEqual(['approvers', 'operators']);
    expect(id['cognito:username']).toBe('alice');
    expect(id.sub).toBe(access.sub);
  });

  test('gives tokens with the claims that Cognito gives, and no others', async () => {
    const clock = handClock(1_700_000_000_000);
    const cognito = await startCognito({ now: clock.now, userPoolId: 'us-east-2_Abc123def' });
    const { access, id } = await tokensOf(cognito, 'alice');
    const common = {
      sub: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'cognito:groups': ['approvers', 'operators'],
      iss: 'https://cognito-idp.us-east-2.amazonaws.com/us-east-2_Abc123def',
      origin_jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      event_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      auth_time: 1_700_000_000,
      iat: 1_700_000_000,
      exp: 1_700_003_600,
    };
    expect(claimsOf(access)).toEqual({
      ...common,
      token_use: 'access',
      version: 2,
      client_id: cognito.clientId,
      scope: 'openid email profile',
      username: 'alice',
    });
    expect(claimsOf(id)).toEqual({
      ...common,
      token_use: 'id',
      aud: cognito.clientId,
      at_hash: expect.any(String),
      nonce: 'nonce-1',
      'cognito:username': 'alice',
      email: 'alice@example.com',
      email_verified: true,
      name: 'Alice Moreau',
    });
    const header = JSON.parse(Buffer.from(access.split('.')[0] ?? '', 'base64url').toString()) as object;
    expect(header).toEqual({ kid: expect.any(String), alg: 'RS256' });
    expect(claimsOf(access).origin_jti).toBe(claimsOf(id).origin_jti);
    expect(claimsOf(access).jti).not.toBe(claimsOf(id).jti);
  });

  test('tells about a person what the scopes open, and gives no id token without openid', async () => {
    const cognito = await startCognito();
    expect(claimsOf((await tokensOf(cognito, 'bob', { scope: 'openid email' })).id)).not.toHaveProperty(
      'name',
    );
    expect(claimsOf((await tokensOf(cognito, 'bob', { scope: 'openid' })).id)).toHaveProperty('name');
    expect((await tokensOf(cognito, 'bob', { scope: 'email' })).id).toBe('');
    const all = await tokensOf(cognito, 'bob', { scope: undefined });
    expect(claimsOf(all.access).scope).toBe('openid email profile');
  });

  test('works with the user name in any case and with the e-mail address', async () => {
    const cognito = await startCognito();
    for (const username of ['Alice', 'ALICE@example.com']) {
      const visitor = createVisitor();
      const page = await visitor.open(authorizeUrl(cognito));
      const back = await visitor.submit(page, { username, password: passwordOf(cognito, 'alice') });
      expect(broughtBack(back).code).toBeDefined();
    }
  });

  test('returns state byte for byte', async () => {
    const cognito = await startCognito();
    const state = 'a b+c&d=e/ü%20"<>';
    expect(broughtBack(await signIn(cognito, 'bob', { state })).state).toBe(state);
    expect(broughtBack(await signIn(cognito, 'bob', { state: undefined }))).toEqual({
      code: expect.any(String),
    });
  });

  test.each(['myapp://signed-in', 'https://app.example/cb?tenant=1', 'http://localhost:9/cb'])(
    'comes back to %s, if that is registered',
    async (uri) => {
      const cognito = await startCognito({ callbackUrls: [uri] });
      const visitor = createVisitor(new URL(uri).protocol === 'myapp:' ? 'myapp:' : new URL(uri).origin);
      const page = await visitor.open(authorizeUrl(cognito, { redirect_uri: uri }));
      const back = await visitor.submit(page, { username: 'bob', password: passwordOf(cognito, 'bob') });
      expect(back.url).toMatch(`${uri}${uri.includes('?') ? '&' : '?'}code=`);
      const code = new URL(back.url).searchParams.get('code') ?? '';
      expect((await exchangeCode(cognito, code, { redirect_uri: uri })).status).toBe(200);
    },
  );

  test('works for a public client, which proves itself by PKCE alone', async () => {
    const cognito = await startCognito({ clientSecret: false });
    const { code = '' } = broughtBack(await signIn(cognito, 'bob'));
    const answer = await fetch(`${cognito.url}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: cognito.clientId,
        code,
        redirect_uri: CALLBACK,
        code_verifier: VERIFIER,
      }),
    });
    expect(answer.status).toBe(200);
  });

  test('stays good for verifiers when the keys are rotated, until the former keys are gone', async () => {
    const cognito = await startCognito();
    const before = await tokensOf(cognito, 'bob');
    await cognito.rotateKeys();
    const after = await tokensOf(cognito, 'bob');
    await expect(verifierFor(cognito, 'access').verify(before.access)).resolves.toBeDefined();
    await expect(verifierFor(cognito, 'access').verify(after.access)).resolves.toBeDefined();
    await cognito.rotateKeys({ keepFormer: false });
    await expect(verifierFor(cognito, 'access').verify(after.access)).rejects.toThrow(/not found/);
  });
});

describe('the browser session', () => {
  test('signs a person in again without asking, for one hour', async () => {
    const clock = handClock();
    const cognito = await startCognito({ now: clock.now });
    const visitor = createVisitor();
    await signIn(cognito, 'alice', {}, visitor);
    clock.pass(3500);
    const again = broughtBack(await visitor.open(authorizeUrl(cognito, { state: 's2' })));
    expect(again.state).toBe('s2');
    const { body } = await exchangeCode(cognito, again.code ?? '');
    expect(claimsOf(body.access_token ?? '')).toMatchObject({
      username: 'alice',
      auth_time: expect.any(Number),
    });
    clock.pass(200);
    expect(titleOf(await visitor.open(authorizeUrl(cognito)))).toBe('Sign in');
  });

  test('is not enough with prompt=login, and prompt=none asks nobody', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor();
    expect(broughtBack(await visitor.open(authorizeUrl(cognito, { prompt: 'none' })))).toMatchObject({
      error: 'login_required',
      state: 'state-1',
    });
    await signIn(cognito, 'alice', {}, visitor);
    expect(broughtBack(await visitor.open(authorizeUrl(cognito, { prompt: 'none' }))).code).toBeDefined();
    expect(titleOf(await visitor.open(authorizeUrl(cognito, { prompt: 'login' })))).toBe('Sign in');
  });

  test('changes hands when somebody else signs in with the same browser', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor();
    await signIn(cognito, 'alice', {}, visitor);
    const { code = '' } = broughtBack(await signIn(cognito, 'bob', { prompt: 'login' }, visitor));
    const { body } = await exchangeCode(cognito, code);
    expect(claimsOf(body.access_token ?? '').username).toBe('bob');
    const next = broughtBack(await visitor.open(authorizeUrl(cognito)));
    const tokens = await exchangeCode(cognito, next.code ?? '');
    expect(claimsOf(tokens.body.access_token ?? '').username).toBe('bob');
  });

  test('two sign-ins in two tabs of one browser do not disturb each other', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor();
    const first = await visitor.open(authorizeUrl(cognito, { state: 'one' }));
    const second = await visitor.open(authorizeUrl(cognito, { state: 'two' }));
    const fields = { username: 'bob', password: passwordOf(cognito, 'bob') };
    expect(broughtBack(await visitor.submit(first, fields)).state).toBe('one');
    expect(broughtBack(await visitor.submit(second, fields)).state).toBe('two');
  });

  test('nobody can have a victim finish a sign-in that another browser began', async () => {
    const cognito = await startCognito();
    const attacker = createVisitor();
    const page = await attacker.open(authorizeUrl(cognito));
    const victim = createVisitor();
    await victim.open(authorizeUrl(cognito));
    const opened = await victim.request(page.url);
    expect(opened.status).toBe(400);
    const posted = await victim.submit(page, {
      username: 'alice',
      password: passwordOf(cognito, 'alice'),
    });
    expect(posted.status).toBe(400);
    expect(titleOf(await attacker.open(page.url))).toBe('Sign in');
  });
});

describe('the sign-in page', () => {
  test('answers a wrong password and an unknown name alike, and takes the right one afterwards', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor();
    let page = await visitor.open(authorizeUrl(cognito));
    for (const username of ['alice', 'nobody']) {
      page = await visitor.submit(page, { username, password: 'Wrong-0000' });
      expect(page.status).toBe(200);
      expect(problemOn(page)).toBe('Incorrect username or password.');
    }
    const back = await visitor.submit(page, {
      username: 'alice',
      password: passwordOf(cognito, 'alice'),
    });
    expect(broughtBack(back).state).toBe('state-1');
  });

  test('speaks the language of lang, fills in login_hint, and shows who can sign in', async () => {
    const cognito = await startCognito();
    const german = await createVisitor().open(authorizeUrl(cognito, { lang: 'de', login_hint: 'bob"><b>' }));
    expect(titleOf(german)).toBe('Anmelden');
    expect(german.text).toContain('value="bob&quot;&gt;&lt;b&gt;"');
    expect(german.text).toContain(passwordOf(cognito, 'alice'));
    const secretive = await startCognito({ hints: false });
    expect((await createVisitor().open(authorizeUrl(secretive))).text).not.toContain('Alice-2468');
  });

  test('runs no script, loads nothing from elsewhere, and posts to nobody but itself and the application', async () => {
    const cognito = await startCognito();
    const page = await createVisitor().open(authorizeUrl(cognito));
    expect(page.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' http://127.0.0.1:1",
    );
    expect(page.text).not.toMatch(/<script|https?:\/\/(?!127\.0\.0\.1)/);
  });

  test('can be opened directly, and begins again when the sign-in has run out', async () => {
    const clock = handClock();
    const cognito = await startCognito({ now: clock.now });
    const visitor = createVisitor();
    const direct = await visitor.open(authorizeUrl(cognito).replace('/oauth2/authorize', '/login'));
    expect(titleOf(direct)).toBe('Sign in');
    clock.pass(16 * 60);
    const late = await visitor.submit(direct, {
      username: 'alice',
      password: passwordOf(cognito, 'alice'),
    });
    expect(titleOf(late)).toBe('Sign in');
    const fields = { username: 'alice', password: passwordOf(cognito, 'alice') };
    expect(broughtBack(await visitor.submit(late, fields)).code).toBeDefined();
  });

  test('refuses a form without the token of its browser', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor();
    const page = await visitor.open(authorizeUrl(cognito));
    const forged = await visitor.request(page.url, { username: 'alice', password: 'x' });
    expect(forged.status).toBe(403);
  });
});
