import type { Server } from 'node:http';

/** Node leaves a connection open whose request has just ended, and closes none of them by itself when it stops. */
const LOOK_EVERY_MS = 50;

/** Takes no new connection, lets the requests under way end for `withinMs`, and cuts off what is left then. */
export async function stopServing(server: Server, withinMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const look = setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS);
  const limit = setTimeout(() => server.closeAllConnections(), withinMs);
  await closed;
  clearInterval(look);
  clearTimeout(limit);
}
