import type { IncomingHttpHeaders } from 'node:http';
import type { NextFunction, Request, Response } from 'express';

const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/;

/** True for a request that names this machine and comes from no other origin. */
export function comesFromHere({ host = '', origin }: IncomingHttpHeaders): boolean {
  return LOOPBACK.test(host) && (origin === undefined || origin === `http://${host}`);
}

/**
 * The control API has no login, so a web page that the developer happens to visit must not reach it: refuses names
 * that are not loopback (DNS rebinding) and requests that come from another origin.
 */
export function refuseForeignPages(request: Request, response: Response, next: NextFunction): void {
  if (comesFromHere(request.headers)) {
    next();
    return;
  }
  response
    .status(403)
    .json({ ok: false, error: 'Only this machine and this page may call the Slack stand-in' });
}
