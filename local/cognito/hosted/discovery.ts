import type { Directory } from '../directory/directory.ts';
import type { Keys } from '../tokens/keys.ts';
import { type Exchange, sendJson } from './http.ts';

/**
 * `/<pool>/.well-known/openid-configuration` and `jwks.json`, where cognito-idp.<region>.amazonaws.com has them, and the
 * same without a pool, as the domain of the hosted UI serves them for its own.
 */
export function createDiscovery(deps: { directory: Directory; keys: Keys; defaultPoolId: string }) {
  const { directory, keys } = deps;
  return async (exchange: Exchange, poolId: string | undefined, document: string): Promise<void> => {
    const { response, origin } = exchange;
    const id = poolId ?? deps.defaultPoolId;
    if (!directory.pools.has(id)) {
      sendJson(response, 404, { message: `User pool ${id} does not exist.` });
      return;
    }
    sendJson(
      response,
      200,
      document === 'jwks.json' ? await keys.jwks(id) : describe(directory, origin, id),
      {
        'cache-control': 'public, max-age=86400',
      },
    );
  };
}

/** The issuer is the real one, the addresses are the stand-in's. */
function describe(directory: Directory, origin: string, poolId: string): Record<string, unknown> {
  return {
    authorization_endpoint: `${origin}/oauth2/authorize`,
    end_session_endpoint: `${origin}/logout`,
    id_token_signing_alg_values_supported: ['RS256'],
    issuer: directory.issuerOf(poolId),
    jwks_uri: `${origin}/${poolId}/.well-known/jwks.json`,
    response_types_supported: ['code'],
    revocation_endpoint: `${origin}/oauth2/revoke`,
    scopes_supported: ['openid', 'email', 'phone', 'profile'],
    subject_types_supported: ['public'],
    token_endpoint: `${origin}/oauth2/token`,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    userinfo_endpoint: `${origin}/oauth2/userInfo`,
  };
}
