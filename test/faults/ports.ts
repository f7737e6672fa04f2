import { createServer } from 'node:net';

/** Outgoing connections get their ports from above this range, so that nothing takes one while its server restarts. */
const LOWEST = 12_000;
const HIGHEST = 31_999;

let next = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));

/** A port on loopback that stays free while its server is down. No two calls in one process give the same one. */
export async function quietPort(): Promise<number> {
  for (let tried = LOWEST; tried <= HIGHEST; tried += 1) {
    next = next >= HIGHEST ? LOWEST : next + 1;
    const port = next;
    if (await isFree(port)) return port;
  }
  throw new Error(`no port between ${LOWEST} and ${HIGHEST} is free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
