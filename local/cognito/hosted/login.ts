import type { Provider } from 'oidc-provider';
import type { Directory } from '../directory/directory.ts';
import type { Pool } from '../directory/model.ts';
import {
  type Challenge,
  type Outcome,
  withCode,
  withNewPassword,
  withPassword,
} from '../directory/sign-in.ts';
import { totpCode } from '../directory/totp.ts';
import { offeredProviders } from './authorize-rules.ts';
import { requestQuery } from './flow.ts';
import { type Exchange, readForm, redirect } from './http.ts';
import { findProgress, finishSignIn, type SignInProgress } from './interaction.ts';
import { codePage, errorPage, formTarget, type Hint, loginPage, newPasswordPage, sendPage } from './pages.ts';
import { refusalText, textsFor } from './texts.ts';

export interface LoginDeps {
  readonly directory: Directory;
  readonly provider: Provider;
  readonly now: () => number;
  /** Whose passwords the page shows; also whether it shows one-time codes. */
  readonly hints: ((pool: Pool) => readonly Hint[]) | undefined;
  /** Sends the browser to another identity provider. */
  readonly federate: (exchange: Exchange, progress: SignInProgress, providerName: string) => Promise<void>;
}

const NEXT_PAGE = {
  NEW_PASSWORD_REQUIRED: '/newPassword',
  SOFTWARE_TOKEN_MFA: '/mfa',
  MFA_SETUP: '/mfa',
} as const;

