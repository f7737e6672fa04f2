import { randomBytes, randomUUID } from 'node:crypto';
import type { Directory } from '../directory/directory.ts';
import type { AppClient, Pool, User } from '../directory/model.ts';
import { findBySub, groupsOf } from '../directory/users.ts';
import { accessClaims, idClaims, type TokenFacts } from './claims.ts';
import { type Claims, readClaims, signJwt, verifyJwt } from './jwt.ts';
import type { Keys } from './keys.ts';

export interface TokenSet {
  readonly accessToken: string;
  /** Only with the scope openid, or from the API. */
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
}

export interface SignIn {
  readonly pool: Pool;
  readonly client: AppClient;
  readonly user: User;
  readonly scopes: readonly string[];
  readonly nonce?: string | undefined;
  /** Epoch milliseconds of the sign-in. */
  readonly authenticatedAt: number;
  /** Whether the id token names the access token's hash, as those of the hosted pages do. */
  readonly hosted: boolean;
}

export interface VerifiedAccess {
  readonly pool: Pool;
  readonly user: User;
  readonly claims: Claims;
}

/** One sign-in and all tokens that come from it. */
interface Family {
  readonly originJti: string;
  readonly signIn: Omit<SignIn, 'nonce'>;
  readonly expiresAt: number;
  revoked: boolean;
}

interface RefreshToken {
  readonly family: Family;
  /** Epoch milliseconds; with rotation a token that was used is good only for the grace period after. */
  rotatedAt: number | undefined;
}

export type Tokens = ReturnType<typeof createTokens>;

/** Issues, refreshes and revokes the tokens of all pools. */
export function createTokens(deps: { directory: Directory; keys: Keys; now: () => number }) {
  const { directory, keys, now } = deps;
  const refreshTokens = new Map<string, RefreshToken>();
  const families = new Map<string, Family>();

  async function mint(family: Family, nonce: string | undefined, withIdToken: boolean) {
    const { pool, client, user, scopes, authenticatedAt, hosted } = family.signIn;
    const life = directory.tokenLife(client);
    const issuedAt = Math.floor(now() / 1000);
    const { id, access } = await keys.of(pool.id);
    const facts = (seconds: number): TokenFacts => ({
      issuer: directory.issuerOf(pool.id),
      clientId: client.id,
      user,
      groups: groupsOf(pool, user),
      scopes,
      authTime: Math.floor(authenticatedAt / 1000),
      issuedAt,
      expiresAt: issuedAt + seconds,
      jti: randomUUID(),
      originJti: client.settings.EnableTokenRevocation ? family.originJti : undefined,
      eventId: family.originJti,
    });
    const accessToken = signJwt(accessClaims(facts(life.access)), access);
    const idToken = withIdToken
      ? signJwt(idClaims(facts(life.id), nonce, hosted ? accessToken : undefined), id)
      : undefined;
    return { accessToken, idToken, expiresIn: life.access };
  }

  function newRefreshToken(family: Family): string {
    forgetExpired();
    const token = opaqueToken();
    refreshTokens.set(token, { family, rotatedAt: undefined });
    return token;
  }

  /** The oldest come first. */
  function forgetExpired(): void {
    for (const [token, { family }] of refreshTokens) {
      if (family.expiresAt > now()) return;
      refreshTokens.delete(token);
      families.delete(family.originJti);
    }
  }

  const wantsIdToken = ({ hosted, scopes }: Pick<SignIn, 'hosted' | 'scopes'>) =>
    !hosted || scopes.includes('openid');

  async function issue({ nonce, ...signIn }: SignIn): Promise<TokenSet> {
    const family: Family = {
      originJti: randomUUID(),
      signIn,
      expiresAt: now() + directory.tokenLife(signIn.client).refresh * 1000,
      revoked: false,
    };
    families.set(family.originJti, family);
    const minted = await mint(family, nonce, wantsIdToken(signIn));
    return { ...minted, refreshToken: newRefreshToken(family) };
  }

  /** The refresh token as long as it is good for something. */
  function usable(client: AppClient, token: string): RefreshToken | undefined {
    const found = refreshTokens.get(token);
    if (!found || found.family.signIn.client.id !== client.id) return undefined;
    const { family, rotatedAt } = found;
    const { user, pool } = family.signIn;
    const exists = findBySub(pool, user.sub) === user;
    if (family.revoked || family.expiresAt <= now() || !user.enabled || !exists) return undefined;
    const graceMs = (client.settings.RefreshTokenRotation?.RetryGracePeriodSeconds ?? 0) * 1000;
    return rotatedAt !== undefined && now() >= rotatedAt + graceMs ? undefined : found;
  }

  return {
    issue,
    /** undefined when the refresh token is unknown, expired, revoked, rotated out, another client's, or its user gone. */
    async refresh(client: AppClient, token: string): Promise<TokenSet | undefined> {
      const found = usable(client, token);
      if (!found) return undefined;
      const rotates = client.settings.RefreshTokenRotation?.Feature === 'ENABLED';
      // Noted before anything waits, so that of two refreshes at once the second finds the token used.
      if (rotates) found.rotatedAt ??= now();
      const minted = await mint(found.family, undefined, wantsIdToken(found.family.signIn));
      return { ...minted, refreshToken: rotates ? newRefreshToken(found.family) : undefined };
    } /** Whose refresh token it is, good or not. */,
    ownerOf: (token: string) => refreshTokens.get(token)?.family.signIn.user,
    /** Ends a refresh token and every token of the same sign-in. What is unknown is as good as revoked. */
    revoke(client: AppClient, token: string): 'revoked' | 'unknown' | 'other_client' {
      const found = refreshTokens.get(token);
      if (!found) return 'unknown';
      if (found.family.signIn.client.id !== client.id) return 'other_client';
      found.family.revoked = true;
      return 'revoked';
    },
    /** Ends every token of a user. */
    revokeAll(user: User): void {
      for (const family of families.values()) if (family.signIn.user === user) family.revoked = true;
    },
    /** Whether a text is an access or id token rather than a refresh token. */
    isJwt: (token: string) => readClaims(token)?.token_use !== undefined,
    /** The user and claims of an access token that Cognito itself takes, or what is wrong with it. */
    async verifyAccess(token: string): Promise<VerifiedAccess | 'invalid' | 'expired' | 'revoked'> {
      const issuer = readClaims(token)?.iss;
      const pool = [...directory.pools.values()].find(({ id }) => directory.issuerOf(id) === issuer);
      if (!pool) return 'invalid';
      const { access, former } = await keys.of(pool.id);
      const claims = verifyJwt(token, (kid) => [access, ...former].find((key) => key.kid === kid)?.publicKey);
      if (claims?.token_use !== 'access') return 'invalid';
      if (Number(claims.exp) * 1000 <= now()) return 'expired';
      // The event is the sign-in, also for clients whose tokens carry no origin_jti.
      const family = families.get(String(claims.event_id));
      const user = findBySub(pool, String(claims.sub));
      return !user?.enabled || !family || family.revoked ? 'revoked' : { pool, user, claims };
    },
  };
}

/** Opaque to everybody, but of the shape and length of Cognito's, which are encrypted JWTs. */
function opaqueToken(): string {
  const header = Buffer.from('{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}').toString('base64url');
  return [header, ...[256, 12, 820, 16].map((bytes) => randomBytes(bytes).toString('base64url'))].join('.');
}
