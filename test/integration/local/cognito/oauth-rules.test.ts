import { describe, expect, test } from 'vitest';
import {
  authorizeUrl,
  basic,
  broughtBack,
  CALLBACK,
  exchangeCode,
  handClock,
  post,
  signIn,
  startCognito,
  VERIFIER,
} from './application.ts';
import { createVisitor } from './visitor.ts';

describe('a request to /oauth2/authorize', () => {
  test.each([
    ['another path', `${CALLBACK}/more`],
    ['a query', `${CALLBACK}?next=1`],
    ['a slash', `${CALLBACK}/`],
    ['another port', 'http://127.0.0.1:2/link/callback'],
    ['another host', 'https://evil.example/link/callback'],
    ['other letters', CALLBACK.toUpperCase()],
    ['nothing', ''],
  ])(
    'with %s instead of the registered redirect URI ends on the redirect_mismatch page',
    async (_what, uri) => {
      const cognito = await startCognito();
      const first = await createVisitor().request(authorizeUrl(cognito, { redirect_uri: uri }));
      expect(first.status).toBe(302);
      expect(first.headers.get('location')).toBe(
        `/error?error=redirect_mismatch&client_id=${cognito.clientId}`,
      );
      const page = await createVisitor().open(authorizeUrl(cognito, { redirect_uri: uri }));
      expect(page.status).toBe(400);
      expect(page.text).toContain('redirect_mismatch');
    },
  );

  test('from an unknown client ends on an error page', async () => {
    const cognito = await startCognito();
    const page = await createVisitor().open(authorizeUrl(cognito, { client_id: 'nobody' }));
    expect(page.status).toBe(400);
    expect(page.url).toContain('/error?error=invalid_request');
  });

  test.each([
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a challenge without a method', { code_challenge_method: undefined }, 'invalid_request'],
    ['a method without a challenge', { code_challenge: undefined }, 'invalid_request'],
    ['a challenge that is no SHA-256', { code_challenge: 'short' }, 'invalid_request'],
    ['no response type', { response_type: undefined }, 'invalid_request'],
    ['an unknown response type', { response_type: 'id_token' }, 'invalid_request'],
    ['the implicit flow', { response_type: 'token' }, 'unauthorized_client'],
    ['a prompt that does not exist', { prompt: 'dance' }, 'invalid_request'],
    ['an identity provider that the client lacks', { identity_provider: 'Nowhere' }, 'invalid_request'],
  ])('with %s goes back to the application with an error and the state', async (_what, changes, error) => {
    const cognito = await startCognito();
    const back = broughtBack(await createVisitor().open(authorizeUrl(cognito, changes)));
    expect(back).toMatchObject({ error, state: 'state-1' });
    expect(back).not.toHaveProperty('code');
  });

  test('with a scope that the client lacks says so as Cognito does', async () => {
    const cognito = await startCognito();
    expect(broughtBack(await createVisitor().open(authorizeUrl(cognito, { scope: 'openid phone' })))).toEqual(
      {
        error: 'invalid_request',
        error_description: 'invalid_scope',
        state: 'state-1',
      },
    );
  });

  test('without PKCE is allowed, as at Cognito, unless the stand-in is told otherwise', async () => {
    const none = { code_challenge: undefined, code_challenge_method: undefined };
    const lax = await startCognito();
    const { code = '' } = broughtBack(await signIn(lax, 'bob', none));
    const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK };
    expect((await post(lax, '/oauth2/token', form)).status).toBe(200);
    const strict = await startCognito({ requirePkce: true });
    const refused = broughtBack(await createVisitor().open(authorizeUrl(strict, none)));
    expect(refused.error).toBe('invalid_request');
  });
});

