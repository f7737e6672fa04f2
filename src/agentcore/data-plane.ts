import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { Invocation } from '../contract/invocation.ts';
import { toAgentCoreError } from './errors.ts';
import type { Signable } from './sigv4.ts';
import {
  ACCEPT,
  CONNECT_TIMEOUT_MS,
  CONTENT_TYPE,
  poolSettings,
  readBody,
  toBody,
  watchSilence,
} from './transport.ts';

export interface InvokeInput {
  /** 33–100 characters, `[a-zA-Z0-9][a-zA-Z0-9-_]*`. */
  readonly sessionId: string;
  /**
   * Who the turn runs as. Longer than 128 characters or not printable ASCII: sent as a digest. Sent with AWS
   * credentials only: a token says itself who it stands for.
   */
  readonly userId: string;
  /** The person's access token. Without it the client of `runtime-client-jwt.ts` sends nothing; the other ignores it. */
  readonly bearer?: string | undefined;
  readonly payload: Invocation | { readonly prompt: string } | Uint8Array;
  /** W3C trace context. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  /** Fail with `agent_timeout` after so many milliseconds without a byte from the agent. Missing: no limit. */
  readonly silenceMs?: number | undefined;
  /** Ends the request and its stream. A `TimeoutError` as reason reads as `agent_timeout`, else `agent_cancelled`. */
  readonly signal: AbortSignal;
}

export interface AgentResponse {
  readonly contentType: string;
  /** Read it to its end, leave the loop, close it, or abort the signal: until then it holds a connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the connection, also while `body` is being read. */
  close(): void;
  /** The session that AgentCore says it used. */
  readonly sessionId: string;
}

export interface StopInput {
  readonly sessionId: string;
  /** 33–256 characters; the same token makes a repeated stop harmless. */
  readonly clientToken: string;
  /** As for an invocation. */
  readonly bearer?: string | undefined;
  readonly signal: AbortSignal;
}

export interface RuntimeClient {
  /** InvokeAgentRuntime, sent exactly once. Resolves with the response head. Throws AgentCoreError, as `body` does. */
  invoke(input: InvokeInput): Promise<AgentResponse>;
  /** StopRuntimeSession, sent exactly once. Throws AgentCoreError. */
  stop(input: StopInput): Promise<void>;
  /** Closes idle connections. Running invocations are ended by their signals. */
  close(): void;
}

export interface DataPlaneOptions {
  /** Where it is; a path stands before the path of each call. Asked for each call. */
  readonly endpoint: () => URL | Promise<URL>;
  readonly runtimeArn: string;
  readonly qualifier?: string | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly maxSockets?: number | undefined;
  /** Answers the headers with what proves who calls. What it throws fails the call before anything is sent. */
  readonly prove: (
    request: Signable,
    caller: Pick<InvokeInput, 'bearer'>,
  ) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** Headers of an invocation that name the person. */
  readonly named: (input: InvokeInput) => Readonly<Record<string, string>>;
  /** The caller is a person with a token: a refusal of the caller is a refusal of the token. */
  readonly byToken: boolean;
  /** Hears each answer's `Date`, for a proof that has a time in it. */
  readonly onDate?: (date: string | undefined) => void;
}

