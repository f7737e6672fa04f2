import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { type Claims, verifyJwt } from '../tokens/jwt.ts';

export interface ExpectedIdToken {
  readonly issuer: string;
  readonly clientId: string;
  readonly nonce: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The claims of an identity provider's id token (OpenID Connect Core 3.1.3.7), or why it is not believed. */
export function checkIdToken(
  token: string,
  jwks: readonly JsonWebKey[],
  expected: ExpectedIdToken,
): Claims | string {
  const claims = verifyJwt(token, (kid) => {
    const key = jwks.find((each) => each.kid === kid);
    return key && createPublicKey({ key, format: 'jwk' });
  });
  if (!claims) return 'Invalid id_token signature';
  if (claims.iss !== expected.issuer) return 'Invalid id_token issuer';
  if (![claims.aud].flat().includes(expected.clientId)) return 'Invalid id_token audience';
  if (!(Number(claims.exp) * 1000 > expected.now)) return 'Expired id_token';
  if (claims.nonce !== expected.nonce) return 'Invalid id_token nonce';
  return typeof claims.sub === 'string' ? claims : 'Invalid id_token subject';
}