describe('a code', () => {
  test('is good once', async () => {
    const cognito = await startCognito();
    const { code = '' } = broughtBack(await signIn(cognito, 'bob'));
    expect((await exchangeCode(cognito, code)).status).toBe(200);
    expect(await exchangeCode(cognito, code)).toEqual({ status: 400, body: { error: 'invalid_grant' } });
  });

  test('is good once however many ask at the same time', async () => {
    const cognito = await startCognito();
    const { code = '' } = broughtBack(await signIn(cognito, 'bob'));
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchangeCode(cognito, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('is good for five minutes', async () => {
    const clock = handClock();
    const cognito = await startCognito({ now: clock.now });
    const { code = '' } = broughtBack(await signIn(cognito, 'bob'));
    clock.pass(301);
    expect((await exchangeCode(cognito, code)).body).toEqual({ error: 'invalid_grant' });
    const { code: second = '' } = broughtBack(await signIn(cognito, 'bob'));
    clock.pass(299);
    expect((await exchangeCode(cognito, second)).status).toBe(200);
  });

  test.each([
    ['another verifier', { code_verifier: 'x'.repeat(43) }],
    ['no verifier', { code_verifier: '' }],
    ['a verifier too short', { code_verifier: 'short' }],
    ['another redirect URI', { redirect_uri: 'http://127.0.0.1:1/other' }],
  ])('is refused with %s, and spent by that', async (_what, changes) => {
    const cognito = await startCognito();
    const { code = '' } = broughtBack(await signIn(cognito, 'bob'));
    expect(await exchangeCode(cognito, code, changes)).toEqual({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect((await exchangeCode(cognito, code)).body).toEqual({ error: 'invalid_grant' });
  });

  test('that nobody issued is refused', async () => {
    const cognito = await startCognito();
    expect((await exchangeCode(cognito, 'invented')).body).toEqual({ error: 'invalid_grant' });
  });

  test('of a user who was disabled meanwhile is refused', async () => {
    const people = [
      { username: 'eve', password: 'Eve-24680', email: 'e@example.com', name: 'Eve', groups: [] },
    ];
    const cognito = await startCognito({ people });
    const { code = '' } = broughtBack(await signIn(cognito, 'eve'));
    cognito.disable('eve');
    expect((await exchangeCode(cognito, code)).body).toEqual({ error: 'invalid_grant' });
  });
});

describe('a request to /oauth2/token', () => {
  test('takes the client secret in the header or in the form, and no other secret', async () => {
    const cognito = await startCognito();
    const { clientId, clientSecret = '' } = cognito;
    const attempt = async (form: Record<string, string>, headers: Record<string, string>) => {
      const { code = '' } = broughtBack(await signIn(cognito, 'bob'));
      const grant = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: CALLBACK,
        code_verifier: VERIFIER,
      };
      return (await post(cognito, '/oauth2/token', { ...grant, ...form }, headers)).body.error ?? 'fine';
    };
    const header = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    expect(await attempt({ client_id: clientId, client_secret: clientSecret }, {})).toBe('fine');
    expect(await attempt({ client_id: clientId }, basic(cognito))).toBe('fine');
    expect(await attempt({ client_id: clientId }, {})).toBe('invalid_client');
    expect(await attempt({ client_id: clientId, client_secret: `${clientSecret}x` }, {})).toBe(
      'invalid_client',
    );
    expect(await attempt({ client_id: 'other' }, basic(cognito))).toBe('invalid_client');
    expect(await attempt({}, header(`${clientId}:`))).toBe('invalid_client');
    expect(await attempt({}, header('no-colon'))).toBe('invalid_client');
    expect(await attempt({}, { authorization: 'Bearer x' })).toBe('invalid_client');
  });

  test.each([
    ['no grant type', {}, 'invalid_request'],
    ['an unknown grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['no code', { grant_type: 'authorization_code', redirect_uri: CALLBACK }, 'invalid_request'],
    ['no redirect URI', { grant_type: 'authorization_code', code: 'x' }, 'invalid_request'],
    ['no refresh token', { grant_type: 'refresh_token' }, 'invalid_request'],
  ])('with %s is refused by name', async (_what, form, error) => {
    const cognito = await startCognito();
    expect(await post(cognito, '/oauth2/token', form)).toEqual({ status: 400, body: { error } });
  });

  test('must be a POST of a form', async () => {
    const cognito = await startCognito();
    expect((await fetch(`${cognito.url}/oauth2/token`)).status).toBe(405);
    const json = await fetch(`${cognito.url}/oauth2/token`, {
      method: 'POST',
      headers: { ...basic(cognito), 'content-type': 'application/json' },
      body: '{"grant_type":"refresh_token"}',
    });
    expect(await json.json()).toEqual({ error: 'invalid_request' });
  });
});

describe('discovery', () => {
  test('names the real issuer and addresses that answer, with the pool and without', async () => {
    const cognito = await startCognito();
    const at = async (path: string) =>
      (await fetch(`${cognito.url}${path}`)).json() as Promise<Record<string, unknown>>;
    const document = await at(`/${cognito.userPoolId}/.well-known/openid-configuration`);
    expect(document).toMatchObject({ issuer: cognito.issuer, jwks_uri: cognito.jwksUri });
    expect(await at('/.well-known/openid-configuration')).toEqual(document);
    const { keys } = (await at('/.well-known/jwks.json')) as { keys: object[] };
    expect(keys).toHaveLength(2);
    for (const key of keys) expect(Object.keys(key)).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    expect((await fetch(`${cognito.url}/us-east-2_Nobody/.well-known/jwks.json`)).status).toBe(404);
  });

  test('does not answer to another name than that of this machine', async () => {
    const cognito = await startCognito();
    const { request } = await import('node:http');
    const status = await new Promise((resolve) => {
      request(cognito.url, { headers: { host: 'evil.example' }, agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).end();
    });
    expect(status).toBe(403);
  });
});
