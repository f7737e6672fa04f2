import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { stopServing } from '../../../src/web/stop-serving.ts';
import { createWebServer } from '../../../src/web/web-server.ts';

it('keeps a connection for longer than the load balancers before it do', async () => {
  const server = createWebServer((_request, response) => void response.end('well'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  await answer.text();
  const [, seconds] = /timeout=(\d+)/.exec(answer.headers.get('keep-alive') ?? '') ?? [];
  expect(Number(seconds)).toBeGreaterThan(60);
  await stopServing(server, 1_000);
});
