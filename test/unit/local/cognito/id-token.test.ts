import { createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { checkIdToken } from '../../../../local/cognito/federation/id-token.ts';
import { signJwt } from '../../../../local/cognito/tokens/jwt.ts';

const NOW = 1_700_000_000_000;
const EXPECTED = { issuer: 'https://idp.example', clientId: 'cognito', nonce: 'n', now: NOW };
const CLAIMS = { iss: 'https://idp.example', aud: 'cognito', nonce: 'n', sub: 'dora', exp: NOW / 1000 + 60 };

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const JWK = { ...publicKey.export({ format: 'jwk' }), kid: 'k' };

const check = (claims: object, key = privateKey) =>
  checkIdToken(signJwt({ ...claims }, { kid: 'k', privateKey: key }), [JWK], EXPECTED);

describe('an id token of another provider', () => {
  test('is believed when everything fits', () => {
    expect(check(CLAIMS)).toEqual(CLAIMS);
    expect(check({ ...CLAIMS, aud: ['other', 'cognito'] })).toMatchObject({ sub: 'dora' });
  });

  test.each([
    ['issuer', { iss: 'https://evil.example' }],
    ['audience', { aud: 'another' }],
    ['audience', { aud: undefined }],
    ['nonce', { nonce: 'other' }],
    ['nonce', { nonce: undefined }],
    ['subject', { sub: 7 }],
  ])('is not believed with another %s', (what, changes) => {
    expect(check({ ...CLAIMS, ...changes })).toBe(`Invalid id_token ${what}`);
  });

  test('is not believed when it has run out, or never would', () => {
    expect(check({ ...CLAIMS, exp: NOW / 1000 })).toBe('Expired id_token');
    expect(check({ ...CLAIMS, exp: undefined })).toBe('Expired id_token');
  });

  test('is not believed when somebody else signed it, or nobody', () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    expect(check(CLAIMS, other)).toBe('Invalid id_token signature');
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const body = encode(CLAIMS);
    const unsigned = `${encode({ alg: 'none', kid: 'k' })}.${body}.`;
    const head = encode({ alg: 'HS256', kid: 'k' });
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    const confused = `${head}.${body}.${createHmac('sha256', pem).update(`${head}.${body}`).digest('base64url')}`;
    for (const token of [unsigned, confused, 'nonsense', '']) {
      expect(checkIdToken(token, [JWK], EXPECTED)).toBe('Invalid id_token signature');
    }
  });
});
