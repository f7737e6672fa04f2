import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../telemetry/logger.ts';
import { readActivity } from './activity.ts';
import { type Answer, createAdapter, type Listener } from './adapter.ts';
import type { createAuthentication } from './authenticate.ts';
import { KeysUnavailable } from './signing-keys.ts';

/** Teams' messages stay far below this; what is attached to them is not inside. */
const BODY_LIMIT = 900 * 1024;

export interface TeamsReceiverDeps {
  readonly authentication: ReturnType<typeof createAuthentication>;
  readonly listen: Listener;
  readonly onRefused: (why: string) => void;
  readonly log: Logger;
}

/**
 * Answers `POST /api/messages`. Needs the raw body, unparsed. What could not be stored is answered with 503, and Teams
 * delivers it again; what is not let in with 401, whatever is wrong with it.
 */
export function createTeamsReceiver({ authentication, listen, onRefused, log }: TeamsReceiverDeps) {
  const adapter = createAdapter();

  const refuse = (response: ServerResponse, status: number, why: string) => {
    onRefused(why);
    log.warn({ refusal: why }, 'a request to Teams’ endpoint was refused');
    answer(response, { status, body: { error: status === 401 ? 'not authorised' : why } });
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      response.setHeader('Allow', 'POST');
      return answer(response, { status: 405, body: { error: 'use POST' } });
    }
    const sender = await authentication.sender(request);
    if (!sender) return refuse(response, 401, 'token_refused');
    const read = await readBody(request);
    if (read === 'aborted') return;
    if (read === 'too_large') return refuse(response, 413, 'too_large');
    const body = jsonObject(read.toString('utf8'));
    const activity = body && readActivity(body);
    if (!activity) return refuse(response, 400, 'malformed');
    const refusal = authentication.activity(activity, sender);
    if (refusal) return refuse(response, 401, refusal);
    answer(response, await adapter.process(body, listen));
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await handle(request, response);
    } catch (error) {
      if (error instanceof KeysUnavailable) {
        log.error({ err: error }, 'nobody can be let in from Teams: set TEAMS_OPENID_METADATA_URL right');
        onRefused('keys_unavailable');
      } else {
        log.error({ err: error }, 'what Teams delivered could not be taken; it delivers it again');
      }
      answer(response, { status: 503, body: { error: 'not taken, deliver again' } });
    }
  };
}

function readBody(request: IncomingMessage): Promise<Buffer | 'too_large' | 'aborted'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_LIMIT) chunks.push(chunk);
      else {
        request.pause();
        resolve('too_large');
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    // The sender went away; there is nobody to answer.
    request.on('error', () => resolve('aborted'));
    request.on('close', () => resolve('aborted'));
  });
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    // Said by the caller, with 400.
    return undefined;
  }
}

function answer(response: ServerResponse, { status, body }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  const content = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(content),
    ...(status === 413 ? { Connection: 'close' } : {}),
  });
  response.end(content);
}
