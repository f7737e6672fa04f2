import * as oauth from 'oauth4webapi';

export interface TokenSourceDeps {
  readonly appId: string;
  readonly appPassword: string;
  /** The token endpoint of the tenant that gives them. */
  readonly tokenUrl: string;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** The token for a call of the connector. `stale`: Teams does not take this one any more. */
export type TokenSource = (stale?: string) => Promise<string>;

const SCOPE = 'https://api.botframework.com/.default';
const TIMEOUT_MS = 4_000;
/** A token is not used any more when it has so little left. */
const SPARE_MS = 300_000;
const DEFAULT_LIFE_S = 3_600;

/**
 * Tokens by which Teams knows the bot (OAuth client credentials, RFC 6749 section 4.4), kept until shortly before they end.
 * Rejects when there is none.
 */
export function createTokenSource({ appId, appPassword, tokenUrl, now }: TokenSourceDeps): TokenSource {
  const server: oauth.AuthorizationServer = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl };
  const client: oauth.Client = { client_id: appId };
  let kept: { readonly token: string; readonly until: number } | undefined;
  let getting: Promise<string> | undefined;

  async function get(): Promise<string> {
    const began = now();
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      oauth.ClientSecretPost(appPassword),
      new URLSearchParams({ scope: SCOPE }),
      {
        // The configuration admits http for addresses of this machine only.
        [oauth.allowInsecureRequests]: tokenUrl.startsWith('http:'),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
    );
    const { access_token: token, expires_in: lifeS = DEFAULT_LIFE_S } =
      await oauth.processClientCredentialsResponse(server, client, response);
    kept = { token, until: began + lifeS * 1000 - Math.min(SPARE_MS, (lifeS * 1000) / 2) };
    return token;
  }

  return async (stale) => {
    if (kept && kept.until > now() && kept.token !== stale) return kept.token;
    getting ??= get().finally(() => {
      getting = undefined;
    });
    return getting;
  };
}
