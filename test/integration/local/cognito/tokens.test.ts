import { describe, expect, test } from 'vitest';
import {
  authorizeUrl,
  basic,
  broughtBack,
  claimsOf,
  handClock,
  LOGGED_OUT,
  passwordOf,
  post,
  refresh,
  signIn,
  startCognito,
  tokensOf,
  userInfo,
  verifierFor,
} from './application.ts';
import { createVisitor, titleOf } from './visitor.ts';

const DAY_SECONDS = 86_400;

describe('a refresh token', () => {
  test('gives new access and id tokens of the same sign-in, and no new refresh token', async () => {
    const clock = handClock();
    const cognito = await startCognito({ now: clock.now });
    const first = await tokensOf(cognito, 'alice');
    clock.pass(1800);
    cognito.setGroups('alice', ['viewers']);
    const { status, body } = await refresh(cognito, first.refresh);
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['id_token', 'access_token', 'expires_in', 'token_type']);
    const before = claimsOf(first.access);
    const after = claimsOf(body.access_token ?? '');
    expect(after).toMatchObject({
      sub: before.sub,
      origin_jti: before.origin_jti,
      auth_time: before.auth_time,
      scope: 'openid email profile',
      'cognito:groups': ['viewers'],
    });
    expect(after.jti).not.toBe(before.jti);
    expect(Number(after.exp)).toBe(Number(before.exp) + 1800);
    await expect(verifierFor(cognito, 'id').verify(body.id_token ?? '')).resolves.toBeDefined();
    expect((await refresh(cognito, first.refresh)).status).toBe(200);
  });

  test('is good for thirty days, and for its own client only', async () => {
    const clock = handClock();
    const cognito = await startCognito({ now: clock.now });
    const { refresh: token } = await tokensOf(cognito, 'alice');
    clock.pass(30 * DAY_SECONDS - 1);
    expect((await refresh(cognito, token)).status).toBe(200);
    clock.pass(2);
    expect(await refresh(cognito, token)).toEqual({ status: 400, body: { error: 'invalid_grant' } });
    expect((await refresh(cognito, 'invented')).body).toEqual({ error: 'invalid_grant' });
  });

  test('is rotated on request, with a time of grace for the old one', async () => {
    const clock = handClock();
    const cognito = await startCognito({ now: clock.now, refreshTokenRotation: { graceSeconds: 10 } });
    const first = await tokensOf(cognito, 'alice');
    const second = (await refresh(cognito, first.refresh)).body;
    expect(second.refresh_token).toEqual(expect.any(String));
    expect(second.refresh_token).not.toBe(first.refresh);
    expect(claimsOf(second.access_token ?? '').origin_jti).toBe(claimsOf(first.access).origin_jti);
    clock.pass(9);
    expect((await refresh(cognito, first.refresh)).status).toBe(200);
    clock.pass(1);
    expect((await refresh(cognito, first.refresh)).body).toEqual({ error: 'invalid_grant' });
    expect((await refresh(cognito, second.refresh_token ?? '')).status).toBe(200);
  });

  test('without grace is good for one of many refreshes at the same time', async () => {
    const cognito = await startCognito({ refreshTokenRotation: { graceSeconds: 0 } });
    const { refresh: token } = await tokensOf(cognito, 'alice');
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(cognito, token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('does not outlive its user', async () => {
    const cognito = await startCognito();
    const { refresh: token } = await tokensOf(cognito, 'bob');
    cognito.disable('bob');
    cognito.enable('bob');
    expect((await refresh(cognito, token)).body).toEqual({ error: 'invalid_grant' });
  });
});

describe('the life of tokens', () => {
  test('can be made as short as a test needs, also in the middle', async () => {
    const clock = handClock();
    const cognito = await startCognito({ now: clock.now, tokenLife: { accessSeconds: 2 } });
    const first = await tokensOf(cognito, 'alice');
    expect(Number(claimsOf(first.access).exp) - Number(claimsOf(first.access).iat)).toBe(2);
    expect(Number(claimsOf(first.id).exp) - Number(claimsOf(first.id).iat)).toBe(3600);
    expect((await userInfo(cognito, first.access)).status).toBe(200);
    clock.pass(2);
    expect((await userInfo(cognito, first.access)).status).toBe(401);
    cognito.setTokenLife({});
    expect((await refresh(cognito, first.refresh)).body.expires_in).toBe(3600);
  });
});

describe('revocation', () => {
  test('ends the refresh token and every access token of the same sign-in, and nothing of another', async () => {
    const cognito = await startCognito();
    const here = await tokensOf(cognito, 'alice');
    const elsewhere = await tokensOf(cognito, 'alice');
    const refreshed = (await refresh(cognito, here.refresh)).body.access_token ?? '';
    expect(await post(cognito, '/oauth2/revoke', { token: here.refresh })).toEqual({ status: 200, body: {} });
    expect((await refresh(cognito, here.refresh)).body).toEqual({ error: 'invalid_grant' });
    for (const token of [here.access, refreshed]) expect((await userInfo(cognito, token)).status).toBe(401);
    expect((await userInfo(cognito, elsewhere.access)).status).toBe(200);
    expect((await refresh(cognito, elsewhere.refresh)).status).toBe(200);
  });

  test('says what is wrong by Cognito’s names, and nothing about tokens that do not exist', async () => {
    const cognito = await startCognito();
    const { access, refresh: token } = await tokensOf(cognito, 'alice');
    const revoke = (form: Record<string, string>, headers = basic(cognito)) =>
      post(cognito, '/oauth2/revoke', form, headers);
    expect(await revoke({})).toEqual({ status: 400, body: { error: 'invalid_request' } });
    expect(await revoke({ token: access })).toEqual({
      status: 400,
      body: { error: 'unsupported_token_type' },
    });
    expect(await revoke({ token, client_id: cognito.clientId }, {})).toEqual({
      status: 401,
      body: { error: 'invalid_client' },
    });
    expect((await revoke({ token: 'invented' })).status).toBe(200);
    expect((await refresh(cognito, token)).status).toBe(200);
  });

  test('of everything a user has leaves the browser signed in', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor();
    await signIn(cognito, 'alice', {}, visitor);
    const tokens = await tokensOf(cognito, 'alice');
    cognito.signOutEverywhere('alice');
    expect((await userInfo(cognito, tokens.access)).status).toBe(401);
    expect((await refresh(cognito, tokens.refresh)).status).toBe(400);
    expect(broughtBack(await visitor.open(authorizeUrl(cognito))).code).toBeDefined();
  });
});

describe('userInfo', () => {
  test('tells what the scopes open, everything as text', async () => {
    const cognito = await startCognito();
    const { access } = await tokensOf(cognito, 'alice', { scope: 'openid email' });
    const answer = await userInfo(cognito, access);
    expect(await answer.json()).toEqual({
      sub: claimsOf(access).sub,
      email: 'alice@example.com',
      email_verified: 'true',
      username: 'alice',
    });
  });

  test('refuses a missing token, an id token, a changed one and one without openid', async () => {
    const cognito = await startCognito();
    const { access, id } = await tokensOf(cognito, 'alice');
    const noOpenid = await tokensOf(cognito, 'alice', { scope: 'email' });
    expect((await fetch(`${cognito.url}/oauth2/userInfo`)).status).toBe(400);
    // The former keys, which made the id token too, are still good for what they signed.
    await cognito.rotateKeys();
    expect((await userInfo(cognito, access)).status).toBe(200);
    const [head, , signature] = access.split('.');
    const forged = Buffer.from(JSON.stringify({ ...claimsOf(access), username: 'admin' })).toString(
      'base64url',
    );
    for (const token of [id, `${head}.${forged}.${signature}`, noOpenid.access, 'nonsense']) {
      const answer = await userInfo(cognito, token);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
      expect(await answer.json()).toMatchObject({ error: 'invalid_token' });
    }
  });
});

describe('logout', () => {
  test('ends the browser’s session, goes to the registered address, and leaves tokens alone', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor();
    await signIn(cognito, 'alice', {}, visitor);
    const tokens = await tokensOf(cognito, 'alice');
    const query = new URLSearchParams({ client_id: cognito.clientId, logout_uri: LOGGED_OUT });
    const left = await visitor.request(`${cognito.url}/logout?${query}`);
    expect([left.status, left.headers.get('location')]).toEqual([302, LOGGED_OUT]);
    expect(titleOf(await visitor.open(authorizeUrl(cognito)))).toBe('Sign in');
    expect((await refresh(cognito, tokens.refresh)).status).toBe(200);
  });

  test('can go straight to the next sign-in', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor();
    await signIn(cognito, 'alice', {}, visitor);
    const page = await visitor.open(authorizeUrl(cognito).replace('/oauth2/authorize', '/logout'));
    expect(titleOf(page)).toBe('Sign in');
    const fields = { username: 'bob', password: passwordOf(cognito, 'bob') };
    expect(broughtBack(await visitor.submit(page, fields)).code).toBeDefined();
  });

  test('to an address that is not registered exactly so leads nowhere and leaves the session', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor();
    await signIn(cognito, 'alice', {}, visitor);
    for (const logout_uri of [`${LOGGED_OUT}?x=1`, 'https://evil.example/', `${LOGGED_OUT}/`]) {
      const query = new URLSearchParams({ client_id: cognito.clientId, logout_uri });
      const page = await visitor.open(`${cognito.url}/logout?${query}`);
      expect(page.url).toContain('/error?error=redirect_mismatch');
    }
    expect(broughtBack(await visitor.open(authorizeUrl(cognito))).code).toBeDefined();
  });
});
