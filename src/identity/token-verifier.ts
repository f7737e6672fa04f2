import { CognitoJwtVerifier } from 'aws-jwt-verify';
import {
  FetchError,
  JwksNotAvailableInCacheError,
  JwksValidationError,
  KidNotFoundInJwksError,
  WaitPeriodNotYetEndedJwkError,
} from 'aws-jwt-verify/error';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { z } from 'zod';
import { IdentityError } from './identity-error.ts';
import type { Principal } from './principal.ts';

export interface TokenVerifierOptions {
  readonly userPoolId: string;
  readonly clientId: string;
  /** Where the pool's keys are, if not at its own address. */
  readonly jwksUri: string | undefined;
}

/** The two tokens of one sign-in, as Cognito answers them. */
export interface TokenPair {
  readonly access: string;
  readonly id: string;
}

export interface VerifiedTokens {
  readonly principal: Principal;
  /** Cognito, or the identity provider that it trusts, stands for the e-mail address; others are what people say. */
  readonly emailVerified: boolean;
  /** When the access token ends, and how long it is good for in all. Epoch seconds, seconds. */
  readonly accessExpiresAt: number;
  readonly accessLifeS: number;
}

export type TokenVerifier = ReturnType<typeof createTokenVerifier>;

/** Clocks differ. A token that is younger or older than its time by so much is still taken. Seconds. */
const SKEW_S = 30;
const KEYS_TIMEOUT_MS = 3_000;

const accessClaims = z.object({
  sub: z.string().min(1),
  username: z.string().min(1),
  exp: z.number(),
  iat: z.number(),
  'cognito:groups': z.array(z.string()).optional(),
});
const idClaims = z.object({
  sub: z.string().min(1),
  email: z.string().optional(),
  email_verified: z.union([z.boolean(), z.stringbool()]).optional(),
  /** Of a federated account. Its attributes come from its provider at each sign-in, mostly without `email_verified`. */
  identities: z.array(z.unknown()).optional(),
});

/**
 * Verifies Cognito's tokens: signature, issuer, our client, their use, their time. The keys are kept, and fetched anew
 * when a token names one that is not among them.
 */
export function createTokenVerifier(options: TokenVerifierOptions) {
  const { userPoolId, clientId, jwksUri } = options;
  const jwksCache = new SimpleJwksCache({
    fetcher: {
      async fetch(uri) {
        const answer = await fetch(jwksUri ?? uri, {
          redirect: 'error',
          signal: AbortSignal.timeout(KEYS_TIMEOUT_MS),
        });
        if (!answer.ok) throw new FetchError(uri, `status ${answer.status}`);
        return answer.arrayBuffer();
      },
    },
  });
  const shared = { userPoolId, clientId, graceSeconds: SKEW_S };
  const access = CognitoJwtVerifier.create({ ...shared, tokenUse: 'access' }, { jwksCache });
  const id = CognitoJwtVerifier.create({ ...shared, tokenUse: 'id' }, { jwksCache });

  return {
    /** @throws IdentityError `token_invalid`, or `provider_unreachable` when the keys cannot be had. */
    async verify(tokens: TokenPair): Promise<VerifiedTokens> {
      try {
        const a = accessClaims.parse(await access.verify(tokens.access));
        const i = idClaims.parse(await id.verify(tokens.id));
        if (a.sub !== i.sub) throw new Error('the tokens are of two accounts');
        return {
          principal: {
            sub: a.sub,
            username: a.username,
            ...(i.email === undefined ? {} : { email: i.email }),
            groups: a['cognito:groups'] ?? [],
          },
          emailVerified: i.email_verified ?? (i.identities !== undefined && i.identities.length > 0),
          accessExpiresAt: a.exp,
          accessLifeS: a.exp - a.iat,
        };
      } catch (error) {
        throw failure(error);
      }
    },
  };
}

/** The verifier's messages can repeat claims; only the kind of its error is kept. */
function failure(error: unknown): IdentityError {
  const name = error instanceof Error ? error.name : 'unknown';
  const unreachable = [
    FetchError,
    JwksNotAvailableInCacheError,
    JwksValidationError,
    WaitPeriodNotYetEndedJwkError,
  ].some((kind) => error instanceof kind);
  if (unreachable || name === 'TimeoutError' || (error instanceof TypeError && name === 'TypeError')) {
    return new IdentityError('provider_unreachable', `The keys of the user pool cannot be had (${name}).`);
  }
  const unknownKey = error instanceof KidNotFoundInJwksError ? ' No key of the pool has signed it.' : '';
  return new IdentityError('token_invalid', `A token of Cognito does not verify (${name}).${unknownKey}`);
}
