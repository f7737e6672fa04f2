import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Listening, listen } from '../../../../local/aws/listen.ts';

/** HTTP/1.1 and HTTP/2 at one port. */

async function start(): Promise<Listening> {
  const server = await listen({ port: 0, host: '127.0.0.1' }, (request, response) => {
    response.writeHead(200, { 'x-protocol': request.httpVersion });
    response.end('here');
  });
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= server.close());
  onTestFinished(close);
  return { ...server, close };
}

async function open({ port }: Listening): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.setNoDelay(true);
  await once(socket, 'connect');
  // The server cuts connections, in the middle of something too.
  socket.on('error', (error: NodeJS.ErrnoException) => expect(error.code).toBe('ECONNRESET'));
  return socket;
}

async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

test('a request that comes byte by byte is understood', async () => {
  const server = await start();
  const socket = await open(server);
  const answer = readAll(socket);
  for (const byte of 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n') {
    await new Promise((resolve) => socket.write(byte, resolve));
  }
  expect(await answer).toMatch(/^HTTP\/1\.1 200 OK\r\nx-protocol: 1\.1/);
});

test('many requests share one HTTP/2 connection', async () => {
  const server = await start();
  const session = connectHttp2(`http://127.0.0.1:${server.port}`);
  onTestFinished(() => session.destroy());
  const protocols = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const stream = session.request({ ':path': '/' });
      const [headers] = (await once(stream, 'response')) as [Record<string, string>];
      stream.resume();
      await once(stream, 'close');
      return headers['x-protocol'];
    }),
  );
  expect(new Set(protocols)).toEqual(new Set(['2.0']));
});

test('nonsense is a bad request, and neither it nor a silent client keeps the server open', async () => {
  const server = await start();
  await open(server);
  const noisy = await open(server);
  const refused = once(noisy, 'data');
  noisy.write('\x16\x03\x01 this is no HTTP\r\n\r\n');
  expect(String(await refused)).toMatch(/^HTTP\/1\.1 400 Bad Request/);
  const half = await open(server);
  half.write('P');
  const gone = new Promise((resolve) => half.once('close', resolve));
  await server.close();
  await gone;
  await expect(fetch(`http://127.0.0.1:${server.port}/`)).rejects.toThrow('fetch failed');
});
