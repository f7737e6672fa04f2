import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { Logger } from '../telemetry/logger.ts';

const SLACK_EVENTS = '/slack/events';
const TEAMS_MESSAGES = '/api/messages';

export interface WebDeps {
  /** Reads the raw body itself; missing in a process that takes no events. */
  readonly slackEvents?: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** The same for Teams. */
  readonly teamsMessages?: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** What people's browsers need to link an account; missing where nobody is asked to. */
  readonly link?: Router;
  /** Proxies in front of us that add to `X-Forwarded-For`. */
  readonly trustedProxies?: number;
  /** Why this process cannot do its work right now; empty = ready. */
  readonly notReady: () => Promise<readonly string[]>;
  /** `open`, or who paused intake and why. A paused process is ready: it accepts questions and keeps them. */
  readonly intake: () => Promise<
    'open' | { readonly by: string; readonly reason: string; readonly since: number }
  >;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly log: Logger;
}

/** The HTTP face of every role. Handlers are handed in; no body is parsed before its owner has seen it raw. */
export function createWebApp(deps: WebDeps): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', deps.trustedProxies ?? 0);

  app.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' });
  });

  app.get('/readyz', async (_request, response) => {
    const reasons = await deps.notReady();
    if (reasons.length > 0) {
      response.status(503).json({ status: 'not ready', reasons });
      return;
    }
    const intake = await deps.intake();
    response.json({
      status: 'ready',
      intake:
        intake === 'open' ? intake : { paused: true, ...intake, since: new Date(intake.since).toISOString() },
    });
  });

  app.get('/metrics', async (_request, response) => {
    response.type('text/plain; version=0.0.4; charset=utf-8').send(await deps.metrics());
  });

  if (deps.link) app.use('/link', deps.link);

  const { slackEvents, teamsMessages } = deps;
  if (slackEvents) app.all(SLACK_EVENTS, (request, response) => slackEvents(request, response));

  if (teamsMessages) app.all(TEAMS_MESSAGES, (request, response) => teamsMessages(request, response));

  app.use((_request, response) => {
    response.status(404).json({ error: 'not found' });
  });

  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    deps.log.error({ err: error }, 'a request failed');
    if (response.headersSent) return next(error);
    response.status(500).json({ error: 'internal error' });
  });

  if (!slackEvents) return app;
  return (request, response) => {
    // Events are nearly all that comes, and Express would take an eighth of what taking one costs.
    if (request.url !== SLACK_EVENTS) {
      app(request, response);
      return;
    }
    slackEvents(request, response).catch((error: unknown) => {
      deps.log.error({ err: error }, 'a request failed');
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'Content-Type': 'application/json' }).end('{"error":"internal error"}');
    });
  };
}
