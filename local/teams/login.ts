import { randomBytes } from 'node:crypto';

/** The token endpoint of Microsoft Entra, for one bot. Source: Entra, "OAuth 2.0 client credentials flow". */
export function createLogin(
  app: { readonly id: string; readonly password: string; readonly tenant: string },
  now: () => number,
) {
  const LIFE_S = 3_600;
  const tokens = new Map<string, number>();
  let given = 0;

  const refused = (status: number, error: string) => ({
    status,
    body: { error, error_description: `${error} (stand-in)` },
  });

  return {
    /** How many tokens were given. */
    given: () => given,
    /** Answers a request for a token. */
    answer(tenant: string, form: URLSearchParams): { status: number; body: Record<string, unknown> } {
      if (tenant !== app.tenant) return refused(400, 'invalid_request');
      if (form.get('grant_type') !== 'client_credentials') return refused(400, 'unsupported_grant_type');
      if (form.get('client_id') !== app.id || form.get('client_secret') !== app.password)
        return refused(401, 'invalid_client');
      if (form.get('scope') !== 'https://api.botframework.com/.default') return refused(400, 'invalid_scope');
      const token = randomBytes(24).toString('base64url');
      tokens.set(token, now() + LIFE_S * 1000);
      given += 1;
      return {
        status: 200,
        body: { token_type: 'Bearer', expires_in: LIFE_S, ext_expires_in: LIFE_S, access_token: token },
      };
    },
    /** Whether the connector takes this header. */
    admits(authorization: string | undefined): boolean {
      const until = tokens.get(authorization?.replace(/^Bearer /, '') ?? '');
      return until !== undefined && until > now();
    },
    /** Tokens that were given are good no more. */
    revoke: () => tokens.clear(),
  };
}
