import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';

/**
 * A small agent for tests, with what AgentCore asks of one: GET /ping and POST /invocations.
 * The body says what it does; it counts its invocations, so a test can tell processes apart.
 */
const order = z.object({
  do: z.enum([
    'echo',
    'hold',
    'stream',
    'flood',
    'fail',
    'crash',
    'crash-mid',
    'busy',
    'idle',
    'deaf',
    'mute',
  ]),
  bytes: z.number().optional(),
});

let count = 0;
let busy = false;
/** Answers that were closed by the other side before they were complete. */
let disconnects = 0;
/** Requests that get no answer. */
let mutes = 0;
/** Bytes of `flood` that were written so far. */
let flooded = 0;
/** A streamed answer that waits for the test to send `hold` again. */
let release: (() => void) | undefined;

async function invoke(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  count += 1;
  response.on('close', () => {
    if (!response.writableFinished) disconnects += 1;
  });
  const parsed = order.safeParse(body.length < 1_000 ? JSON.parse(body.toString() || '{}') : {});
  const wanted = parsed.data ?? { do: 'echo' as const };
  const echo = () =>
    JSON.stringify({
      pid: process.pid,
      count,
      disconnects,
      flooded,
      mutes,
      bytes: body.length,
      headers: request.headers,
    });
  switch (wanted.do) {
    case 'crash':
      process.exit(1);
      break;
    case 'fail':
      response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":"on order"}');
      break;
    case 'stream':
    case 'crash-mid':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: one\n\n');
      if (wanted.do === 'crash-mid') {
        release = () => process.exit(1);
      } else {
        release = () => response.end('data: two\n\n');
      }
      break;
    case 'mute':
      mutes += 1;
      break;
    case 'hold':
      release?.();
      response.writeHead(200, { 'content-type': 'application/json' }).end(echo());
      break;
    case 'flood': {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      const piece = Buffer.alloc(64 * 1024, 'x');
      flooded = 0;
      const more = () => {
        while (flooded < (wanted.bytes ?? 0)) {
          flooded += piece.length;
          if (!response.write(piece)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
      break;
    }
    default:
      if (wanted.do === 'busy') busy = true;
      if (wanted.do === 'idle') busy = false;
      if (wanted.do === 'deaf') process.on('SIGTERM', () => console.log('SIGTERM ignored'));
      response.writeHead(200, { 'content-type': 'application/json', 'x-secret': 'stays inside' }).end(echo());
  }
}

const server = createServer((request, response) => {
  if (request.url === '/ping') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: busy ? 'HealthyBusy' : 'Healthy' }));
    return;
  }
  invoke(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
});
if (process.env.EXIT_WITH_PARENT === '1') {
  process.stdin.resume();
  process.stdin.on('end', () => process.exit(0));
}
if (process.env.FIXTURE_NEVER_READY !== '1') {
  server.listen(Number(process.env.PORT), process.env.HOST, () => console.log(`listening as ${process.pid}`));
} else {
  console.error('as ordered, not starting');
  process.exitCode = 3;
  process.stdin.destroy();
}
