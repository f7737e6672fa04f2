import { createServer, type RequestListener, type Server } from 'node:http';

/**
 * Longer than load balancers keep a connection that nothing happens on (60 s at AWS): the side that sends requests has to
 * be the one that ends it. Otherwise now and then a request meets the end of its connection, and is answered with 502.
 */
const KEPT_MS = 75_000;

export function createWebServer(app: RequestListener): Server {
  return createServer({ keepAliveTimeout: KEPT_MS }, app);
}