interface Call extends Pick<InvokeInput, 'bearer' | 'signal'> {
  readonly operation: 'invocations' | 'stopruntimesession';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';
const DRAIN_MS = 1000;
/** An error of AWS is far shorter. */
const KEPT_CHARACTERS = 16_384;
/** Some front ends of AWS write `namespace#Name`, some `Name:http://…`. */
const ERROR_NAME = /^(?:[\w.]+#)?([A-Z][A-Za-z]{1,99})(?::|$)/;

/**
 * The AgentCore runtime's data plane over plain HTTP, whichever way a call proves who makes it. Nothing is sent twice and
 * no redirect is followed, so a call and its secrets go to the one address and nowhere else. The AWS SDK's own way
 * through its middleware takes four times the time of a core, and with it a sixth of a whole turn.
 */
export function createDataPlane(options: DataPlaneOptions): RuntimeClient {
  const { byToken } = options;
  const pool = poolSettings(options.maxSockets);
  const agents = { 'http:': new HttpAgent(pool), 'https:': new HttpsAgent(pool) };
  const connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  const runtime = `/runtimes/${encodeURIComponent(options.runtimeArn)}`;
  const query = { qualifier: options.qualifier ?? 'DEFAULT' };
  const search = `?qualifier=${encodeURIComponent(query.qualifier)}`;

  /** Resolves with the head of a good answer; throws for any other. */
  async function send(call: Call): Promise<IncomingMessage> {
    const url = await options.endpoint();
    const { body } = call;
    const path = `${url.pathname.replace(/\/+$/, '')}${runtime}/${call.operation}`;
    const plain = {
      ...call.headers,
      host: url.host,
      'content-type': CONTENT_TYPE,
      'content-length': String(Buffer.byteLength(body)),
    };
    const headers = await options.prove({ method: 'POST', path, query, headers: plain, body }, call);
    call.signal.throwIfAborted();
    const secure = url.protocol === 'https:';
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = (secure ? httpsRequest : httpRequest)({
        ...urlToHttpOptions(url),
        agent: secure ? agents['https:'] : agents['http:'],
        method: 'POST',
        path: `${path}${search}`,
        headers,
      });
      // Not by `signal` of the request itself: once all of an answer has come, that ends its connection with an error that
      // nobody listens for any more, and with it the process.
      const stopAsking = endedBy(call.signal, () => outgoing.destroy(new Error('aborted')));
      outgoing.on('response', (head) => {
        stopAsking();
        head.on(
          'close',
          endedBy(call.signal, () => head.destroy()),
        );
        resolve(head);
      });
      outgoing.on('error', (error: Error & { rawPacket?: unknown }) => {
        stopAsking();
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
      outgoing.end(body);
    });
    options.onDate?.(response.headers.date);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    throw refusal(status, response, await drain(response));
  }

  async function invoke(input: InvokeInput): Promise<AgentResponse> {
    const silence = watchSilence(input.silenceMs, input.signal);
    const { signal } = silence;
    try {
      signal.throwIfAborted();
      silence.arm();
      const response = await send({
        operation: 'invocations',
        bearer: input.bearer,
        headers: {
          accept: ACCEPT,
          [SESSION_HEADER]: input.sessionId,
          ...options.named(input),
          ...(input.traceparent === undefined ? {} : { traceparent: input.traceparent }),
          ...(input.tracestate === undefined ? {} : { tracestate: input.tracestate }),
        },
        body: toBody(input.payload),
        signal,
      });
      silence.disarm();
      return {
        contentType: response.headers['content-type'] ?? '',
        body: readBody(response, silence),
        sessionId: headerOf(response, SESSION_HEADER) ?? input.sessionId,
        close: () => response.destroy(),
      };
    } catch (error) {
      silence.end();
      throw toAgentCoreError(error, { phase: 'request', signal, byToken });
    }
  }

  async function stop(input: StopInput): Promise<void> {
    const { signal } = input;
    try {
      signal.throwIfAborted();
      const response = await send({
        operation: 'stopruntimesession',
        bearer: input.bearer,
        headers: { accept: CONTENT_TYPE, [SESSION_HEADER]: input.sessionId },
        body: toBody({ clientToken: input.clientToken }),
        signal,
      });
      await drain(response);
    } catch (error) {
      throw toAgentCoreError(error, { phase: 'request', signal, byToken });
    }
  }

  return {
    invoke,
    stop,
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

/** Calls back when the signal aborts; answers how to take that back. */
function endedBy(signal: AbortSignal, end: () => void): () => void {
  signal.addEventListener('abort', end, { once: true });
  return () => signal.removeEventListener('abort', end);
}

/**
 * An answer that is none, in the shape in which the AWS SDK throws it; `errors.ts` reads both alike. Of its words only the
 * name of the error counts: the others may repeat what was sent.
 */
function refusal(status: number, response: IncomingMessage, body: string): Error {
  const [, name] = ERROR_NAME.exec(headerOf(response, 'x-amzn-errortype') ?? typeIn(body)) ?? [];
  const requestId = headerOf(response, 'x-amzn-requestid');
  return Object.assign(new Error(`HTTP ${status}`), {
    name: name ?? 'UnknownError',
    $metadata: { httpStatusCode: status, ...(requestId === undefined ? {} : { requestId }) },
  });
}

/** Where a front end has left the header out, the body names the error. */
function typeIn(body: string): string {
  try {
    const { __type: type, code } = JSON.parse(body) as { readonly __type?: unknown; readonly code?: unknown };
    const name = type ?? code;
    return typeof name === 'string' ? name : '';
  } catch {
    return '';
  }
}

/**
 * Reads an answer to its end, at which its connection serves the next call, and keeps its beginning. One that goes on and
 * on is closed.
 */
function drain(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const late = setTimeout(() => response.destroy(), DRAIN_MS);
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      if (text.length < KEPT_CHARACTERS) text += chunk;
    });
    // Whether it ended or broke off: what it was about is known from its head.
    response.on('error', () => undefined);
    response.on('close', () => {
      clearTimeout(late);
      resolve(text);
    });
  });
}

function headerOf(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name];
  return typeof value === 'string' ? value : undefined;
}
