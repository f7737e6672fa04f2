import type { JsonWebKey } from 'node:crypto';
import { z } from 'zod';
import type { IdentityProvider } from '../directory/model.ts';
import type { Claims } from '../tokens/jwt.ts';
import { checkIdToken } from './id-token.ts';

/** The calls to an OpenID Connect provider. Whatever goes wrong there rejects with a text for the application. */

const TIMEOUT_MS = 5000;

const endpointsSchema = z.object({
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  userinfo_endpoint: z.url().optional(),
});
type Endpoints = z.infer<typeof endpointsSchema>;
const tokenSchema = z.object({ id_token: z.string(), access_token: z.string() });
const jwksSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())) });

/** From the provider's details, or from its discovery document when they do not name them. */
export async function findEndpoints({ name, details }: IdentityProvider): Promise<Endpoints> {
  const given = endpointsSchema.safeParse({
    authorization_endpoint: details.authorize_url,
    token_endpoint: details.token_url,
    jwks_uri: details.jwks_uri,
    userinfo_endpoint: details.attributes_url,
  });
  if (given.success) return given.data;
  const address = `${details.oidc_issuer}/.well-known/openid-configuration`;
  return call(name, endpointsSchema, address);
}

/** Redeems a code, checks the id token, and adds what the provider's userInfo tells. */
export async function fetchClaims(
  idp: IdentityProvider,
  given: { readonly code: string; readonly redirectUri: string; readonly nonce: string },
): Promise<Claims & { readonly sub: string }> {
  const { name, details } = idp;
  const { client_id: clientId = '', client_secret: clientSecret = '', oidc_issuer: issuer = '' } = details;
  const endpoints = await findEndpoints(idp);
  const tokens = await call(name, tokenSchema, endpoints.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: clientId,
      client_secret: clientSecret,
      code: given.code,
      redirect_uri: given.redirectUri,
    }),
  });
  const { keys } = await call(name, jwksSchema, endpoints.jwks_uri);
  // The other provider goes by the wall clock, whatever clock the stand-in was given.
  const expected = { issuer, clientId, nonce: given.nonce, now: Date.now() };
  const claims = checkIdToken(tokens.id_token, keys as JsonWebKey[], expected);
  if (typeof claims === 'string') throw new Error(claims);
  const more = endpoints.userinfo_endpoint
    ? await call(name, z.record(z.string(), z.unknown()), endpoints.userinfo_endpoint, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      })
    : {};
  if (more.sub !== undefined && more.sub !== claims.sub) throw new Error('userInfo is about somebody else');
  return { ...claims, ...more, sub: String(claims.sub) };
}

async function call<T>(
  name: string,
  schema: z.ZodType<T>,
  address: string,
  init: RequestInit = {},
): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(address, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    throw new Error(`${name} Error - cannot be reached at ${address}`, { cause });
  }
  if (!answer.ok) throw new Error(`${name} Error - ${answer.status} from ${address}`);
  const parsed = schema.safeParse(await answer.json());
  if (!parsed.success) throw new Error(`${name} Error - unexpected answer from ${address}`);
  return parsed.data;
}
