import type { NextFunction, Request, Response } from 'express';

const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/;

/**
 * The control API has no login, so a web page that the developer happens to visit must not reach it: refuses names
 * that are not loopback (DNS rebinding) and requests that come from another origin.
 */
export function refuseForeignPages(request: Request, response: Response, next: NextFunction): void {
  const { host = '', origin } = request.headers;
  const sameOrigin = origin === undefined || origin === `http://${host}`;
  if (LOOPBACK.test(host) && sameOrigin) {
    next();
    return;
  }
  response
    .status(403)
    .json({ ok: false, error: 'Only this machine and this page may call the Slack stand-in' });
}
