import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AwsRequest } from './api.ts';
import { awsError } from './aws-error.ts';
import { CUSTOM_HEADER_PREFIX, INVOKE_HEADERS, SESSION_HEADER } from './runtime-model.ts';
import type { Lease, Sessions } from './sessions.ts';

const CRASH_WAIT_MS = 1_000;

/**
 * Sends an invocation to the compute of its session and resolves with the agent's answer as soon as its head is there;
 * the body streams. `more` are headers that AgentCore adds. The session counts as busy until that stream is closed.
 * Throws `AwsError` RuntimeClientError (424) when the agent gives no answer.
 */
export async function forwardInvocation(
  sessions: Sessions,
  sessionId: string,
  call: AwsRequest,
  more: Readonly<Record<string, string>> = {},
): Promise<IncomingMessage> {
  for (let attempt = 1; ; attempt += 1) {
    const lease = await sessions.acquire(sessionId);
    try {
      const answer = await send(lease, sessionId, call, more);
      answer.once('close', lease.release);
      return answer;
    } catch (error) {
      lease.release();
      // Whoever hears of a crash may call again at once, so the session has to know of it first: a process that is just
      // dying still accepts connections.
      const ended = !call.signal.aborted && (await lease.endsWithin(CRASH_WAIT_MS));
      // Nobody listened, so nothing was delivered: this session gets a new process.
      const refused = (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
      if (refused && ended && attempt === 1) continue;
      throw awsError(
        424,
        'RuntimeClientError',
        `The agent gave no answer to POST /invocations (${(error as Error).message}); see its log`,
      );
    }
  }
}

function send(
  lease: Lease,
  sessionId: string,
  call: AwsRequest,
  more: Readonly<Record<string, string>>,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const upstream = request(`${lease.url}/invocations`, {
      method: 'POST',
      agent: false,
      signal: call.signal,
      headers: {
        ...forwardedHeaders(call.headers),
        ...more,
        [SESSION_HEADER]: sessionId,
        'content-length': String(call.body.length),
      },
    });
    upstream.on('response', resolve);
    upstream.on('error', reject);
    upstream.end(call.body);
  });
}

/** What AgentCore lets through to the agent: the operation's own fields and the caller's custom headers. */
export function forwardedHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const modelled = new Set(INVOKE_HEADERS.map((field) => field.header));
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value !== undefined && (modelled.has(name) || name.startsWith(CUSTOM_HEADER_PREFIX))
        ? [[name, value]]
        : [],
    ),
  );
}
