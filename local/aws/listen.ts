import { once } from 'node:events';
import { createServer as createHttp1, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  constants,
  createServer as createHttp2,
  Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import { createServer, type Socket } from 'node:net';

/**
 * One port for HTTP/1.1 and HTTP/2 without TLS: AWS_ENDPOINT_URL is one address, and some clients of the SDK speak the
 * one (bedrock), some the other (bedrock-runtime). What a connection speaks is told by its first bytes.
 */

/** Longer than clients keep an idle connection, so that no request meets a closing one. */
const KEEP_ALIVE_MS = 120_000;
/** RFC 9113, section 3.4: how every HTTP/2 connection begins; no HTTP/1.1 method does. */
const PREFACE = 'PRI';

export interface Listening {
  readonly port: number;
  /** Cuts every connection, then ends. */
  close(): Promise<void>;
}

/** `Http2ServerResponse` has all that a stand-in uses of the other. */
export async function listen(
  where: { readonly port: number; readonly host: string },
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Listening> {
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const http1 = createHttp1({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, onRequest);
  const http2 = createHttp2((request, response) =>
    onRequest(request as unknown as IncomingMessage, response as unknown as ServerResponse),
  );
  http2.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    // A client that leaves in the middle is no event for the others.
    session.on('error', () => session.destroy());
  });

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const leave = () => socket.destroy();
    socket.on('error', leave);
    const look = () => {
      const first = socket.read(PREFACE.length) as Buffer | null;
      if (first === null) {
        socket.once('readable', look);
        return;
      }
      socket.off('error', leave);
      socket.unshift(first);
      (first.toString('latin1') === PREFACE ? http2 : http1).emit('connection', socket);
    };
    look();
  });
  server.listen(where.port, where.host);
  await once(server, 'listening');
  const address = server.address();

  return {
    port: typeof address === 'object' && address !== null ? address.port : where.port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Ends an answer in the middle: the connection, or on HTTP/2 the one stream of it. */
export function cutOff(response: ServerResponse): void {
  const either = response as ServerResponse | Http2ServerResponse;
  if (either instanceof Http2ServerResponse) either.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else either.destroy();
}

/** Whether the client has all of the answer. */
export const isDone = (response: ServerResponse): boolean =>
  response.writableFinished ?? response.writableEnded;
