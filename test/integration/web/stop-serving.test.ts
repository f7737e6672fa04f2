import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { stopServing } from '../../../src/web/stop-serving.ts';

const agent = new Agent({ keepAlive: true });
afterEach(() => agent.destroy());

/** A server whose only request is answered when the test says so. */
async function serving() {
  const goOn = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const server: Server = createServer((_request, response) => {
    reached.resolve();
    void goOn.promise.then(() => response.end('done'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const request = get({ host: '127.0.0.1', port, agent });
  const answer = once(request, 'response').then(
    ([response]) => (response as IncomingMessage).resume().statusCode,
    (error: NodeJS.ErrnoException) => error.code,
  );
  await reached.promise;
  return { server, answer, port, answerIt: goOn.resolve };
}

it('a request under way is answered, and its connection does not keep the server', async () => {
  const { server, answer, port, answerIt } = await serving();
  const stopped = stopServing(server, 60_000);
  const late = get({ host: '127.0.0.1', port });
  expect(((await once(late, 'error')) as [NodeJS.ErrnoException])[0].code).toBe('ECONNREFUSED');
  answerIt();
  expect(await answer).toBe(200);
  await stopped;
  expect(server.listening).toBe(false);
});

it('one that takes too long is cut off', async () => {
  const { server, answer } = await serving();
  await stopServing(server, 20);
  expect(await answer).toBe('ECONNRESET');
});
