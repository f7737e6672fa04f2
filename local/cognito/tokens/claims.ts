import { createHash } from 'node:crypto';
import type { User } from '../directory/model.ts';
import type { Claims } from './jwt.ts';

/** What stands in Cognito's tokens. Pure; times are epoch seconds. */

export interface TokenFacts {
  readonly issuer: string;
  readonly clientId: string;
  readonly user: User;
  readonly groups: readonly string[];
  readonly scopes: readonly string[];
  readonly authTime: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly jti: string;
  /** The same in all tokens of one sign-in; absent where the client has token revocation turned off. */
  readonly originJti: string | undefined;
  readonly eventId: string;
}

export function accessClaims(facts: TokenFacts): Claims {
  return {
    sub: facts.user.sub,
    ...groupClaim(facts.groups),
    iss: facts.issuer,
    version: 2,
    client_id: facts.clientId,
    ...(facts.originJti === undefined ? {} : { origin_jti: facts.originJti }),
    event_id: facts.eventId,
    token_use: 'access',
    scope: facts.scopes.join(' '),
    auth_time: facts.authTime,
    exp: facts.expiresAt,
    iat: facts.issuedAt,
    jti: facts.jti,
    username: facts.user.username,
  };
}

export function idClaims(
  facts: TokenFacts,
  nonce: string | undefined,
  accessToken: string | undefined,
): Claims {
  const { user } = facts;
  return {
    ...(accessToken === undefined ? {} : { at_hash: accessTokenHash(accessToken) }),
    sub: user.sub,
    ...groupClaim(facts.groups),
    iss: facts.issuer,
    'cognito:username': user.username,
    ...(nonce === undefined ? {} : { nonce }),
    ...(facts.originJti === undefined ? {} : { origin_jti: facts.originJti }),
    aud: facts.clientId,
    event_id: facts.eventId,
    token_use: 'id',
    auth_time: facts.authTime,
    exp: facts.expiresAt,
    iat: facts.issuedAt,
    jti: facts.jti,
    ...Object.fromEntries(
      readableAttributes(user, facts.scopes).map(([name, value]) => [name, asClaim(name, value)]),
    ),
  };
}

/**
 * The attributes that scopes open: `email` and `phone` their own, `profile` all others, and `openid` alone or the API's own
 * scope everything.
 */
export function readableAttributes(user: User, scopes: readonly string[]): [name: string, value: string][] {
  const has = (scope: string) => scopes.includes(scope);
  const narrowed = has('email') || has('phone') || has('profile');
  const opens = (name: string) => {
    if (!narrowed || has('aws.cognito.signin.user.admin')) return true;
    if (name.startsWith('email')) return has('email');
    return name.startsWith('phone_number') ? has('phone') : has('profile');
  };
  return [...user.attributes].filter(([name]) => name !== 'sub' && opens(name));
}

function groupClaim(groups: readonly string[]): Claims {
  return groups.length > 0 ? { 'cognito:groups': groups } : {};
}

function asClaim(name: string, value: string): unknown {
  if (name === 'email_verified' || name === 'phone_number_verified') return value === 'true';
  return name === 'identities' ? (JSON.parse(value) as unknown) : value;
}

/** OpenID Connect Core 3.1.3.6. */
function accessTokenHash(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url');
}
