import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { type Claims, readClaims, verifyJwt } from '../cognito/tokens/jwt.ts';
import { awsError } from './aws-error.ts';

/** A runtime's `customJWTAuthorizer`: who calls is proven by a token of an OpenID Connect provider. */

export interface JwtAuthorizerOptions {
  /** `…/.well-known/openid-configuration`. */
  readonly discoveryUrl: string;
  /** Values of the claim `client_id`, which Cognito's access tokens have. */
  readonly allowedClients?: readonly string[];
  /** Values of the claim `aud`, which Cognito's access tokens do not have. */
  readonly allowedAudience?: readonly string[];
  /** One of them has to stand in the claim `scope`. */
  readonly allowedScopes?: readonly string[];
  /** A token with less of its life left is refused. Default 60 seconds, as at AWS. */
  readonly minimumLifeSeconds?: number;
}

/** Whom a verified token stands for. */
export interface TokenUser {
  readonly issuer: string;
  readonly subject: string;
}

export interface JwtAuthorizer {
  /** Throws `AwsError` for every token that does not let its bearer in. */
  authorize(token: string): Promise<TokenUser>;
}

const DISCOVERY_URL = /^.+\/\.well-known\/openid-configuration$/;
const FETCH_TIMEOUT_MS = 5_000;
const discoverySchema = z.object({ issuer: z.string().min(1), jwks_uri: z.url() });
const keysSchema = z.object({ keys: z.array(z.looseObject({ kid: z.string() })) });

/** @param now epoch milliseconds */
export function createJwtAuthorizer(options: JwtAuthorizerOptions, now: () => number): JwtAuthorizer {
  const problem = problemWith(options);
  if (problem) throw new Error(`jwtAuthorizer: ${problem}`);
  const minimumLife = options.minimumLifeSeconds ?? 60;
  const keys = new Map<string, KeyObject>();
  let discovered: Promise<z.infer<typeof discoverySchema>> | undefined;

  function discover() {
    discovered ??= fetchJson(options.discoveryUrl, discoverySchema).catch((error: unknown) => {
      discovered = undefined;
      throw error;
    });
    return discovered;
  }

  /** Keys rotate: an unknown one is looked for anew. */
  async function learn(kid: string): Promise<void> {
    if (keys.has(kid)) return;
    const found = await fetchJson((await discover()).jwks_uri, keysSchema);
    for (const key of found.keys) {
      keys.set(key.kid, createPublicKey({ key: key as JsonWebKey, format: 'jwk' }));
    }
  }

  return {
    async authorize(token) {
      const kid = kidOf(token);
      if (kid === undefined || !readClaims(token)) {
        throw awsError(403, 'AccessDeniedException', 'OAuth authorization failed: Failed to parse token');
      }
      await learn(kid);
      const claims = verifyJwt(token, (id) => keys.get(id));
      if (!claims) throw unauthorized('Invalid token signature');
      const { issuer } = await discover();
      if (claims.iss !== issuer) throw unauthorized("Claim 'iss' value mismatch with configuration.");
      if (typeof claims.sub !== 'string') throw unauthorized("Claim 'sub' is missing.");
      const left = Number(claims.exp) - now() / 1000;
      if (!(left > 0)) throw unauthorized('Token has expired');
      if (left < minimumLife) throw unauthorized('Ineffectual token, will expire within the next minute');
      const claim = mismatch(claims, options);
      if (claim) throw unauthorized(`Claim '${claim}' value mismatch with configuration.`);
      return { issuer, subject: claims.sub };
    },
  };
}

/** The refusal of a token that can be read. */
function unauthorized(why: string): Error {
  return awsError(401, 'UnauthorizedException', why);
}

/** The first claim whose value is not allowed. */
function mismatch(claims: Claims, allowed: JwtAuthorizerOptions): string | undefined {
  const has = (list: readonly string[] | undefined, values: readonly unknown[]) =>
    !list || values.some((value) => list.includes(String(value)));
  if (!has(allowed.allowedClients, [claims.client_id])) return 'client_id';
  if (!has(allowed.allowedAudience, [claims.aud].flat())) return 'aud';
  const scopes = typeof claims.scope === 'string' ? claims.scope.split(' ') : [];
  return has(allowed.allowedScopes, scopes) ? undefined : 'scope';
}

/** What the model of CreateAgentRuntime refuses. */
function problemWith(options: JwtAuthorizerOptions): string | undefined {
  if (!DISCOVERY_URL.test(options.discoveryUrl)) {
    return 'discoveryUrl must end with /.well-known/openid-configuration';
  }
  const lists = [options.allowedClients, options.allowedAudience, options.allowedScopes];
  if (lists.every((list) => list === undefined))
    return 'it needs clients, audiences or scopes that are allowed';
  return lists.some((list) => list?.length === 0) ? 'a list of what is allowed cannot be empty' : undefined;
}

function kidOf(token: string): string | undefined {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
    return z.object({ kid: z.string() }).safeParse(header).data?.kid;
  } catch {
    // Whatever it is, it is no token.
    return undefined;
  }
}

async function fetchJson<T>(url: string, schema: z.ZodType<T>): Promise<T> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    return schema.parse(await answer.json());
  } catch (error) {
    throw awsError(500, 'InternalServerException', `${url} cannot be read: ${(error as Error).message}`);
  }
}
