import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { type Configuration, errors, interactionPolicy, Provider } from 'oidc-provider';
import type { Pool } from '../directory/model.ts';
import { memoryAdapter } from '../hosted/adapter.ts';
import { type Exchange, readForm } from '../hosted/http.ts';
import { errorPage, loginPage, sendPage } from '../hosted/pages.ts';
import { textsFor } from '../hosted/texts.ts';

/**
 * "Acme SSO": the identity provider of another company, built in so that federation can be tried. An OpenID Connect
 * provider under `/acme-sso`, which tells the groups of its people in the claim `groups`.
 */

export const ACME = {
  name: 'AcmeSSO',
  path: '/acme-sso',
  clientId: 'cognito',
  identifier: 'acme.example',
} as const;

export interface AcmePerson {
  readonly username: string;
  readonly password: string;
  readonly name: string;
  readonly groups: readonly string[];
}

export const ACME_PEOPLE: readonly AcmePerson[] = [
  { username: 'dora', password: 'Dora-2468', name: 'Dora Acme', groups: ['operators'] },
  { username: 'emil', password: 'Emil-2468', name: 'Emil Acme', groups: ['viewers'] },
];

const newKeyPair = promisify(generateKeyPair);
const SIGN_IN = /^\/sign-in\/([\w-]+)$/;

/** Answers everything below `ACME.path`. Its key is made at the first request. */
export function createAcme(deps: { origin: () => string; clientSecret: string }) {
  let provider: Promise<Provider> | undefined;

  async function signInPage(exchange: Exchange, acme: Provider): Promise<void> {
    const { request, response } = exchange;
    const progress = await findSignIn(acme, exchange);
    if (!progress) return sendPage(response, 400, errorPage('invalid_request'));
    const { params, uid } = progress;
    const form = exchange.method === 'POST' ? await readForm(request) : undefined;
    const hint = typeof params.login_hint === 'string' ? params.login_hint : '';
    const username = form?.get('username') ?? hint;
    const found = ACME_PEOPLE.find((each) => each.username === username);
    if (form && found && form.get('password') === found.password) {
      return acme.interactionFinished(request, response, { login: { accountId: found.username } });
    }
    const texts = textsFor(request.headers['accept-language']);
    const page = loginPage({
      texts,
      clientName: 'Acme SSO',
      action: `${ACME.path}/sign-in/${uid}`,
      // The cookie of the sign-in is SameSite and for this path only.
      csrf: '',
      problem: form && texts.refusals.wrong_password,
      username,
      withPassword: true,
      providers: [],
      hints: ACME_PEOPLE,
    });
    // From here the browser goes by way of the pool to an application that this page does not know.
    sendPage(response, 200, page, 'http: https:');
  }

  return async (exchange: Exchange): Promise<void> => {
    const { request, response } = exchange;
    provider ??= newProvider(`${deps.origin()}${ACME.path}`, deps.clientSecret);
    const acme = await provider;
    const address = request.url ?? '';
    // What oidc-provider reads to know that it is mounted below a path.
    Object.assign(request, { originalUrl: address });
    request.url = address.slice(ACME.path.length) || '/';
    if (SIGN_IN.test(exchange.path.slice(ACME.path.length))) return signInPage(exchange, acme);
    await acme.callback()(request, response);
  };
}

/** undefined when the browser has none, or it has run out. */
async function findSignIn(acme: Provider, { request, response }: Exchange) {
  try {
    return await acme.interactionDetails(request, response);
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined;
    throw error;
  }
}

async function newProvider(issuer: string, clientSecret: string): Promise<Provider> {
  const { privateKey } = await newKeyPair('rsa', { modulusLength: 2048 });
  const policy = interactionPolicy.base();
  policy.remove('consent');
  const { origin } = new URL(issuer);
  const cookieOptions = { httpOnly: true, sameSite: 'lax', overwrite: true } as const;
  const client = {
    client_id: ACME.clientId,
    client_secret: clientSecret,
    redirect_uris: [origin, origin.replace('127.0.0.1', 'localhost')].map(
      (each) => `${each}/oauth2/idpresponse`,
    ),
    response_types: ['code' as const],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'client_secret_post' as const,
  };
  const configuration: Configuration = {
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }] },
    adapter: memoryAdapter({
      now: Date.now,
      findClient: (id) => [client].find((each) => each.client_id === id),
      discards: () => false,
    }),
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    pkce: { required: () => false },
    scopes: ['openid', 'email', 'profile'],
    claims: { openid: ['sub'], email: ['email'], profile: ['name', 'groups'] },
    cookies: {
      keys: [randomBytes(32).toString('base64url')],
      names: { session: 'acme', interaction: 'acme-interaction', resume: 'acme-resume' },
      long: { ...cookieOptions, path: ACME.path },
      short: cookieOptions,
    },
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      Grant: 3600,
      IdToken: 300,
      Interaction: 900,
      Session: 3600,
    },
    findAccount: (_ctx, id) => {
      const found = ACME_PEOPLE.find((each) => each.username === id);
      return found && { accountId: id, claims: () => claimsOf(found) };
    },
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        accountId: ctx.oidc.account?.accountId,
        clientId: ctx.oidc.client?.clientId,
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
    interactions: { policy, url: (_ctx, { uid }) => `${ACME.path}/sign-in/${uid}` },
    renderError(ctx, out) {
      ctx.type = 'html';
      ctx.body = errorPage(out.error).html;
    },
  };
  return new Provider(issuer, configuration);
}

function claimsOf({ username, name, groups }: AcmePerson) {
  return {
    sub: username,
    email: `${username}@${ACME.identifier}`,
    name,
    groups: [...groups],
  };
}

/** Makes a pool know Acme SSO. `origin` is where the stand-in is reached, which is known once it listens. */
export function addAcme(pool: Pool, clientSecret: string, origin: string, now: number): void {
  pool.providers.set(ACME.name, {
    name: ACME.name,
    type: 'OIDC',
    details: {
      client_id: ACME.clientId,
      client_secret: clientSecret,
      oidc_issuer: `${origin}${ACME.path}`,
      authorize_scopes: 'openid email profile',
      attributes_request_method: 'GET',
    },
    attributeMapping: { username: 'sub', email: 'email', name: 'name', 'custom:groups': 'groups' },
    identifiers: [ACME.identifier],
    groupsClaim: 'groups',
    createdAt: now,
    modifiedAt: now,
  });
}
