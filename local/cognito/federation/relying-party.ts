import { randomBytes } from 'node:crypto';
import type { Provider } from 'oidc-provider';
import type { Directory } from '../directory/directory.ts';
import { redirectError } from '../hosted/client-error.ts';
import { type Exchange, redirect } from '../hosted/http.ts';
import { findProgress, finishSignIn, type SignInProgress } from '../hosted/interaction.ts';
import { errorPage, sendPage } from '../hosted/pages.ts';
import { keepExternalUser } from './external-user.ts';
import { fetchClaims, findEndpoints } from './oidc-client.ts';

export interface RelyingPartyDeps {
  readonly directory: Directory;
  readonly provider: Provider;
  readonly now: () => number;
}

interface Pending {
  readonly uid: string;
  readonly providerName: string;
  readonly nonce: string;
  readonly redirectUri: string;
  /** Epoch milliseconds. */
  readonly until: number;
}

/** Cognito gives up on another provider after this. */
const PATIENCE_MS = 5 * 60_000;
const CALLBACK_PATH = '/oauth2/idpresponse';

/** Signing in with another OpenID Connect provider: the stand-in is then itself an application, of that one. */
export function createRelyingParty({ directory, provider, now }: RelyingPartyDeps) {
  const pending = new Map<string, Pending>();

  /** The application hears why it did not work, and the sign-in is over. */
  async function giveUp(exchange: Exchange, progress: SignInProgress, why: string): Promise<void> {
    const { state } = progress.interaction.params;
    await progress.interaction.destroy();
    redirectError(exchange.response, progress.redirectUri, {
      error: 'invalid_request',
      description: why,
      state: typeof state === 'string' ? state : null,
    });
  }

  /** Sends the browser to the other provider. */
  async function start(exchange: Exchange, progress: SignInProgress, providerName: string): Promise<void> {
    const idp = progress.pool.providers.get(providerName);
    if (idp?.type !== 'OIDC') {
      const why = `The stand-in cannot sign in with ${providerName}: it speaks OpenID Connect only`;
      return giveUp(exchange, progress, why);
    }
    const state = randomBytes(24).toString('base64url');
    const nonce = randomBytes(24).toString('base64url');
    const redirectUri = `${exchange.origin}${CALLBACK_PATH}`;
    for (const [key, { until }] of pending) if (until <= now()) pending.delete(key);
    pending.set(state, {
      uid: progress.interaction.uid,
      providerName,
      nonce,
      redirectUri,
      until: now() + PATIENCE_MS,
    });
    try {
      const url = new URL((await findEndpoints(idp)).authorization_endpoint);
      const params = {
        client_id: idp.details.client_id ?? '',
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: idp.details.authorize_scopes ?? 'openid',
        state,
        nonce,
        ...(progress.loginHint === '' ? {} : { login_hint: progress.loginHint }),
      };
      for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
      redirect(exchange.response, url.href);
    } catch (error) {
      await giveUp(exchange, progress, (error as Error).message);
    }
  }

  /** GET /oauth2/idpresponse: the browser is back from the other provider. */
  async function callback(exchange: Exchange): Promise<void> {
    const { query, response } = exchange;
    const state = query.get('state') ?? '';
    const waiting = pending.get(state);
    pending.delete(state);
    if (!waiting || waiting.until <= now()) return sendPage(response, 400, errorPage('Invalid State'));
    const progress = await findProgress(provider, directory, exchange, waiting.uid);
    if (!progress || progress === 'other_browser') return sendPage(response, 400, errorPage('Invalid State'));
    const idp = progress.pool.providers.get(waiting.providerName);
    const code = query.get('code');
    if (!idp || code === null) {
      const why = query.get('error_description') ?? query.get('error') ?? 'no code';
      return giveUp(exchange, progress, `${waiting.providerName} Error - ${why}`);
    }
    try {
      const claims = await fetchClaims(idp, { code, redirectUri: waiting.redirectUri, nonce: waiting.nonce });
      const user = keepExternalUser(progress.pool, idp, claims, now());
      if (!user.enabled) return await giveUp(exchange, progress, 'User is not enabled');
      await finishSignIn(provider, exchange, progress, user, now());
    } catch (error) {
      await giveUp(exchange, progress, (error as Error).message);
    }
  }

  return { start, callback };
}
