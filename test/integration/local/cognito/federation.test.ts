import { describe, expect, test } from 'vitest';
import type { CognitoStandIn } from '../../../../local/cognito/stand-in.ts';
import {
  authorizeUrl,
  broughtBack,
  CALLBACK,
  claimsOf,
  exchangeCode,
  signIn,
  startCognito,
  userInfo,
  verifierFor,
} from './application.ts';
import { createVisitor, problemOn, titleOf, type Visitor } from './visitor.ts';

/** Signs in at Acme SSO, whose sign-in page the address leads to. */
async function signInAtAcme(cognito: CognitoStandIn, changes = {}, visitor: Visitor = createVisitor()) {
  const page = await visitor.open(authorizeUrl(cognito, { identity_provider: 'AcmeSSO', ...changes }));
  expect(page.url).toContain('/acme-sso/sign-in/');
  return visitor.submit(page, { username: 'dora', password: 'Dora-2468' });
}

describe('signing in with another identity provider', () => {
  test('makes a user of the pool, with the groups that the other provider tells', async () => {
    const cognito = await startCognito();
    const back = broughtBack(await signInAtAcme(cognito));
    expect(back.state).toBe('state-1');
    const { body } = await exchangeCode(cognito, back.code ?? '');
    const access = await verifierFor(cognito, 'access').verify(body.access_token ?? '');
    const id = await verifierFor(cognito, 'id').verify(body.id_token ?? '');
    const groups = [`${cognito.userPoolId}_AcmeSSO`, 'operators'];
    expect(access).toMatchObject({ username: 'acmesso_dora', 'cognito:groups': groups });
    expect(id).toMatchObject({
      'cognito:username': 'acmesso_dora',
      'cognito:groups': groups,
      email: 'dora@acme.example',
      name: 'Dora Acme',
      'custom:groups': '["operators"]',
      nonce: 'nonce-1',
      identities: [
        expect.objectContaining({ providerName: 'AcmeSSO', userId: 'dora', providerType: 'OIDC' }),
      ],
    });
    expect((await userInfo(cognito, body.access_token ?? '')).status).toBe(200);
    const again = await exchangeCode(cognito, broughtBack(await signInAtAcme(cognito)).code ?? '');
    expect(claimsOf(again.body.access_token ?? '').sub).toBe(access.sub);
  });

  test('is offered on the sign-in page, and asked for by name or identifier', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor();
    const page = await visitor.open(authorizeUrl(cognito, { lang: 'de' }));
    const link = /<a class="provider" href="([^"]*)">Weiter mit Acme SSO<\/a>/.exec(page.text)?.[1] ?? '';
    const acme = await visitor.open(new URL(link.replaceAll('&amp;', '&'), page.url).href);
    expect(broughtBack(await visitor.submit(acme, { username: 'emil', password: 'Emil-2468' })).state).toBe(
      'state-1',
    );
    await signInAtAcme(cognito, { identity_provider: undefined, idp_identifier: 'acme.example' });
    const own = await createVisitor().open(authorizeUrl(cognito, { identity_provider: 'COGNITO' }));
    expect(titleOf(own)).toBe('Sign in');
  });

  test('is asked for although the browser is signed in as somebody of the pool', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor();
    await signIn(cognito, 'alice', {}, visitor);
    const { code = '' } = broughtBack(await signInAtAcme(cognito, {}, visitor));
    const { body } = await exchangeCode(cognito, code);
    expect(claimsOf(body.access_token ?? '').username).toBe('acmesso_dora');
    const silent = broughtBack(await visitor.open(authorizeUrl(cognito, { identity_provider: 'AcmeSSO' })));
    expect(silent.code).toBeDefined();
  });

  test('that fails over there stays over there', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor();
    const page = await visitor.open(authorizeUrl(cognito, { identity_provider: 'AcmeSSO' }));
    const wrong = await visitor.submit(page, { username: 'dora', password: 'Wrong-0000' });
    expect(problemOn(wrong)).toBe('Incorrect username or password.');
  });

  test('cannot be finished by another browser, with another state or twice', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor(`${cognito.url}/oauth2/idpresponse`);
    const page = await visitor.open(authorizeUrl(cognito, { identity_provider: 'AcmeSSO' }));
    const response = await visitor.submit(page, { username: 'dora', password: 'Dora-2468' });
    const stranger = createVisitor();
    expect((await stranger.open(response.url.replace(/state=[^&]*/, 'state=other'))).status).toBe(400);
    expect((await stranger.open(response.url)).status).toBe(400);
    expect((await visitor.request(response.url)).status).toBe(400);
  });

  test('that the other provider refuses, or that is disabled here, goes back to the application as an error', async () => {
    const cognito = await startCognito();
    const visitor = createVisitor(`${cognito.url}/oauth2/idpresponse`);
    const page = await visitor.open(authorizeUrl(cognito, { identity_provider: 'AcmeSSO' }));
    const response = await visitor.submit(page, { username: 'dora', password: 'Dora-2468' });
    const refused = new URL(response.url);
    refused.searchParams.delete('code');
    refused.searchParams.set('error', 'access_denied');
    const back = await visitor.request(refused.href);
    const location = new URL(back.headers.get('location') ?? '');
    expect(location.href.startsWith(CALLBACK)).toBe(true);
    expect(Object.fromEntries(location.searchParams)).toEqual({
      error: 'invalid_request',
      error_description: 'AcmeSSO Error - access_denied',
      state: 'state-1',
    });
    await signInAtAcme(cognito);
    cognito.disable('acmesso_dora');
    expect(broughtBack(await signInAtAcme(cognito))).toMatchObject({
      error_description: 'User is not enabled',
    });
  });

  test('is not there when it was not asked for', async () => {
    const cognito = await startCognito({ federation: false });
    expect((await createVisitor().open(authorizeUrl(cognito))).text).not.toContain('Acme');
    const back = broughtBack(
      await createVisitor().open(authorizeUrl(cognito, { identity_provider: 'AcmeSSO' })),
    );
    expect(back.error).toBe('invalid_request');
  });
});
