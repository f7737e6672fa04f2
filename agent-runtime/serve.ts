import type { AddressInfo } from 'node:net';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
import { type Reading, type Refusal, readInvocation, refusal } from './invocations.ts';
import { type Respond, refusalEvents } from './respond.ts';
import type { RunLog } from './runs/registry.ts';

/** The part of Fastify that is used here. */
interface Server {
  readonly log: RunLog;
  addHook(name: 'preHandler', hook: (request: Request, reply: Reply) => Promise<unknown>): void;
  addHook(name: 'onListen', hook: () => Promise<void>): void;
  setErrorHandler(
    handler: (error: Error & { statusCode?: number }, request: Request, reply: Reply) => unknown,
  ): void;
  addresses(): AddressInfo[];
  close(): Promise<void>;
}

interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

interface Reply {
  code(status: number): Reply;
  type(mediaType: string): Reply;
  send(payload: unknown): Reply;
}

export interface AgentServer {
  readonly log: RunLog;
  /** Tells AgentCore through `/ping` that work is going on, until the returned function is called. */
  busy(name: string): () => void;
  /** Answers requests from now on. Resolves with the port once the socket is open. */
  listen(respond: Respond, address: { readonly port: number; readonly host: string }): Promise<number>;
  close(): Promise<void>;
}

const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';

/**
 * The agent's HTTP side: AgentCore's own app with `POST /invocations` and `GET /ping`.
 *
 * The app hands its handler no Accept header, lets no handler choose a status, and cannot be stopped. Therefore
 * requests are read in a hook of its Fastify server, before its handler runs.
 */
export function createAgentServer(options: {
  readonly logLevel: string;
  readonly maxBodyBytes: number;
  readonly newTurnId: () => string;
}): AgentServer {
  let respond: Respond | undefined;
  const parseJson = {
    parseAs: 'string' as const,
    bodyLimit: options.maxBodyBytes,
    parser: (
      _request: unknown,
      body: string | Buffer,
      done: (error: Error | null, body?: unknown) => void,
    ) => {
      const text = body.toString();
      if (text.trim() === '') return done(null, undefined);
      try {
        done(null, JSON.parse(text));
      } catch {
        // The parser's own words quote the body; ours do not.
        done(Object.assign(new Error('The body is not valid JSON.'), { statusCode: 400 }));
      }
    },
  };
  const app = new BedrockAgentCoreApp({
    config: {
      logging: { options: { level: options.logLevel } },
      // AgentCore passes on whatever content type its caller named; here it is always JSON.
      contentTypeParsers: [
        { contentType: 'application/json', ...parseJson },
        { contentType: '*', ...parseJson },
      ],
    },
    invocationHandler: {
      process: (body, { workloadAccessToken }) => {
        const { reading, wantsStream } = body as { reading: Reading; wantsStream: boolean };
        if (!respond) throw new Error('The agent is still starting. Try again in a second.');
        const caller = { workloadAccessToken };
        return wantsStream ? respond.stream(reading, caller) : respond.plain(reading, caller);
      },
    },
  });
  const server = serverOf(app);

  server.addHook('preHandler', async (request, reply) => {
    if (request.method !== 'POST') return undefined;
    const wantsStream = acceptsStream(request);
    const sessionId = sessionOf(request);
    const { newTurnId } = options;
    const reading = readInvocation({ body: request.body, sessionId, wantsStream, newTurnId });
    if (reading.kind === 'refused') return refuse(reply, reading, wantsStream);
    request.body = { reading, wantsStream, sessionId };
    return undefined;
  });
  server.setErrorHandler((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) server.log.error({ err: error }, 'a request failed');
    const message = status >= 500 ? 'The agent failed unexpectedly.' : requestProblem(status, error, options);
    return refuse(reply, refusal('invalid_request', message, status), acceptsStream(request));
  });

  return {
    log: server.log,
    busy(name) {
      const task = app.addAsyncTask(name);
      return () => {
        app.completeAsyncTask(task);
      };
    },
    listen(handlers, address) {
      respond = handlers;
      return new Promise((resolve) => {
        server.addHook('onListen', async () => resolve(server.addresses()[0]?.port ?? address.port));
        app.run(address);
      });
    },
    close: () => server.close(),
  };
}

function refuse(reply: Reply, refused: Refusal, wantsStream: boolean): Reply {
  if (!wantsStream)
    return reply.code(refused.httpStatus).send({ error: refused.message, code: refused.code });
  const frames = refusalEvents(refused).map((event) => `data: ${JSON.stringify(event)}\n\n`);
  return reply.code(200).type('text/event-stream').send(frames.join(''));
}

function requestProblem(status: number, error: Error, limits: { readonly maxBodyBytes: number }): string {
  if (status === 413)
    return `The request is larger than ${limits.maxBodyBytes} bytes. Send less, or fewer files.`;
  return error.message;
}

function acceptsStream(request: Request): boolean {
  return String(request.headers.accept ?? '').includes('text/event-stream');
}

function sessionOf(request: Request): string | undefined {
  const header = request.headers[SESSION_HEADER];
  return typeof header === 'string' && header !== '' ? header : undefined;
}

/** The server inside the app. Its name is an inner matter of the SDK, whose version is therefore pinned exactly. */
function serverOf(app: BedrockAgentCoreApp): Server {
  const server = (app as unknown as { _app?: Server })._app;
  if (typeof server?.addHook !== 'function') {
    throw new Error('bedrock-agentcore keeps its server elsewhere now: adapt agent-runtime/serve.ts to it.');
  }
  return server;
}
