import { JwtVerifier } from 'aws-jwt-verify';
import { KidNotFoundInJwksError } from 'aws-jwt-verify/error';
import { z } from 'zod';
import { type createSigningKeys, KeysUnavailable } from './signing-keys.ts';

/** Who signs what Teams sends. The tokens of emulators and skills, which botbuilder takes as well, are none of ours. */
const ISSUER = 'https://api.botframework.com';
/** Microsoft: clocks differ by five minutes at most. Seconds. */
const SKEW_S = 300;

const claimsSchema = z.object({ exp: z.number(), serviceurl: z.string().min(1) });
const keySchema = z.object({ endorsements: z.array(z.string()).optional() });

/** What a valid token says. */
export interface Vouched {
  readonly serviceUrl: string;
  /** Channels that the key may speak for; undefined: the key does not say. */
  readonly endorsements: readonly string[] | undefined;
}

export type TokenGate = ReturnType<typeof createTokenGate>;

/**
 * Judges the token of an incoming activity: RS256, a key of the Bot Framework, its issuer, our app as the audience, its
 * time. Source: Bot Framework, "Authenticate requests from the Bot Connector service".
 */
export function createTokenGate(deps: {
  readonly appId: string;
  readonly keys: ReturnType<typeof createSigningKeys>;
}) {
  const verifier = JwtVerifier.create({
    issuer: ISSUER,
    audience: deps.appId,
    // Only names the keys, which are handed in.
    jwksUri: `${ISSUER}/keys`,
    graceSeconds: SKEW_S,
  });
  let known: unknown;

  async function verify(token: string, missing: boolean): Promise<Vouched> {
    const keys = await deps.keys.get(missing);
    if (keys !== known) {
      verifier.cacheJwks(keys as never);
      known = keys;
    }
    let endorsements: readonly string[] | undefined;
    const payload = verifier.verifySync(token, {
      customJwtCheck: ({ header, jwk }) => {
        if (header.alg !== 'RS256') throw new Error('not RS256');
        endorsements = keySchema.parse(jwk).endorsements;
      },
    });
    return { serviceUrl: claimsSchema.parse(payload).serviceurl, endorsements };
  }

  return {
    /** Undefined for a token that is not good. Throws KeysUnavailable when nobody can tell. */
    async judge(authorization: string | undefined): Promise<Vouched | undefined> {
      const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined || !isForUs(token, deps.appId)) return undefined;
      try {
        return await verify(token, false).catch((error: unknown) => {
          if (error instanceof KidNotFoundInJwksError) return verify(token, true);
          throw error;
        });
      } catch (error) {
        if (error instanceof KeysUnavailable) throw error;
        // Whatever else is wrong with it, it is wrong; the verifier's words can repeat claims.
        return undefined;
      }
    },
  };
}

const headSchema = z.object({ alg: z.literal('RS256'), kid: z.string().min(1) });
const addressSchema = z.object({ iss: z.literal(ISSUER), aud: z.string() });

/** What a token says of itself, whoever signed it: for one that is not for us nobody's keys are fetched. */
function isForUs(token: string, appId: string): boolean {
  try {
    const [head, claims] = token
      .split('.')
      .slice(0, 2)
      .map((part): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')));
    const address = addressSchema.safeParse(claims);
    return headSchema.safeParse(head).success && address.data?.aud === appId;
  } catch {
    // Not a token.
    return false;
  }
}
