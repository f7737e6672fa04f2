import type { Provider } from 'oidc-provider';
import type { Directory } from '../directory/directory.ts';
import { type Exchange, redirect } from './http.ts';
import { browserSession, clearSessionCookie } from './interaction.ts';

/**
 * GET /logout: ends the browser's session; tokens stay good. With `logout_uri` it goes there, with `redirect_uri` to a
 * sign-in for that. Both must be registered exactly so.
 */
export function createLogout(deps: { directory: Directory; provider: Provider }) {
  const { directory, provider } = deps;
  return async (exchange: Exchange): Promise<void> => {
    const { query, response } = exchange;
    const clientId = query.get('client_id') ?? '';
    const client = directory.client(clientId);
    const refuse = (error: string) =>
      redirect(response, `/error?${new URLSearchParams({ error, client_id: clientId })}`);
    const logoutUri = query.get('logout_uri');
    const redirectUri = query.get('redirect_uri');
    if (!client || (logoutUri === null && redirectUri === null)) return refuse('invalid_request');
    const { LogoutURLs = [], CallbackURLs = [] } = client.settings;
    const registered =
      logoutUri === null ? CallbackURLs.includes(redirectUri ?? '') : LogoutURLs.includes(logoutUri);
    if (!registered) return refuse('redirect_mismatch');
    const session = await browserSession(provider, exchange);
    await session?.destroy();
    clearSessionCookie(provider, exchange);
    return redirect(response, logoutUri ?? `/oauth2/authorize?${query}`);
  };
}
