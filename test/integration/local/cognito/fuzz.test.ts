import fc from 'fast-check';
import { expect, test } from 'vitest';
import { authorizeUrl, startCognito } from './application.ts';
import { createVisitor } from './visitor.ts';

const PATHS = [
  '/oauth2/authorize',
  '/oauth2/authorize/abc',
  '/oauth2/token',
  '/oauth2/revoke',
  '/oauth2/userInfo',
  '/oauth2/idpresponse',
  '/login',
  '/mfa',
  '/newPassword',
  '/logout',
  '/error',
  '/acme-sso/auth',
  '/acme-sso/sign-in/abc',
  '/control/person',
  '/.well-known/jwks.json',
  '/',
];
const NAMES = [
  'client_id',
  'redirect_uri',
  'response_type',
  'scope',
  'state',
  'code',
  'interaction',
  'error',
];

test('whatever it is sent, the stand-in answers, and never with a failure of its own', async () => {
  const failures: string[] = [];
  const cognito = await startCognito({ log: (line) => failures.push(line) });
  const page = await createVisitor().open(authorizeUrl(cognito));
  const interaction = new URL(page.url).searchParams.get('interaction') ?? '';
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(cognito.clientId, 'http://127.0.0.1:1/link/callback', 'code', interaction, '%00', '[]'),
  );
  const params = fc.array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 6 });
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'DELETE'),
    path: fc.constantFrom(...PATHS),
    query: params,
    form: params,
    target: fc.option(fc.constantFrom('ListUserPools', 'RevokeToken', 'toString'), { nil: undefined }),
    cookie: fc.constantFrom('', 'cognito=x; XSRF-TOKEN=y', 'cognito', '=;;='),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path, query, form, target, cookie }) => {
      const answer = await fetch(`${cognito.url}${path}?${new URLSearchParams(query)}`, {
        method,
        redirect: 'manual',
        headers: {
          cookie,
          ...(target === undefined ? {} : { 'x-amz-target': `AWSCognitoIdentityProviderService.${target}` }),
        },
        ...(method === 'POST' ? { body: new URLSearchParams(form) } : {}),
      });
      await answer.arrayBuffer();
      expect(answer.status).toBeLessThan(500);
    }),
    { numRuns: 400 },
  );
  expect(failures).toEqual([]);
});
