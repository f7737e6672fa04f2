import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Exchange, sendJson } from './hosted/http.ts';

export type Handler = (exchange: Exchange) => Promise<void> | void;

export interface ServerOptions {
  readonly port: number;
  readonly host: '127.0.0.1';
  /** undefined for what is not there. */
  readonly handlerFor: (exchange: Exchange) => Handler | undefined;
  readonly log: (line: string) => void;
}

/** Longer than clients keep an idle connection, so that no request meets a closing one. */
const KEEP_ALIVE_MS = 120_000;
const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/;

/** A server that only this machine can call, also by way of a page in a browser. */
export async function startServer(options: ServerOptions): Promise<{ url: string; close(): Promise<void> }> {
  const { handlerFor, log } = options;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host = '' } = request.headers;
    // A page that the developer happens to visit must not get here by another name (DNS rebinding).
    if (!LOOPBACK.test(host)) {
      return sendJson(response, 403, { message: 'Only this machine may call the stand-in' });
    }
    const origin = `http://${host}`;
    const url = URL.parse(request.url ?? '/', origin);
    if (!url) return sendJson(response, 400, { message: 'The address is malformed' });
    const exchange: Exchange = {
      request,
      response,
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      origin,
    };
    const handler = handlerFor(exchange);
    if (!handler) return sendJson(response, 404, { message: 'The stand-in has nothing here' });
    await handler(exchange);
  }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      log(`${request.method} ${request.url} failed: ${error instanceof Error ? error.stack : String(error)}`);
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { error: 'server_error' });
    });
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
