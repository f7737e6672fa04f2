import { randomBytes } from 'node:crypto';
import type Provider from 'oidc-provider';
import type { Directory } from '../directory/directory.ts';
import { decideAuthorize } from './authorize-rules.ts';
import { redirectError } from './client-error.ts';
import { FLOW, XSRF_COOKIE } from './flow.ts';
import { cookie, type Exchange, redirect } from './http.ts';

export interface AuthorizeDeps {
  readonly directory: Directory;
  readonly provider: Provider;
  readonly requirePkce: boolean;
}

/** GET /oauth2/authorize: checks the request by Cognito's rules, then lets oidc-provider go on with it. */
export async function authorize(deps: AuthorizeDeps, exchange: Exchange): Promise<void> {
  const { directory, provider } = deps;
  const { query, request, response } = exchange;
  const clientId = query.get('client_id') ?? '';
  const client = directory.client(clientId);
  const pool = client && directory.poolOf(client);
  const decision = decideAuthorize(query, client, pool, deps.requirePkce);
  if (decision.kind === 'page') {
    redirect(response, `/error?${new URLSearchParams({ error: decision.error, client_id: clientId })}`);
    return;
  }
  if (decision.kind === 'error') {
    redirectError(response, decision.redirectUri, { ...decision, state: query.get('state') });
    return;
  }

  const browser = cookie(request, XSRF_COOKIE) ?? randomBytes(24).toString('base64url');
  response.appendHeader('set-cookie', `${XSRF_COOKIE}=${browser}; Path=/; HttpOnly; SameSite=Lax`);
  const inner = new URLSearchParams({
    client_id: clientId,
    redirect_uri: decision.redirectUri,
    response_type: 'code',
    scope: 'openid',
    [FLOW.scope]: decision.scopes.join(' '),
    [FLOW.browser]: browser,
  });
  const passed = ['state', 'nonce', 'code_challenge', 'code_challenge_method', 'login_hint', 'max_age'];
  for (const name of passed) {
    const value = query.get(name);
    if (value !== null && value !== '') inner.set(name, value);
  }
  // There is one account a browser and no consent, so two of the prompts have nothing to ask.
  const prompt = query.get('prompt');
  if (prompt === 'none') inner.set('prompt', 'none');
  else if (prompt !== null && prompt !== 'consent') inner.set('prompt', 'login');
  if (decision.provider !== undefined) inner.set(FLOW.provider, decision.provider);
  const lang = query.get('lang');
  if (lang !== null) inner.set(FLOW.lang, lang);
  request.url = `/oauth2/authorize?${inner}`;
  await provider.callback()(request, response);
}
