import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { AgentCoreError, createFailure, toAgentCoreError } from './errors.ts';
import type { AgentResponse, InvokeInput, RuntimeClient, StopInput } from './runtime-client.ts';
import {
  ACCEPT,
  CONNECT_TIMEOUT_MS,
  CONTENT_TYPE,
  poolSettings,
  readBody,
  toBytes,
  watchSilence,
} from './transport.ts';

export interface JwtRuntimeClientOptions {
  readonly region: string;
  /** Where the data plane is. Default: its public address in the region. https, or http on this machine. */
  readonly endpoint?: string | undefined;
  readonly runtimeArn: string;
  readonly qualifier?: string | undefined;
  /** Milliseconds until a connection that is not made is given up. Default 5000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Connections to the data plane at a time. One running turn holds one. Default 500. */
  readonly maxSockets?: number | undefined;
}

const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const DRAIN_MS = 1000;
/** RFC 6750: what may stand behind `Bearer`. Anything else would change the header or its meaning. */
const BEARER = /^[A-Za-z0-9._~+/-]+=*$/;

interface Call {
  readonly operation: 'invocations' | 'stopruntimesession';
  readonly bearer: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

/**
 * Client of the AgentCore runtime data plane for runtimes with a JWT authorizer: each call carries the access token of
 * the person it is made for, which the AWS SDK cannot do. As careful as the other client: nothing is sent twice, and no
 * redirect is followed, so the token goes to the one address and nowhere else; not into logs or errors either.
 *
 * Throws when `endpoint` would carry tokens over a network in clear.
 */
export function createJwtRuntimeClient(options: JwtRuntimeClientOptions): RuntimeClient {
  const base = readEndpoint(options.endpoint ?? publicEndpoint(options.region));
  const secure = base.protocol === 'https:';
  const pool = poolSettings(options.maxSockets);
  const agent = secure ? new HttpsAgent(pool) : new HttpAgent(pool);
  const connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  const runtime = `${base.pathname.replace(/\/+$/, '')}/runtimes/${encodeURIComponent(options.runtimeArn)}`;
  const query = `?qualifier=${encodeURIComponent(options.qualifier ?? 'DEFAULT')}`;

  /** Resolves with the head of a good answer; throws for any other. */
  async function send(call: Call): Promise<IncomingMessage> {
    call.signal.throwIfAborted();
    const authorization = authorizationOf(call.bearer);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = (secure ? httpsRequest : httpRequest)(base, {
        agent,
        method: 'POST',
        path: `${runtime}/${call.operation}${query}`,
        signal: call.signal,
        headers: {
          ...call.headers,
          authorization,
          'content-type': CONTENT_TYPE,
          'content-length': call.body.length,
        },
      });
      outgoing.on('response', resolve);
      outgoing.on('error', (error: Error & { rawPacket?: unknown }) => {
        // What came instead of an answer, which may repeat what was sent.
        delete error.rawPacket;
        reject(error);
      });
      outgoing.on('socket', (socket) => {
        if (!socket.connecting) return;
        const late = setTimeout(() => {
          // Without a code, as the AWS SDK's: it reads as a connection that was never made.
          outgoing.destroy(Object.assign(new Error('no connection in time'), { name: 'TimeoutError' }));
        }, connectTimeoutMs);
        const made = () => clearTimeout(late);
        socket.once(secure ? 'secureConnect' : 'connect', made);
        socket.once('close', made);
      });
      outgoing.end(call.body);
    });
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    // Its words are for nobody: they may repeat what was sent.
    await drain(response);
    throw refusal(status, response);
  }

  async function invoke(input: InvokeInput): Promise<AgentResponse> {
    const silence = watchSilence(input.silenceMs, input.signal);
    try {
      silence.arm();
      const response = await send({
        operation: 'invocations',
        bearer: input.bearer,
        headers: {
          accept: ACCEPT,
          [SESSION_HEADER]: input.sessionId,
          ...(input.traceparent === undefined ? {} : { traceparent: input.traceparent }),
          ...(input.tracestate === undefined ? {} : { tracestate: input.tracestate }),
        },
        body: toBytes(input.payload),
        signal: silence.signal,
      });
      silence.disarm();
      return {
        contentType: response.headers['content-type'] ?? '',
        body: readBody(response, silence),
        sessionId: headerOf(response, SESSION_HEADER) ?? input.sessionId,
      };
    } catch (error) {
      silence.disarm();
      throw toAgentCoreError(error, { phase: 'request', signal: silence.signal, byToken: true });
    }
  }

  async function stop(input: StopInput): Promise<void> {
    try {
      const response = await send({
        operation: 'stopruntimesession',
        bearer: input.bearer,
        headers: { accept: CONTENT_TYPE, [SESSION_HEADER]: input.sessionId },
        body: toBytes({ clientToken: input.clientToken }),
        signal: input.signal,
      });
      await drain(response);
    } catch (error) {
      throw toAgentCoreError(error, { phase: 'request', signal: input.signal, byToken: true });
    }
  }

  return { invoke, stop, close: () => agent.destroy() };
}

function publicEndpoint(region: string): string {
  return `https://bedrock-agentcore.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function readEndpoint(text: string): URL {
  const url = new URL(text);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname))) return url;
  throw new Error(
    'The AgentCore endpoint must be an https:// address (http:// for this machine only): it receives access tokens.',
  );
}

function authorizationOf(bearer: string | undefined): string {
  if (bearer !== undefined && BEARER.test(bearer)) return `Bearer ${bearer}`;
  const cause = bearer === undefined ? 'NoToken' : 'MalformedToken';
  throw new AgentCoreError(createFailure('agent_unauthorized', { cause }));
}

/** An answer that is none, in the shape in which the AWS SDK throws it; `errors.ts` reads both alike. */
function refusal(status: number, response: IncomingMessage): Error {
  // Some front ends of AWS write `Name:http://…`.
  const name = headerOf(response, 'x-amzn-errortype')?.split(':', 1)[0];
  const requestId = headerOf(response, 'x-amzn-requestid');
  return Object.assign(new Error(`HTTP ${status}`), {
    name: name || 'UnknownError',
    $metadata: { httpStatusCode: status, ...(requestId === undefined ? {} : { requestId }) },
  });
}

/** Reads what nobody needs: at its end the connection serves the next call. One that goes on and on is closed. */
function drain(response: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => response.destroy(), DRAIN_MS);
    response.resume();
    // Whether it ended or broke off: what it was about is known from its head.
    response.on('error', () => undefined);
    response.on('close', () => {
      clearTimeout(late);
      resolve();
    });
  });
}

function headerOf(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name];
  return typeof value === 'string' ? value : undefined;
}
