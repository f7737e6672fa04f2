import express, { type NextFunction, type Request, type Response, Router } from 'express';
import { type Failed, failed, TICKET_TTL_S } from '../../identity/handshake.ts';
import type { Identity } from '../../identity/identity.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { linkHeaders } from './headers.ts';
import type { LinkPage, Matter, Problem } from './link-page.ts';
import { linkStatus } from './link-status.ts';
import { chooseLocale } from './locale.ts';
import { renderLinkPage } from './render-link-page.ts';

export interface LinkRoutesDeps {
  readonly identity: Pick<
    Identity,
    | 'newBrowser'
    | 'isBrowser'
    | 'start'
    | 'callback'
    | 'confirm'
    | 'failedFrom'
    | 'isConsentSession'
    | 'beginConsent'
    | 'finishConsent'
  >;
  /** The address under which browsers reach us. */
  readonly publicUrl: string;
  readonly log: Logger;
}

/** Only this browser sends it, only to this very host, and no script can read it. */
const COOKIE = '__Host-threadcore_link';

/**
 * What a browser does: `GET /link/start`, `GET /link/callback` and `POST /link/confirm` to link an account; `GET
 * /link/resource` and the same callback to let a tool of the agent act for a person; `GET /link/signed-out`.
 */
export function createLinkRoutes(deps: LinkRoutesDeps): Router {
  const { identity, log } = deps;
  const { origin, protocol } = new URL(deps.publicUrl);
  const headers = linkHeaders({ https: protocol === 'https:' });
  const router = Router({ caseSensitive: true, strict: true });

  const localeOf = (request: Request) => chooseLocale(request.headers['accept-language']);

  function show(request: Request, response: Response, page: LinkPage): void {
    const retryAfterS = page.kind === 'problem' && page.code === 'too_many_attempts' ? page.retryAfterS : 0;
    if (retryAfterS > 0) response.set('Retry-After', String(retryAfterS));
    response.status(linkStatus(page)).send(renderLinkPage(page, localeOf(request)));
  }

  const showProblem = (
    request: Request,
    response: Response,
    code: Exclude<Problem, 'too_many_attempts'>,
    about: Matter = 'link',
  ) => show(request, response, { kind: 'problem', code, about });

  /** What went wrong is counted; whoever causes too much of it is told no more than that. */
  async function refuse(
    request: Request,
    response: Response,
    result: Failed,
    about: Matter = 'link',
  ): Promise<void> {
    const standing = await identity.failedFrom(result, request.ip ?? 'unknown');
    const platform = result.account?.platform;
    const retryAfterS = result.problem === 'too_many_attempts' ? result.retryAfterS : standing.retryAfterS;
    if (standing.tooMany || result.problem === 'too_many_attempts') {
      const page = { kind: 'problem', code: 'too_many_attempts', retryAfterS: retryAfterS ?? 60 } as const;
      return show(request, response, { ...page, platform, about });
    }
    // Chat only; a browser cannot cause it.
    const code = result.problem === 'other_person' ? 'bad_request' : result.problem;
    show(request, response, { kind: 'problem', code, platform, about });
  }

  function browserOf(request: Request): string | undefined {
    const found = (request.headers.cookie ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(`${COOKIE}=`))
      .map((pair) => pair.slice(COOKIE.length + 1));
    // Two of them would be a puzzle for somebody else to have set.
    return found.length === 1 && identity.isBrowser(found[0]) ? found[0] : undefined;
  }

  /** It will be known when it comes back. */
  function remember(response: Response, browser: string): void {
    response.cookie(COOKIE, browser, {
      path: '/',
      httpOnly: true,
      secure: true,
      // Cognito sends the browser back from its own site.
      sameSite: 'lax',
      maxAge: 2 * TICKET_TTL_S * 1000,
    });
  }

  const handle =
    (work: (request: Request, response: Response) => Promise<void>, about: Matter = 'link') =>
    async (request: Request, response: Response): Promise<void> => {
      try {
        await work(request, response);
      } catch (error) {
        log.error({ err: error }, 'a step of an account link could not be taken');
        showProblem(request, response, 'unavailable', about);
      }
    };

  router.use((_request, response, next) => {
    response.set(headers);
    next();
  });

  router.get(
    '/start',
    handle(async (request, response) => {
      // A look without a visit must not spend the ticket.
      if (isOnlyALook(request)) return refuseTheLook(request, response);
      const { ticket } = request.query;
      if (typeof ticket !== 'string') return showProblem(request, response, 'bad_request');
      const browser = browserOf(request) ?? identity.newBrowser();
      const result = await identity.start(ticket, browser, localeOf(request));
      if (failed(result)) return refuse(request, response, result);
      remember(response, browser);
      response.redirect(302, result);
    }),
  );

  router.get(
    '/callback',
    handle(async (request, response) => {
      if (isOnlyALook(request)) return refuseTheLook(request, response);
      const at = request.originalUrl.indexOf('?');
      const parameters = new URLSearchParams(at < 0 ? '' : request.originalUrl.slice(at));
      const consent = await identity.finishConsent(parameters, browserOf(request));
      if (failed(consent)) return refuse(request, response, consent, 'resource');
      if (consent) {
        const { username: name, email } = consent;
        return show(request, response, { kind: 'resource_done', account: { name, email } });
      }
      const result = await identity.callback(parameters, browserOf(request));
      if (failed(result)) return refuse(request, response, result);
      const { profile, account, username: name, email, differs, id: proposal } = result;
      show(request, response, {
        kind: 'confirm',
        chat: { platform: account.platform, person: profile.name, workspace: profile.workspace },
        account: { name, email },
        differs,
        proposal,
        action: '/link/confirm',
      });
    }),
  );

  router.post(
    '/confirm',
    express.urlencoded({ extended: false, limit: '4kb', parameterLimit: 10 }),
    handle(async (request, response) => {
      const { proposal, decision } = (request.body ?? {}) as Record<string, unknown>;
      const known = typeof proposal === 'string' && (decision === 'yes' || decision === 'no');
      if (!known || !isOurOwnForm(request)) return showProblem(request, response, 'bad_request');
      const result = await identity.confirm(proposal, browserOf(request), decision === 'yes');
      if (failed(result)) return refuse(request, response, result);
      const { account, profile } = result;
      const { platform } = account;
      if (decision === 'no') return show(request, response, { kind: 'declined', platform });
      const { name: person, workspace } = profile;
      show(request, response, { kind: 'continue_in_chat', platform, person, workspace });
    }),
  );

  // Here AgentCore sends people who have just allowed a tool of the agent to act for them.
  router.get(
    '/resource',
    handle(async (request, response) => {
      if (isOnlyALook(request)) return refuseTheLook(request, response);
      const { session_id: session } = request.query;
      if (!identity.isConsentSession(session))
        return showProblem(request, response, 'bad_request', 'resource');
      const browser = browserOf(request) ?? identity.newBrowser();
      const from = { browser, ip: request.ip ?? 'unknown', language: localeOf(request) };
      const signIn = await identity.beginConsent(session, from);
      if (failed(signIn)) return refuse(request, response, signIn, 'resource');
      remember(response, browser);
      response.redirect(302, signIn);
    }, 'resource'),
  );

  // Here Cognito sends people who sign out there.
  router.get('/signed-out', (request, response) => show(request, response, { kind: 'signed_out' }));

  router.use((_request, response) => void response.status(404).type('text/plain').send('Not found.\n'));

  // Bodies that cannot be read: the reader's error says with a status whose fault it is.
  router.use((error: { status?: unknown }, request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent || typeof error.status !== 'number' || error.status >= 500) return next(error);
    log.warn({ status: error.status }, 'a form of the account link could not be read');
    showProblem(request, response, 'bad_request');
  });

  /** Browsers say where a form came from. With our `no-referrer` its `Origin` is `null`. */
  function isOurOwnForm(request: Request): boolean {
    const site = request.headers['sec-fetch-site'];
    const from = request.headers.origin;
    return (
      (site === undefined || site === 'same-origin') &&
      (from === undefined || from === 'null' || from === origin)
    );
  }

  return router;
}

/** Mail scanners ask for the head; browsers fetch ahead what somebody may want to see, and say so. */
function isOnlyALook({ method, headers }: Request): boolean {
  const purpose = `${String(headers['sec-purpose'] ?? '')} ${String(headers.purpose ?? '')}`;
  return method === 'HEAD' || /\bpre(?:fetch|render|view)\b/i.test(purpose);
}

/** No success: a browser would show what it fetched ahead, which is nothing. */
function refuseTheLook({ method }: Request, response: Response): void {
  response.status(method === 'HEAD' ? 200 : 503).end();
}
