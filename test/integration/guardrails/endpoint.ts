import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export interface AskedGuardrail {
  readonly path: string;
  readonly source: string;
  readonly texts: readonly string[];
  readonly qualifiers: readonly (readonly string[] | undefined)[];
}

export interface Answer {
  readonly status?: number;
  /** The name of an AWS error. */
  readonly error?: string;
  readonly body?: unknown;
  /** Say nothing at all. */
  readonly silent?: true;
  /** Close the connection. */
  readonly hangUp?: true;
  /** Milliseconds that the answer takes. */
  readonly afterMs?: number;
}

/** ApplyGuardrail over HTTP/2, as the SDK speaks it; answers as the test says. */
export async function openGuardrail(answer: (asked: AskedGuardrail, number: number) => Answer) {
  const asked: AskedGuardrail[] = [];
  const sessions = new Set<ServerHttp2Session>();
  let opened = 0;
  const server = createServer({ settings: { maxConcurrentStreams: 1_000 } });
  server.on('session', (session) => {
    opened += 1;
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', async () => {
      // The connection was closed before all of the question had come.
      if (stream.aborted || stream.destroyed) return;
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        source: string;
        content: { text: { text: string; qualifiers?: string[] } }[];
      };
      const one = {
        path: String(headers[':path']),
        source: body.source,
        texts: body.content.map(({ text }) => text.text),
        qualifiers: body.content.map(({ text }) => text.qualifiers),
      };
      asked.push(one);
      const { status = 200, error, body: said, silent, hangUp, afterMs = 0 } = answer(one, asked.length);
      if (afterMs > 0) await wait(afterMs);
      if (hangUp) stream.session?.destroy();
      if (silent || stream.destroyed) return;
      stream.respond({
        ':status': status,
        'content-type': 'application/json',
        ...(error === undefined ? {} : { 'x-amzn-errortype': error }),
      });
      stream.end(typeof said === 'string' ? said : JSON.stringify(said ?? { message: `a ${error}` }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    /** Connections that were made. */
    connections: () => opened,
    async close() {
      for (const session of sessions) session.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
