import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { stringify } from 'node:querystring';
import { urlToHttpOptions } from 'node:url';
import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';

export interface WebApiOptions {
  readonly token: string;
  /** Ends with a slash: `https://slack.com/api/`. */
  readonly apiUrl: string;
  /** For the whole exchange. */
  readonly timeoutMs: number;
}

export type SlackAnswer = Readonly<Record<string, unknown>>;
export type WebApi = (method: string, args: Readonly<Record<string, unknown>>) => Promise<SlackAnswer>;

/**
 * One call of Slack's Web API, sent exactly once: a form in, JSON back, failures as the SDK's error classes. The SDK's own
 * client does the same through retries, queues and log lines that are all off here, and takes three times the time of a
 * core for it; a turn makes two or three calls. Source: docs.slack.dev, "Using the Slack Web API".
 */
export function createWebApi(options: WebApiOptions): WebApi {
  const url = new URL(options.apiUrl);
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const place = urlToHttpOptions(url);
  const headers = {
    authorization: `Bearer ${options.token}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    'user-agent': 'threadcore',
  };

  /** Rejects when no complete answer arrives in time. */
  function exchange(method: string, body: string): Promise<Exchanged> {
    return new Promise((resolve, reject) => {
      const call = request({
        ...place,
        method: 'POST',
        path: `${url.pathname}${method}`,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      });
      const late = setTimeout(
        () => call.destroy(new Error(`no answer within ${options.timeoutMs} ms`)),
        options.timeoutMs,
      );
      const fail = (error: Error) => {
        clearTimeout(late);
        reject(error);
      };
      call.on('error', fail);
      call.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', fail);
        response.on('end', () => {
          clearTimeout(late);
          resolve({ response, text });
        });
      });
      call.end(body);
    });
  }

  return async (method, args) => {
    const { response, text } = await exchange(method, formOf(args)).catch((error: Error) => {
      throw new WebAPIRequestError(error);
    });
    const { statusCode: status = 0, statusMessage = '' } = response;
    if (status === 429) throw new WebAPIRateLimitedError(retryAfter(response));
    if (status >= 300 && status < 400) throw new WebAPIRequestError(new Error(`redirected (HTTP ${status})`));
    if (status !== 200) throw new WebAPIHTTPError(status, statusMessage, {}, text);
    const answer = parse(text);
    if (answer.ok !== true) throw new WebAPIPlatformError(answer as never);
    return answer;
  };
}

interface Exchanged {
  readonly response: IncomingMessage;
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
function retryAfter(response: IncomingMessage): number {
  const seconds = response.headers['retry-after'] ?? '';
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
