import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Receiver } from '@slack/bolt';
import type { Logger } from '../telemetry/logger.ts';
import { createDispatch, type Dispatched, type RetryInfo } from './dispatch.ts';
import { refuseUnsigned } from './verify.ts';

/** Slack's largest event, a 40,000-character message, stays far below this. */
const BODY_LIMIT = 900 * 1024;
const DRAIN_LIMIT = 8 * BODY_LIMIT;

export interface SlackReceiverDeps {
  readonly signingSecret: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly onRefused: (why: string) => void;
  readonly log: Logger;
}

export interface SlackReceiver extends Receiver {
  /** Answers `POST /slack/events`: events, interactivity and slash commands. Needs the raw body, unparsed. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/**
 * Bolt's receiver on our own web server. Unlike Bolt's own it answers after the listeners have ended: an event that
 * could not be stored is answered with an error, so that Slack delivers it again.
 */
export function createSlackReceiver(deps: SlackReceiverDeps): SlackReceiver {
  const { init, dispatch } = createDispatch(deps.log);

  return {
    init,
    start: async () => undefined,
    stop: async () => undefined,

    async handle(request, response) {
      if (request.method !== 'POST') {
        response.setHeader('Allow', 'POST');
        return answer(response, 405, 'use POST');
      }
      const raw = await readBody(request);
      if (raw === 'too_large') {
        deps.onRefused('too_large');
        response.setHeader('Connection', 'close');
        return answer(response, 413, 'body too large');
      }
      if (raw === 'aborted') return;
      const refusal = refuseUnsigned(
        { rawHeaders: request.rawHeaders, body: raw },
        deps.signingSecret,
        deps.now(),
      );
      if (refusal) {
        deps.onRefused(refusal);
        deps.log.warn({ refusal }, 'a request without a valid Slack signature was refused');
        return answer(response, 401, 'signature refused');
      }
      const body = parseBody(raw, request.headers['content-type'] ?? '');
      if (!body || (body.event !== undefined && !isObject(body.event))) {
        deps.onRefused('malformed');
        return answer(response, 400, 'the body is neither a JSON object nor a Slack form');
      }
      if (body.ssl_check !== undefined) return answer(response, 200, '');
      if (body.type === 'url_verification') return answer(response, 200, { challenge: body.challenge });
      if (body.type === 'app_rate_limited') {
        deps.onRefused('app_rate_limited');
        const { team_id: team, minute_rate_limited: minute } = body;
        deps.log.error(
          { team, minute },
          'Slack keeps events of this workspace back: more than 30,000 an hour',
        );
        return answer(response, 200, '');
      }
      answerWith(response, await dispatch(body, retryOf(request)));
    },
  };
}

/**
 * Reads to the end, keeping no more than the limit: a sender that is cut off in the middle would see a broken
 * connection instead of the answer. Far beyond the limit it is cut off all the same.
 */
function readBody(request: IncomingMessage): Promise<Buffer | 'too_large' | 'aborted'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_LIMIT) chunks.push(chunk);
      else chunks.length = 0;
      if (size > DRAIN_LIMIT) {
        request.pause();
        resolve('too_large');
      }
    });
    request.on('end', () => resolve(size > BODY_LIMIT ? 'too_large' : Buffer.concat(chunks)));
    // The sender went away; there is nobody to answer.
    request.on('error', () => resolve('aborted'));
    request.on('close', () => resolve('aborted'));
  });
}

/** Slack sends JSON for events, and forms for slash commands and (as JSON in `payload`) for interactivity. */
function parseBody(raw: Buffer, contentType: string): Record<string, unknown> | undefined {
  const text = raw.toString('utf8');
  if (!contentType.startsWith('application/x-www-form-urlencoded')) return jsonObject(text);
  const form = Object.fromEntries(new URLSearchParams(text));
  return form.payload === undefined ? form : jsonObject(form.payload);
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function retryOf(request: IncomingMessage): RetryInfo {
  const { 'x-slack-retry-num': num, 'x-slack-retry-reason': reason } = request.headers;
  return {
    ...(typeof num === 'string' ? { retryNum: Number(num) } : {}),
    ...(typeof reason === 'string' ? { retryReason: reason } : {}),
  };
}

function answerWith(response: ServerResponse, result: Dispatched): void {
  if (result.outcome === 'handled') answer(response, 200, result.acknowledgement ?? '');
  else if (result.outcome === 'unhandled')
    answer(response, 404, 'this app does not handle this type of request');
  else answer(response, 503, result.outcome === 'failed' ? 'not stored, deliver again' : 'not started');
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const text = typeof body === 'string';
  const content = text ? body : JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': text ? 'text/plain; charset=utf-8' : 'application/json',
    // Without it Node sends chunks: more bytes, in more pieces.
    'Content-Length': Buffer.byteLength(content),
  });
  response.end(content);
}
