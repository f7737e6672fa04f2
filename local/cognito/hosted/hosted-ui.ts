import { readFileSync } from 'node:fs';
import type { Directory } from '../directory/directory.ts';
import type { Pool } from '../directory/model.ts';
import { createRelyingParty } from '../federation/relying-party.ts';
import type { Tokens } from '../tokens/issue.ts';
import type { Keys } from '../tokens/keys.ts';
import type { Traffic } from '../traffic.ts';
import { authorize } from './authorize.ts';
import { createDiscovery } from './discovery.ts';
import { type Exchange, redirect, sendJson } from './http.ts';
import { createLoginPages } from './login.ts';
import { createLogout } from './logout.ts';
import { errorPage, type Hint, sendPage } from './pages.ts';
import { createOidcProvider } from './provider.ts';
import { createRevocation } from './revoke.ts';
import { createTokenEndpoint } from './token.ts';
import { createUserInfo } from './user-info.ts';

export interface HostedUiDeps {
  readonly directory: Directory;
  readonly tokens: Tokens;
  readonly keys: Keys;
  readonly traffic: Traffic;
  readonly defaultPoolId: string;
  readonly requirePkce: boolean;
  readonly hints: ((pool: Pool) => readonly Hint[]) | undefined;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

const STYLE = readFileSync(new URL('./style.css', import.meta.url));
const WELL_KNOWN = /^(?:\/([\w-]+_[0-9A-Za-z]+))?\/\.well-known\/(jwks\.json|openid-configuration)$/;
const RESUME = /^\/oauth2\/authorize\/[\w-]+$/;

type Handler = (exchange: Exchange) => Promise<void> | void;

/** Everything that Cognito serves on the domain of a user pool. The result is undefined for addresses that are not there. */
export function createHostedUi(deps: HostedUiDeps): (exchange: Exchange) => Handler | undefined {
  const { directory, tokens, now } = deps;
  const provider = createOidcProvider({
    directory,
    now,
    errorPage: (error) => errorPage(error).html,
    onFailure: (error) => deps.log(`oidc-provider failed: ${error.stack ?? error.message}`),
  });
  const relyingParty = createRelyingParty({ directory, provider, now });
  const pages = createLoginPages({
    directory,
    provider,
    now,
    hints: deps.hints,
    federate: relyingParty.start,
  });
  const discovery = createDiscovery({ directory, keys: deps.keys, defaultPoolId: deps.defaultPoolId });
  const userInfo = createUserInfo({ tokens });
  /** A call that is recorded and can be made to fail. */
  const named =
    (name: string, handler: Handler): Handler =>
    (exchange) =>
      deps.traffic.run(name, exchange, () => handler(exchange));

  const routes: Readonly<Record<string, Handler>> = {
    'GET /oauth2/authorize': named('authorize', (exchange) =>
      authorize({ directory, provider, requirePkce: deps.requirePkce }, exchange),
    ),
    'POST /oauth2/token': createTokenEndpoint({ directory, tokens, provider, traffic: deps.traffic }),
    'POST /oauth2/revoke': named('revoke', createRevocation({ directory, tokens })),
    'GET /oauth2/userInfo': named('userInfo', userInfo),
    'POST /oauth2/userInfo': named('userInfo', userInfo),
    'GET /oauth2/idpresponse': relyingParty.callback,
    'GET /logout': createLogout({ directory, provider }),
    'GET /login': pages.login,
    'POST /login': pages.login,
    'GET /mfa': pages.mfa,
    'POST /mfa': pages.mfa,
    'GET /newPassword': pages.newPassword,
    'POST /newPassword': pages.newPassword,
    'GET /error': ({ query, response }) =>
      sendPage(
        response,
        400,
        errorPage(query.get('error') ?? 'invalid_request', query.get('lang') ?? undefined),
      ),
    'GET /cognito.css': ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'no-store' });
      response.end(STYLE);
    },
    'GET /favicon.ico': ({ response }) => {
      response.writeHead(204);
      response.end();
    },
    'GET /': ({ response, origin }) => redirect(response, `${origin}/.well-known/openid-configuration`),
  };
  const paths = new Set(Object.keys(routes).map((route) => route.slice(route.indexOf(' ') + 1)));

  return ({ method, path }) => {
    const route = routes[`${method === 'HEAD' ? 'GET' : method} ${path}`];
    if (route) return route;
    const [, poolId, document] = WELL_KNOWN.exec(path) ?? [];
    if (document !== undefined && method === 'GET') {
      const name = document === 'jwks.json' ? 'jwks' : 'discovery';
      return named(name, (exchange) => discovery(exchange, poolId, document));
    }
    if (RESUME.test(path) && method === 'GET') {
      return ({ request, response }) => provider.callback()(request, response);
    }
    if (method === 'OPTIONS' && (paths.has(path) || document !== undefined)) return preflight;
    return paths.has(path) && path !== '/'
      ? ({ response }) => sendJson(response, 405, { error: 'method_not_allowed' })
      : undefined;
  };
}

/** Single-page applications call the token endpoint from the browser. */
function preflight({ response }: Exchange): void {
  response.writeHead(204, {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'authorization, content-type',
  });
  response.end();
}
