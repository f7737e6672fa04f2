import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { TURN_UNKNOWN } from '../src/contract/events.ts';

/**
 * An agent that takes no time: it answers `echo X` with X at once, as one text event and an end. What a turn then
 * costs is the backend's own. With ANSWER_AFTER_MS it first waits so long, as for a model, and takes no time of a core.
 * Speaks the agent's side of AgentCore: GET /ping, POST /invocations.
 */
const WAIT_MS = Number(process.env.ANSWER_AFTER_MS ?? 0);
const asked = z.object({ mode: z.enum(['start', 'attach']), prompt: z.string() });

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"status":"Healthy"}');
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const { mode, prompt } = asked.parse(JSON.parse(Buffer.concat(chunks).toString()));
  if (WAIT_MS > 0) await wait(WAIT_MS);
  const first =
    mode === 'start'
      ? { type: 'text', seq: 1, text: prompt.replace(/^echo /, '') }
      : { type: 'error', seq: 1, code: TURN_UNKNOWN, message: 'This agent remembers no turn.' };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(
    [first, { type: 'end', seq: 2, stop: 'end' }].map((e) => `data: ${JSON.stringify(e)}\n\n`).join(''),
  );
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.stdin.on('close', () => process.exit(0)).resume();
process.on('SIGTERM', () => process.exit(0));
