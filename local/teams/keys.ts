import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A key that the Bot Framework signs with, for some channels. */
export interface BotFrameworkKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Undefined: the key does not say. */
  readonly endorsements: readonly string[] | undefined;
}

export type Claims = Readonly<Record<string, unknown>>;

export function createKey(kid: string, endorsements?: readonly string[]): BotFrameworkKey {
  return { kid, ...generateKeyPairSync('rsa', { modulusLength: 2048 }), endorsements };
}

/** As `jwks_uri` of the Bot Framework lists it. */
export function publicJwk({ kid, publicKey, endorsements }: BotFrameworkKey): Record<string, unknown> {
  const { e, n } = publicKey.export({ format: 'jwk' });
  return { kty: 'RSA', use: 'sig', kid, x5t: kid, n, e, ...(endorsements ? { endorsements } : {}) };
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JSON Web Token; `header` replaces parts of its header, for tokens that are not as they should be. */
export function signToken(
  claims: Claims,
  key: Pick<BotFrameworkKey, 'kid' | 'privateKey'>,
  header: Claims = {},
): string {
  const content = `${encode({ alg: 'RS256', kid: key.kid, typ: 'JWT', x5t: key.kid, ...header })}.${encode(claims)}`;
  return `${content}.${sign(header.alg === 'RS512' ? 'sha512' : 'sha256', Buffer.from(content), key.privateKey).toString('base64url')}`;
}
