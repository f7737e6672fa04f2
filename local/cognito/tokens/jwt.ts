import { type KeyObject, sign, verify } from 'node:crypto';

/** JSON Web Tokens signed with RS256, which is all that Cognito makes. */

export type Claims = Readonly<Record<string, unknown>>;

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** `kid` before `alg`, as Cognito writes it, and no `typ`. */
export function signJwt(
  claims: Claims,
  key: { readonly kid: string; readonly privateKey: KeyObject },
): string {
  const content = `${encode({ kid: key.kid, alg: 'RS256' })}.${encode(claims)}`;
  return `${content}.${sign('sha256', Buffer.from(content), key.privateKey).toString('base64url')}`;
}

/**
 * The claims of a token whose signature one of the keys made; undefined for any other text. Looks at no claim.
 * @param keyOf the public key by its id
 */
export function verifyJwt(token: string, keyOf: (kid: string) => KeyObject | undefined): Claims | undefined {
  const [head = '', body = '', signature = '', ...rest] = token.split('.');
  const header = decode(head);
  const claims = decode(body);
  if (rest.length > 0 || !header || !claims || header.alg !== 'RS256') return undefined;
  const key = keyOf(String(header.kid));
  if (key?.asymmetricKeyType !== 'rsa') return undefined;
  const valid = verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'));
  return valid ? claims : undefined;
}

/** The claims without any check, for telling what kind of token it is. */
export function readClaims(token: string): Claims | undefined {
  return decode(token.split('.')[1] ?? '');
}

function decode(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Claims) : undefined;
  } catch {
    // Whatever it is, it is no part of a token.
    return undefined;
  }
}
