import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** Listens on loopback: a GET tells that it is up, everything else is answered by `answer`. */
export function serve(
  port: number,
  answer: (body: Buffer, request: IncomingMessage, response: ServerResponse) => Promise<void>,
): void {
  const read = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    await answer(Buffer.concat(chunks), request, response);
  };
  const server = createServer((request, response) => {
    if (request.method === 'GET') response.end('ok');
    else
      read(request, response).catch((error: unknown) => {
        console.error(error);
        response.destroy();
      });
  });
  process.on('SIGTERM', () => process.exit(0));
  server.listen(port, '127.0.0.1');
}
