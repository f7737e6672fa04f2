import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { type Attempt, failed, type Transport } from './delivery-transport.ts';
import { comesFromHere } from './loopback-guard.ts';
import { APP } from './seed.ts';

/** Source: docs.slack.dev, "Using Socket Mode". An app may have ten connections; each envelope goes to one of them. */
const MAX_CONNECTIONS = 10;
const PING_MS = 10_000;
/** What Slack tells a connection about its own life, in seconds. */
const CONNECTION_SECONDS = 18_060;

const ackSchema = z.object({ envelope_id: z.string(), payload: z.unknown().optional() });

export interface Sockets {
  count(): number;
  /** Asks every connection to come back, as Slack does every few hours. The app reconnects. */
  refresh(reason?: 'warning' | 'refresh_requested' | 'link_disabled'): void;
  /** Cuts every connection without a word. */
  drop(): void;
}

export interface SocketMode extends Transport, Sockets {
  /** A WebSocket address that can be used once. Source: `apps.connections.open`. */
  issueUrl(): string;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

interface Pending {
  readonly socket: WebSocket;
  readonly settle: (attempt: Attempt) => void;
}

export function createSocketMode(options: { baseUrl: () => string; ackTimeoutMs: number }): SocketMode {
  const { baseUrl, ackTimeoutMs } = options;
  const server = new WebSocketServer({ noServer: true });
  const tickets = new Set<string>();
  const pending = new Map<string, Pending>();
  const open: WebSocket[] = [];
  let turn = 0;
  let pinger: NodeJS.Timeout | undefined;

  const debug = { host: 'stand-in', build_number: 1, approximate_connection_time: CONNECTION_SECONDS };
  const say = (socket: WebSocket, message: object): void => socket.send(JSON.stringify(message));

  function takeAck(data: string): void {
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch {
      // Slack ignores what is no JSON; the envelope stays unacknowledged and is sent again.
      return;
    }
    const ack = ackSchema.safeParse(value);
    if (!ack.success) return;
    const { envelope_id: id, payload } = ack.data;
    const empty = payload === undefined || payload === null || JSON.stringify(payload) === '{}';
    pending.get(id)?.settle({ outcome: 200, body: empty ? '' : JSON.stringify(payload), noRetry: false });
  }

  function forget(socket: WebSocket): void {
    const at = open.indexOf(socket);
    if (at >= 0) open.splice(at, 1);
    if (open.length === 0) {
      clearInterval(pinger);
      pinger = undefined;
    }
    for (const item of [...pending.values()]) {
      if (item.socket === socket) item.settle(failed('connection_failed'));
    }
  }

  function welcome(socket: WebSocket): void {
    // A broken connection also closes; the close is what counts.
    socket.on('error', () => socket.terminate());
    if (open.length >= MAX_CONNECTIONS) {
      say(socket, { type: 'disconnect', reason: 'too_many_websockets', debug_info: debug });
      socket.close(1000);
      return;
    }
    open.push(socket);
    pinger ??= setInterval(() => {
      for (const each of open) each.ping();
    }, PING_MS);
    socket.on('message', (data, isBinary) => {
      if (!isBinary && Buffer.isBuffer(data)) takeAck(data.toString());
    });
    socket.on('close', () => forget(socket));
    say(socket, {
      type: 'hello',
      num_connections: open.length,
      debug_info: debug,
      connection_info: { app_id: APP.id },
    });
  }

  return {
    count: () => open.length,
    issueUrl() {
      const ticket = randomUUID();
      tickets.add(ticket);
      return `${baseUrl().replace(/^http/, 'ws')}/link/?ticket=${ticket}&app_id=${APP.id}`;
    },
    upgrade(request, socket, head) {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const ticket = url.searchParams.get('ticket') ?? '';
      if (url.pathname !== '/link/' || !comesFromHere(request.headers) || !tickets.delete(ticket)) {
        socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
        return;
      }
      server.handleUpgrade(request, socket, head, welcome);
    },
    send(item, signal) {
      const ready = open.filter((socket) => socket.readyState === socket.OPEN);
      const socket = ready[turn % Math.max(1, ready.length)];
      turn += 1;
      if (socket === undefined || signal.aborted) return Promise.resolve(failed('connection_failed'));
      const id = randomUUID();
      return new Promise((resolve) => {
        const settle = (attempt: Attempt): void => {
          pending.delete(id);
          clearTimeout(timer);
          signal.removeEventListener('abort', abandon);
          resolve(attempt);
        };
        const abandon = (): void => settle(failed('connection_failed'));
        const timer = setTimeout(() => settle(failed('http_timeout')), ackTimeoutMs);
        signal.addEventListener('abort', abandon);
        pending.set(id, { socket, settle });
        say(socket, {
          envelope_id: id,
          type: item.kind,
          payload: item.payload,
          accepts_response_payload: item.kind !== 'events_api',
          ...(item.kind === 'events_api'
            ? { retry_attempt: item.retry?.number ?? 0, retry_reason: socketReason(item.retry?.reason) }
            : {}),
        });
      });
    },
    refresh(reason = 'refresh_requested') {
      for (const socket of [...open]) {
        say(socket, { type: 'disconnect', reason, debug_info: debug });
        // From now on envelopes go elsewhere. A warning leaves the connection some time, the others end it.
        if (reason === 'warning') continue;
        open.splice(open.indexOf(socket), 1);
        socket.close(1000);
      }
    },
    drop() {
      for (const socket of [...open]) socket.terminate();
    },
    close() {
      clearInterval(pinger);
      // Those that are closing still wait for the other side: nobody waits for them.
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

/** Envelopes name the reasons of a retry without the transport. */
function socketReason(reason: string | undefined): string {
  if (reason === undefined) return '';
  return reason === 'http_timeout' ? 'timeout' : reason;
}
