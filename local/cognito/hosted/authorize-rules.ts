import type { AppClient, Pool } from '../directory/model.ts';
import { hasDuplicates } from './http.ts';

/** Cognito's rules for a request to /oauth2/authorize. Pure. */

export type AuthorizeDecision =
  /** Shown on the error page: there is nowhere safe to send the browser. */
  | { readonly kind: 'page'; readonly error: string }
  /** Sent back to the client. */
  | {
      readonly kind: 'error';
      readonly redirectUri: string;
      readonly error: string;
      readonly description?: string;
    }
  | {
      readonly kind: 'go';
      readonly redirectUri: string;
      readonly scopes: readonly string[];
      /** The name of an identity provider, COGNITO, or undefined to let the person choose. */
      readonly provider: string | undefined;
    };

const SINGLE = ['client_id', 'redirect_uri', 'response_type', 'scope', 'state', 'nonce', 'code_challenge'];
/** Base64url of a SHA-256. */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
const PROMPTS = ['none', 'login', 'select_account', 'consent'];

export function decideAuthorize(
  query: URLSearchParams,
  client: AppClient | undefined,
  pool: Pool | undefined,
  requirePkce: boolean,
): AuthorizeDecision {
  if (!client || !pool) return { kind: 'page', error: 'invalid_request' };
  const settings = client.settings;
  const redirectUri = query.get('redirect_uri') ?? '';
  if (query.getAll('redirect_uri').length !== 1 || !settings.CallbackURLs?.includes(redirectUri)) {
    return { kind: 'page', error: 'redirect_mismatch' };
  }
  const refuse = (error: string, description?: string): AuthorizeDecision => ({
    kind: 'error',
    redirectUri,
    error,
    ...(description === undefined ? {} : { description }),
  });

  const known = new URLSearchParams([...query].filter(([name]) => SINGLE.includes(name)));
  if (hasDuplicates(known)) return refuse('invalid_request', 'A parameter was sent twice');
  const type = query.get('response_type');
  if (type !== 'code' && type !== 'token') return refuse('invalid_request', 'Invalid response_type');
  const flow = type === 'code' ? 'code' : 'implicit';
  // The implicit flow is not here at all; a client with it would learn nothing from a stand-in but bad habits.
  const allowed = settings.AllowedOAuthFlowsUserPoolClient && settings.AllowedOAuthFlows?.includes(flow);
  if (!allowed || flow === 'implicit') return refuse('unauthorized_client');

  const allowedScopes = settings.AllowedOAuthScopes ?? [];
  const asked = (query.get('scope') ?? '').split(/[ +]+/).filter(Boolean);
  const scopes = asked.length > 0 ? [...new Set(asked)] : allowedScopes;
  if (!scopes.every((scope) => allowedScopes.includes(scope)))
    return refuse('invalid_request', 'invalid_scope');

  const pkce = refusePkce(query, requirePkce);
  if (pkce !== undefined) return refuse('invalid_request', pkce);
  const prompts = (query.get('prompt') ?? '').split(' ').filter(Boolean);
  if (
    !prompts.every((prompt) => PROMPTS.includes(prompt)) ||
    (prompts.includes('none') && prompts.length > 1)
  ) {
    return refuse('invalid_request', 'Invalid prompt');
  }
  const provider = chooseProvider(query, client, pool);
  if (provider === null) return refuse('invalid_request', 'The identity provider does not exist');
  return { kind: 'go', redirectUri, scopes, provider };
}

/** Cognito knows S256 only, and does not ask for PKCE by itself. */
function refusePkce(query: URLSearchParams, required: boolean): string | undefined {
  const challenge = query.get('code_challenge');
  const method = query.get('code_challenge_method');
  if (challenge === null && method === null) return required ? 'code_challenge is required' : undefined;
  if (method !== 'S256') return 'code_challenge_method must be S256';
  return challenge !== null && CHALLENGE.test(challenge) ? undefined : 'code_challenge is not a SHA-256';
}

/** null when the request names a provider that the client does not have. */
function chooseProvider(query: URLSearchParams, client: AppClient, pool: Pool): string | undefined | null {
  const named = query.get('identity_provider');
  const identifier = query.get('idp_identifier');
  if (named === null && identifier === null) return undefined;
  const offered = offeredProviders(client);
  if (named !== null) return offered.includes(named) ? named : null;
  const found = [...pool.providers.values()].find((each) => each.identifiers.includes(identifier ?? ''));
  return found && offered.includes(found.name) ? found.name : null;
}

/** The identity providers of a client; its own pool is called COGNITO. */
export function offeredProviders(client: AppClient): readonly string[] {
  return client.settings.SupportedIdentityProviders ?? ['COGNITO'];
}
