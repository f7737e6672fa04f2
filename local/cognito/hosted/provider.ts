import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type Configuration, interactionPolicy, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Directory } from '../directory/directory.ts';
import type { Pool, User } from '../directory/model.ts';
import { findBySub } from '../directory/users.ts';
import { memoryAdapter } from './adapter.ts';
import { FLOW, readAccountId, requestQuery, SESSION_COOKIE } from './flow.ts';

/**
 * oidc-provider does what is OAuth: the authorization request, the browser session, codes that work once, PKCE.
 * What is Cognito's own (which requests are allowed, pages, tokens, errors) is done around it.
 */

const CODE_SECONDS = 5 * 60;
/** How long a sign-in may take. */
const INTERACTION_SECONDS = 15 * 60;
const SESSION_SECONDS = 3600;
/** Never seen outside: Cognito's tokens name the pool as their issuer. */
const INNER_ISSUER = 'https://cognito-idp.amazonaws.com';
/** The name under which a grant keeps the scopes that Cognito grants. */
export const GRANTED = 'urn:cognito:granted';
const { base, Check } = interactionPolicy;

export interface ProviderDeps {
  readonly directory: Directory;
  readonly now: () => number;
  /** The error page. */
  readonly errorPage: (error: string) => string;
  /** Told of what should not happen: a defect of the stand-in. */
  readonly onFailure: (error: Error) => void;
}

/** A user that may sign in, by the account's name in oidc-provider. */
export function findAccount(directory: Directory, id: string): { pool: Pool; user: User } | undefined {
  const { poolId, sub } = readAccountId(id);
  const pool = directory.pools.get(poolId);
  const user = pool && findBySub(pool, sub);
  return pool && user?.enabled ? { pool, user } : undefined;
}

export function createOidcProvider(deps: ProviderDeps): Provider {
  const { directory, now, errorPage } = deps;

  function findClient(id: string) {
    const client = directory.client(id);
    return (
      client && {
        client_id: id,
        // The real ones may have schemes that this metadata forbids; `redirectUriAllowed` below compares them.
        redirect_uris: ['https://exact.invalid/'],
        response_types: ['code' as const],
        grant_types: ['authorization_code'],
        // The secret is checked before a request comes here.
        token_endpoint_auth_method: 'none' as const,
        id_token_signed_response_alg: 'ES256' as const,
      }
    );
  }

  const configuration: Configuration = {
    adapter: memoryAdapter({
      now,
      findClient,
      // Cognito's tokens look different, and are made elsewhere.
      discards: (model) => model === 'AccessToken',
    }),
    jwks: { keys: [generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })] },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    routes: { authorization: '/oauth2/authorize', token: '/oauth2/token' },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: { enabled: false },
    },
    responseTypes: ['code'],
    scopes: ['openid'],
    claims: { openid: ['sub'] },
    clientAuthMethods: ['none'],
    pkce: { required: () => false },
    extraParams: Object.values(FLOW),
    cookies: {
      keys: [randomBytes(32).toString('base64url')],
      names: { session: SESSION_COOKIE, interaction: 'cognito-interaction', resume: 'cognito-resume' },
      long: { httpOnly: true, sameSite: 'lax', overwrite: true },
      short: { httpOnly: true, sameSite: 'lax', overwrite: true },
    },
    ttl: {
      AccessToken: 300,
      AuthorizationCode: CODE_SECONDS,
      Grant: CODE_SECONDS + INTERACTION_SECONDS,
      IdToken: 300,
      Interaction: INTERACTION_SECONDS,
      // One hour after the sign-in, however often the session is used.
      Session: (_ctx, session) => {
        const age = session.loginTs === undefined ? 0 : Math.floor(now() / 1000) - session.loginTs;
        return Math.max(1, SESSION_SECONDS - age);
      },
    },
    clientBasedCORS: () => true,
    expiresWithSession: () => false,
    issueRefreshToken: () => false,
    findAccount: (_ctx, id) => {
      const account = findAccount(directory, id);
      return account && { accountId: id, claims: () => ({ sub: account.user.sub }) };
    },
    // Cognito asks nobody for consent.
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        accountId: ctx.oidc.account?.accountId,
        clientId: ctx.oidc.client?.clientId,
      });
      grant.addOIDCScope('openid');
      grant.addResourceScope(GRANTED, String(ctx.oidc.params?.[FLOW.scope]));
      await grant.save();
      return grant;
    },
    interactions: {
      policy: signInPolicy(directory),
      url: (ctx, interaction) => loginUrl(ctx, interaction.uid),
    },
    renderError(ctx, out) {
      ctx.type = 'html';
      ctx.body = errorPage(out.error);
    },
  };

  const provider = new Provider(INNER_ISSUER, configuration);
  provider.Client.prototype.redirectUriAllowed = function redirectUriAllowed(uri: string) {
    return directory.client(this.clientId)?.settings.CallbackURLs?.includes(uri) === true;
  };
  provider.use(async (ctx, next) => {
    await next();
    likeCognito(ctx.response);
  });
  provider.on('server_error', (_ctx, error) => deps.onFailure(error));
  return provider;
}

/** When somebody has to sign in although the browser has a session. */
function signInPolicy(directory: Directory) {
  const policy = base();
  policy.remove('consent');
  const justSignedIn = (ctx: KoaContextWithOIDC) => ctx.oidc.result?.login !== undefined;
  const sessionAccount = (ctx: KoaContextWithOIDC) =>
    findAccount(directory, ctx.oidc.session?.accountId ?? '');
  policy
    .get('login')
    ?.checks.add(
      new Check('account_gone', 'The user is gone or disabled', (ctx) => sessionAccount(ctx) === undefined),
    );
  policy.get('login')?.checks.add(
    new Check('other_pool', 'The session is of another user pool', (ctx) => {
      const client = directory.client(ctx.oidc.client?.clientId ?? '');
      return sessionAccount(ctx)?.pool.id !== client?.poolId;
    }),
  );
  policy.get('login')?.checks.add(
    new Check('other_provider', 'Another identity provider is asked for', (ctx) => {
      const asked = ctx.oidc.params?.[FLOW.provider];
      const provider = sessionAccount(ctx)?.user.provider ?? 'COGNITO';
      return asked !== undefined && asked !== provider && !justSignedIn(ctx);
    }),
  );
  return policy;
}

/** The login page gets the parameters of the request, as at Cognito, and the name of this sign-in. */
function loginUrl(ctx: KoaContextWithOIDC, uid: string): string {
  const query = requestQuery(ctx.oidc.params ?? {});
  query.set('interaction', uid);
  return `/login?${query}`;
}

/** Cognito answers 302 and does not name the issuer in its redirects. */
function likeCognito(response: {
  status: number;
  get(name: string): string;
  set(name: string, value: string): void;
}) {
  if (response.status === 303) response.status = 302;
  const location = response.get('location');
  if (!URL.canParse(location)) return;
  const url = new URL(location);
  if (!url.searchParams.has('iss', INNER_ISSUER)) return;
  url.searchParams.delete('iss', INNER_ISSUER);
  response.set('location', url.href);
}
