import type { IncomingHttpHeaders } from 'node:http';
import { stringify } from 'node:querystring';
import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';
import { type Dispatcher, Pool } from 'undici';

export interface WebApiOptions {
  readonly token: string;
  /** Ends with a slash: `https://slack.com/api/`. */
  readonly apiUrl: string;
  /** For the whole exchange. */
  readonly timeoutMs: number;
}

export type SlackAnswer = Readonly<Record<string, unknown>>;
export type WebApi = (method: string, args: Readonly<Record<string, unknown>>) => Promise<SlackAnswer>;

/** Each call has a time limit of its own. */
const UNTIMED = { headersTimeout: 0, bodyTimeout: 0 } as const;

/**
 * One call of Slack's Web API, sent exactly once: a form in, JSON back, failures as the SDK's error classes. The SDK's own
 * client does the same through retries, queues and log lines that are all off here, and takes three times the time of a
 * core for it; a turn makes two or three calls. Source: docs.slack.dev, "Using the Slack Web API".
 */
export function createWebApi(options: WebApiOptions): WebApi {
  const url = new URL(options.apiUrl);
  // As many connections as there are calls: none waits here, where its lane may be lost meanwhile.
  const pool = new Pool(url.origin, { pipelining: 1 });
  const headers = {
    authorization: `Bearer ${options.token}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    'user-agent': 'threadcore',
  };

  /** Rejects when no complete answer arrives in time. */
  function exchange(method: string, body: string): Promise<Exchanged> {
    const { promise, resolve, reject } = Promise.withResolvers<Exchanged>();
    let late: Error | undefined;
    let underWay: Dispatcher.DispatchController | undefined;
    const timer = setTimeout(() => {
      late = new Error(`no answer within ${options.timeoutMs} ms`);
      reject(late);
      underWay?.abort(late);
    }, options.timeoutMs);
    const answer = { status: 0, statusMessage: '', headers: {} as IncomingHttpHeaders };
    const chunks: Buffer[] = [];
    const request = { method: 'POST', path: `${url.pathname}${method}`, headers, body, ...UNTIMED } as const;
    pool.dispatch(request, {
      onRequestStart(controller) {
        underWay = controller;
        // The time was up before there was a connection: nothing is sent.
        if (late) controller.abort(late);
      },
      onResponseStart(_controller, status, received, statusMessage = '') {
        Object.assign(answer, { status, statusMessage, headers: received });
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        clearTimeout(timer);
        resolve({ ...answer, text: Buffer.concat(chunks).toString('utf8') });
      },
      onResponseError(_controller, error) {
        clearTimeout(timer);
        reject(error);
      },
    });
    return promise;
  }

  return async (method, args) => {
    const { status, statusMessage, headers, text } = await exchange(method, formOf(args)).catch(
      (error: Error) => {
        throw new WebAPIRequestError(error);
      },
    );
    if (status === 429) throw new WebAPIRateLimitedError(retryAfter(headers));
    if (status >= 300 && status < 400) throw new WebAPIRequestError(new Error(`redirected (HTTP ${status})`));
    if (status !== 200) throw new WebAPIHTTPError(status, statusMessage, {}, text);
    const answer = parse(text);
    if (answer.ok !== true) throw new WebAPIPlatformError(answer as never);
    return answer;
  };
}

interface Exchanged {
  readonly status: number;
  readonly statusMessage: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** What is no text travels as JSON; what is undefined or null does not travel. */
function formOf(args: Readonly<Record<string, unknown>>): string {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(args)) {
    if (value === undefined || value === null) continue;
    // Half a character cannot be encoded.
    fields[name] = (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed();
  }
  return stringify(fields);
}

/** Seconds. A 429 that does not say for how long: one second is a fair guess. */
function retryAfter(headers: IncomingHttpHeaders): number {
  const seconds = headers['retry-after'] ?? '';
  return /^\d+$/.test(seconds) ? Number(seconds) : 1;
}

/** A body that is no JSON object came from somebody between us and Slack. */
function parse(text: string): SlackAnswer {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as SlackAnswer;
  } catch {
    // Said below, as for any other body that is not Slack's.
  }
  return { ok: false, error: 'the body is no JSON object' };
}