/** The pages on which a person signs in: /login, /mfa and /newPassword. */
export function createLoginPages(deps: LoginDeps) {
  const { directory, provider, now } = deps;
  /** What a sign-in is waiting for after the password, by the sign-in's id. */
  const waiting = new Map<string, { readonly challenge: Challenge; readonly until: number }>();

  type Handler = (
    exchange: Exchange,
    progress: SignInProgress,
    form: URLSearchParams | undefined,
  ) => Promise<void> | void;

  /** Finds the sign-in and reads the form, so that the pages meet neither foreign browsers nor foreign forms. */
  const page = (handler: Handler) => async (exchange: Exchange) => {
    const { query, response, method } = exchange;
    const progress = await findProgress(provider, directory, exchange, query.get('interaction'));
    if (progress === 'other_browser') return sendPage(response, 400, errorPage('invalid_request'));
    if (!progress) return restart(exchange);
    if (method !== 'POST') return handler(exchange, progress, undefined);
    const form = await readForm(exchange.request);
    if (form?.get('_csrf') !== progress.csrf) return sendPage(response, 403, errorPage('invalid_csrf'));
    return handler(exchange, progress, form);
  };

  function context(exchange: Exchange, progress: SignInProgress, problem?: string) {
    const lang = exchange.query.get('lang') ?? progress.lang ?? exchange.request.headers['accept-language'];
    return {
      texts: textsFor(lang),
      clientName: progress.client.settings.ClientName,
      action: here(exchange.path, exchange.query),
      csrf: progress.csrf,
      problem,
    };
  }

  const show = (exchange: Exchange, progress: SignInProgress, content: ReturnType<typeof loginPage>) =>
    sendPage(exchange.response, 200, content, formTarget(progress.redirectUri));

  async function proceed(
    exchange: Exchange,
    progress: SignInProgress,
    outcome: Outcome,
  ): Promise<string | undefined> {
    if (outcome.kind === 'refused') return refusalText(context(exchange, progress).texts, outcome.refusal);
    const { uid } = progress.interaction;
    if (outcome.kind === 'signed_in') {
      waiting.delete(uid);
      await finishSignIn(provider, exchange, progress, outcome.user, now());
      return undefined;
    }
    for (const [id, { until }] of waiting) if (until <= now()) waiting.delete(id);
    const until = now() + progress.client.settings.AuthSessionValidity * 60_000;
    waiting.set(uid, { challenge: outcome.challenge, until });
    redirect(exchange.response, here(NEXT_PAGE[outcome.challenge.name], exchange.query));
    return undefined;
  }

  const login = page(async (exchange, progress, form) => {
    const offered = offeredProviders(progress.client);
    const only = offered.length === 1 ? offered[0] : undefined;
    const wanted = progress.provider ?? only;
    if (!form && wanted !== undefined && wanted !== 'COGNITO')
      return deps.federate(exchange, progress, wanted);
    const username = form?.get('username') ?? progress.loginHint;
    const withPool = offered.includes('COGNITO');
    let problem: string | undefined;
    if (form && withPool) {
      const outcome = withPassword(progress.pool, username.trim(), form.get('password') ?? '', now());
      problem = await proceed(exchange, progress, outcome);
      if (problem === undefined) return;
    }
    const providers = offered
      .filter((name) => name !== 'COGNITO')
      .map((name) => ({ label: labelOf(name), href: authorizeUrl(progress, name) }));
    const hints = deps.hints?.(progress.pool) ?? [];
    const base = context(exchange, progress, problem);
    return show(
      exchange,
      progress,
      loginPage({ ...base, username, withPassword: withPool, providers, hints }),
    );
  });

  /** The challenge that a sign-in waits for, if this is the page for it; else the person starts over. */
  function waitingFor(exchange: Exchange, progress: SignInProgress): Challenge | undefined {
    const entry = waiting.get(progress.interaction.uid);
    if (entry && entry.until > now() && NEXT_PAGE[entry.challenge.name] === exchange.path)
      return entry.challenge;
    redirect(exchange.response, here('/login', exchange.query));
    return undefined;
  }

  const mfa = page(async (exchange, progress, form) => {
    const challenge = waitingFor(exchange, progress);
    if (!challenge || challenge.name === 'NEW_PASSWORD_REQUIRED') return;
    let problem: string | undefined;
    if (form) {
      problem = await proceed(
        exchange,
        progress,
        withCode(challenge, (form.get('code') ?? '').trim(), now()),
      );
      if (problem === undefined) return;
    }
    const setup = challenge.name === 'MFA_SETUP' ? { secret: challenge.secret } : {};
    const secret = setup.secret ?? challenge.user.totp?.secret;
    const hint = deps.hints && secret !== undefined ? totpCode(secret, now()) : undefined;
    return show(exchange, progress, codePage({ ...context(exchange, progress, problem), ...setup, hint }));
  });

  const newPassword = page(async (exchange, progress, form) => {
    const challenge = waitingFor(exchange, progress);
    if (!challenge) return;
    let problem: string | undefined;
    if (form) {
      const password = form.get('new_password') ?? '';
      problem =
        password === form.get('confirm_password')
          ? await proceed(exchange, progress, withNewPassword(progress.pool, challenge.user, password, now()))
          : context(exchange, progress).texts.differ;
      if (problem === undefined) return;
    }
    return show(exchange, progress, newPasswordPage(context(exchange, progress, problem)));
  });

  return { login, mfa, newPassword };
}

/** A sign-in that is unknown or has run out begins again, if the address says for which application. */
function restart({ query, response }: Exchange): void {
  if (!query.has('client_id')) {
    sendPage(response, 400, errorPage('invalid_request'));
    return;
  }
  const again = new URLSearchParams(query);
  again.delete('interaction');
  again.set('prompt', 'login');
  redirect(response, here('/oauth2/authorize', again));
}

const here = (path: string, query: URLSearchParams) => `${path}?${query}`;

/** `AcmeSSO` → `Acme SSO`. */
const labelOf = (name: string) => name.replace(/([a-z])([A-Z])/g, '$1 $2');

/** The same request with the identity provider chosen. */
function authorizeUrl({ interaction }: SignInProgress, providerName: string): string {
  const query = requestQuery(interaction.params);
  query.set('identity_provider', providerName);
  return here('/oauth2/authorize', query);
}
