import type { Provider } from 'oidc-provider';
import type { Directory } from '../directory/directory.ts';
import type { AppClient, Pool, User } from '../directory/model.ts';
import { accountId, FLOW, SESSION_COOKIE, XSRF_COOKIE } from './flow.ts';
import { cookie, type Exchange, redirect } from './http.ts';

/** A sign-in in progress: finding it again in a later request of the same browser, and ending it. */

export type Interaction = InstanceType<Provider['Interaction']>;

export interface SignInProgress {
  readonly interaction: Interaction;
  readonly client: AppClient;
  readonly pool: Pool;
  readonly redirectUri: string;
  /** The value that forms send back, known to the browser's cookie only. */
  readonly csrf: string;
  readonly lang: string | undefined;
  /** The identity provider that was asked for. */
  readonly provider: string | undefined;
  readonly loginHint: string;
}

/** undefined when there is none, or it has run out; 'other_browser' when another browser began it. */
export async function findProgress(
  provider: Provider,
  directory: Directory,
  exchange: Exchange,
  uid: string | null,
): Promise<SignInProgress | 'other_browser' | undefined> {
  const interaction = uid === null ? undefined : await provider.Interaction.find(uid);
  if (!interaction) return undefined;
  const text = (name: string) => {
    const value = interaction.params[name];
    return typeof value === 'string' ? value : undefined;
  };
  const client = directory.client(text('client_id') ?? '');
  if (!client) return undefined;
  const csrf = text(FLOW.browser) ?? '';
  // Without this, somebody could have a victim finish the sign-in and go on as the victim in the own browser.
  if (csrf === '' || cookie(exchange.request, XSRF_COOKIE) !== csrf) return 'other_browser';
  return {
    interaction,
    client,
    pool: directory.poolOf(client),
    redirectUri: text('redirect_uri') ?? '',
    csrf,
    lang: text(FLOW.lang),
    provider: text(FLOW.provider),
    loginHint: text('login_hint') ?? '',
  };
}

/** The person is known: oidc-provider takes over, and sends the browser to the application with a code. */
export async function finishSignIn(
  provider: Provider,
  exchange: Exchange,
  { interaction, pool }: SignInProgress,
  user: User,
  nowMs: number,
): Promise<void> {
  const account = accountId({ poolId: pool.id, sub: user.sub });
  await forgetOtherSession(provider, exchange, account);
  // `session` would have oidc-provider insist on the session that was just forgotten.
  delete interaction.session;
  interaction.result = { login: { accountId: account, ts: Math.floor(nowMs / 1000) } };
  await interaction.save(interaction.exp - Math.floor(Date.now() / 1000));
  redirect(exchange.response, interaction.returnTo);
}

/** Somebody else's session ends when a person signs in; oidc-provider would ask first, with a page of its own. */
async function forgetOtherSession(provider: Provider, exchange: Exchange, account: string): Promise<void> {
  const session = await browserSession(provider, exchange);
  if (session?.accountId !== undefined && session.accountId !== account) await session.destroy();
}

/** The session that the browser's cookie names. */
export async function browserSession(provider: Provider, { request, response }: Exchange) {
  const { cookies } = provider.createContext(request, response);
  const id = cookies.get(SESSION_COOKIE, { signed: true });
  return id === undefined ? undefined : provider.Session.find(id);
}

/** Takes the session cookie from the browser. */
export function clearSessionCookie(provider: Provider, { request, response }: Exchange): void {
  provider.createContext(request, response).cookies.set(SESSION_COOKIE, null, { signed: true, path: '/' });
}
