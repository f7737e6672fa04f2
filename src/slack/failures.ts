import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';

/** How a Web API call failed, in the terms that decide what to do next. */
export type SlackFailure =
  /** Not carried out; may be sent again after `waitMs`. */
  | { readonly kind: 'rate_limited'; readonly waitMs: number }
  /** Perhaps carried out: the answer was lost, or Slack failed in the middle. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** Not carried out, and the same call will fail again. `code` is Slack's error name. */
  | { readonly kind: 'refused'; readonly code: string };

/** Slack's names for its own trouble. The message may have been written. */
const SLACK_TROUBLE = new Set([
  'fatal_error',
  'internal_error',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
]);

/** What would be longer is a mistake of somebody between; a timer takes no more than 24 days. */
const LONGEST_WAIT_MS = 3_600_000;

/** What Slack's error names look like. */
const ERROR_NAME = /^[a-z][a-z0-9_.:-]{0,99}$/i;

/** The bytes of a file did not arrive where Slack wants them. */
export class UploadFailed extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`the upload failed: ${reason}`, options);
    this.name = 'UploadFailed';
  }
}

/** Undefined for an error that is not Slack's: a lost lane, or a bug. */
export function slackFailure(error: unknown): SlackFailure | undefined {
  if (error instanceof WebAPIRateLimitedError)
    return { kind: 'rate_limited', waitMs: Math.min(Math.max(1, error.retryAfter) * 1000, LONGEST_WAIT_MS) };
  if (error instanceof WebAPIPlatformError) {
    const code: unknown = error.data.error;
    // The SDK puts a body that is no JSON here: somebody between us and Slack answered.
    if (typeof code !== 'string' || !ERROR_NAME.test(code)) return { kind: 'unknown', reason: 'unreadable' };
    if (code === 'ratelimited' || code === 'rate_limited') return { kind: 'rate_limited', waitMs: 1_000 };
    return SLACK_TROUBLE.has(code) ? { kind: 'unknown', reason: code } : { kind: 'refused', code };
  }
  if (error instanceof WebAPIHTTPError) {
    if (error.statusCode === 429) return { kind: 'rate_limited', waitMs: 1_000 };
    // 408: somebody between us and Slack grew tired of waiting.
    if (error.statusCode >= 500 || error.statusCode === 408)
      return { kind: 'unknown', reason: `http_${error.statusCode}` };
    return { kind: 'refused', code: `http_${error.statusCode}` };
  }
  if (error instanceof WebAPIRequestError) return { kind: 'unknown', reason: 'no_answer' };
  return undefined;
}
