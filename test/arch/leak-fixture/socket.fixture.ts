import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from 'vitest';

test('leaves a socket open after its server stopped listening', async () => {
  const server = createServer((peer) => peer.unref()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  server.close();
  expect(socket.readyState).toBe('open');
});
