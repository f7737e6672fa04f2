import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Directory } from '../directory/directory.ts';
import type { AppClient } from '../directory/model.ts';
import type { TokenSet, Tokens } from '../tokens/issue.ts';
import type { Traffic } from '../traffic.ts';
import { authenticateClient } from './client-auth.ts';
import { type Exchange, hasDuplicates, readForm, sendJson } from './http.ts';
import { findAccount, GRANTED } from './provider.ts';

const GRANTS = new Set(['authorization_code', 'refresh_token']);

/** POST /oauth2/token: codes and refresh tokens against tokens, with Cognito's error names. */
export function createTokenEndpoint(deps: {
  directory: Directory;
  tokens: Tokens;
  provider: Provider;
  traffic: Traffic;
}) {
  const { directory, tokens, provider, traffic } = deps;

  // oidc-provider judges the code; what it then answers gives way to Cognito's tokens or error.
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path !== '/oauth2/token' || ctx.status >= 500) return;
    const tokenSet = ctx.status === 200 ? await exchangeCode(ctx as KoaContextWithOIDC) : undefined;
    ctx.status = tokenSet ? 200 : 400;
    ctx.body = tokenSet ? asJson(tokenSet) : { error: 'invalid_grant' };
  });

  async function exchangeCode(ctx: KoaContextWithOIDC): Promise<TokenSet | undefined> {
    const { AuthorizationCode: code, Client, Grant } = ctx.oidc.entities;
    const client = directory.client(Client?.clientId ?? '');
    const account = findAccount(directory, code?.accountId ?? '');
    if (!code || !client || !account || !Grant) return undefined;
    return tokens.issue({
      ...account,
      client,
      scopes: Grant.getResourceScope(GRANTED).split(' '),
      nonce: code.nonce,
      authenticatedAt: (code.authTime ?? 0) * 1000,
      hosted: true,
    });
  }

  async function withCode(exchange: Exchange, client: AppClient, form: URLSearchParams): Promise<void> {
    const code = form.get('code');
    if (!code || !form.get('redirect_uri')) return fail(exchange, 'invalid_request');
    const { AllowedOAuthFlows, AllowedOAuthFlowsUserPoolClient } = client.settings;
    if (!AllowedOAuthFlowsUserPoolClient || !AllowedOAuthFlows?.includes('code')) {
      return fail(exchange, 'unauthorized_client');
    }
    const inner = new URLSearchParams({ grant_type: 'authorization_code', client_id: client.id });
    for (const name of ['code', 'redirect_uri', 'code_verifier']) {
      const value = form.get(name);
      if (value !== null) inner.set(name, value);
    }
    await provider.callback()(withForm(exchange.request, inner), exchange.response);
    // A code is spent by the first attempt, also by one with a wrong verifier or redirect URI.
    const left = await provider.AuthorizationCode.find(code, { ignoreExpiration: true });
    if (left?.clientId === client.id) await left.destroy();
  }

  async function withRefreshToken(
    exchange: Exchange,
    client: AppClient,
    form: URLSearchParams,
  ): Promise<void> {
    const refreshToken = form.get('refresh_token');
    if (!refreshToken) return fail(exchange, 'invalid_request');
    if (!mayRefresh(client)) return fail(exchange, 'unauthorized_client');
    const tokenSet = await tokens.refresh(client, refreshToken);
    if (!tokenSet) return fail(exchange, 'invalid_grant');
    sendJson(exchange.response, 200, asJson(tokenSet));
  }

  async function redeem(exchange: Exchange, form: URLSearchParams | undefined): Promise<void> {
    const grantType = form?.get('grant_type');
    if (!form || !grantType || hasDuplicates(form)) return fail(exchange, 'invalid_request');
    if (!GRANTS.has(grantType)) return fail(exchange, 'unsupported_grant_type');
    const client = authenticateClient(directory, exchange.request, form);
    if (!client) return fail(exchange, 'invalid_client');
    return grantType === 'refresh_token'
      ? withRefreshToken(exchange, client, form)
      : withCode(exchange, client, form);
  }

  return async (exchange: Exchange): Promise<void> => {
    const form = await readForm(exchange.request);
    const grant = form?.get('grant_type') ?? '';
    const name = GRANTS.has(grant) ? `token.${grant}` : 'token';
    return traffic.run(name, exchange, () => redeem(exchange, form));
  };
}

/** Rotation takes the place of the flow ALLOW_REFRESH_TOKEN_AUTH; the flows of old imply it. */
function mayRefresh({ settings }: AppClient): boolean {
  if (settings.RefreshTokenRotation?.Feature === 'ENABLED') return true;
  const flows = settings.ExplicitAuthFlows;
  return flows.includes('ALLOW_REFRESH_TOKEN_AUTH') || !flows.some((flow) => flow.startsWith('ALLOW_'));
}

function fail({ response }: Exchange, error: string): void {
  sendJson(response, 400, { error });
}

function asJson({ idToken, accessToken, refreshToken, expiresIn }: TokenSet): Record<string, unknown> {
  return {
    ...(idToken === undefined ? {} : { id_token: idToken }),
    access_token: accessToken,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    expires_in: expiresIn,
    token_type: 'Bearer',
  };
}

/** The same request with another form, and without the client's secret. */
function withForm(request: IncomingMessage, form: URLSearchParams): IncomingMessage {
  const body = Buffer.from(form.toString());
  const { host, origin } = request.headers;
  const headers = {
    host,
    ...(origin === undefined ? {} : { origin }),
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(body.length),
  };
  const replayed = Readable.from([body]);
  const { socket, httpVersion, httpVersionMajor, httpVersionMinor } = request;
  const parts = { method: 'POST', url: '/oauth2/token', headers, socket };
  return Object.assign(replayed, parts, {
    httpVersion,
    httpVersionMajor,
    httpVersionMinor,
  }) as unknown as IncomingMessage;
}
