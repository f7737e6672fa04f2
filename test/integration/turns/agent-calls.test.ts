import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createRuntimeClient, type RuntimeClient } from '../../../src/agentcore/runtime-client.ts';
import { createAgentCalls } from '../../../src/turns/agent-calls.ts';
import { eventually } from '../../setup/eventually.ts';
import { message, SOMEBODY } from './messages.ts';

const SESSION = 'tc-0123456789012345678901234567890123456789';
const CONNECTIONS = new Set<Socket>();
let server: Server;
let runtime: RuntimeClient;

afterEach(async () => {
  runtime.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  CONNECTIONS.clear();
});

async function startCalls(answer: (response: ServerResponse) => void) {
  return startServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    answer(response);
  });
}

async function startServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  memoryWriter?: 'backend',
) {
  server = createServer(handle);
  server.on('connection', (socket: Socket) => CONNECTIONS.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  runtime = createRuntimeClient({
    region: 'us-east-2',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    runtimeArn: 'arn:aws:bedrock-agentcore:us-east-2:123456789012:runtime/agent-AbCdEf1234',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' },
  });
  return createAgentCalls({
    runtime,
    protocol: 'threadcore',
    silenceMs: 5_000,
    onUnknown: () => undefined,
    ...(memoryWriter ? { memoryWriter } : {}),
  });
}

async function readToEnd(calls: ReturnType<typeof createAgentCalls>, turnId: string): Promise<string[]> {
  const types: string[] = [];
  const events = calls.invoke({
    mode: 'start',
    afterSeq: 0,
    signal: new AbortController().signal,
    sessionId: SESSION,
    person: SOMEBODY,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    message: message({}),
    invocation: {
      v: 1,
      mode: 'start',
      turnId,
      prompt: 'hello',
      actor: SOMEBODY.actor,
      session: { id: SESSION },
    },
  });
  for await (const event of events) {
    types.push(event.type);
    if (event.type === 'end') break;
  }
  return types;
}

const ANSWER = 'data: {"type":"text","seq":1,"text":"hi"}\n\ndata: {"type":"end","seq":2,"stop":"end"}\n\n';

describe('calls of the agent', () => {
  it('serve one turn after the other on one connection, although each reader leaves at the end event', async () => {
    const calls = await startCalls((response) => {
      response.write(ANSWER);
      // The close comes a little after the last event, as it does over a network.
      setImmediate(() => response.end());
    });
    for (let i = 0; i < 5; i += 1) {
      expect(await readToEnd(calls, `turn-${i}`)).toEqual(['text', 'end']);
      // The connection is free again once the response was read to its close.
      await eventually('an idle connection', () => [...CONNECTIONS].some((socket) => !socket.destroyed));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(CONNECTIONS.size).toBeLessThan(5);
  });

  it('do not keep a connection whose agent never closes its answer', async () => {
    const calls = await startCalls((response) => response.write(ANSWER));
    expect(await readToEnd(calls, 'turn-open')).toEqual(['text', 'end']);
    await eventually('the connection to be closed', () =>
      [...CONNECTIONS].every((socket) => socket.destroyed),
    );
    expect(CONNECTIONS.size).toBe(1);
  });

  it.each([undefined, 'backend'] as const)('say who writes to Memory: %s', async (memoryWriter) => {
    let body = '';
    const calls = await startServer((request, response) => {
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(ANSWER));
    }, memoryWriter);
    await readToEnd(calls, 'turn-1');
    const sent = JSON.parse(body) as Record<string, unknown>;
    expect(sent.prompt).toBe('hello');
    expect(sent.memoryWriter).toBe(memoryWriter);
  });
});

describe('the end of a session', () => {
  /** An AgentCore that answers each StopRuntimeSession with the next of these; the last one stays. */
  async function startStops(...answers: readonly (readonly [status: number, error?: string])[]) {
    const stops: string[] = [];
    const asked = Promise.withResolvers<void>();
    const calls = await startServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        const [status, error] = answers[Math.min(stops.length, answers.length - 1)] ?? [200];
        stops.push(body + String(request.headers['x-amzn-client-token'] ?? ''));
        response.writeHead(status, {
          'content-type': 'application/json',
          ...(error ? { 'x-amzn-errortype': error } : {}),
        });
        response.end('{}');
        asked.resolve();
      });
    });
    return { calls, stops, asked: asked.promise };
  }
  const never = new AbortController().signal;

  it('is asked for again, as the same wish, when it did not go through for the moment', async () => {
    const { calls, stops } = await startStops([429, 'ThrottlingException'], [200]);
    await calls.stopSession(SESSION, SOMEBODY, never);
    expect(stops).toHaveLength(2);
    expect(new Set(stops).size).toBe(1);
    expect(stops[0]).toMatch(/[a-z0-9]{33}/);
  });

  it('is not asked for again where that cannot help', async () => {
    const { calls, stops } = await startStops([403, 'AccessDeniedException']);
    await expect(calls.stopSession(SESSION, SOMEBODY, never)).rejects.toMatchObject({ code: 'agent_denied' });
    expect(stops).toHaveLength(1);
  });

  it('is given up with the lane', async () => {
    const { calls, stops, asked } = await startStops([429, 'ThrottlingException']);
    const lane = new AbortController();
    const lost = new Error('the lane is lost');
    const stopping = calls.stopSession(SESSION, SOMEBODY, lane.signal);
    await asked;
    lane.abort(lost);
    await expect(stopping).rejects.toMatchObject({ code: 'agent_cancelled' });
    expect(stops).toHaveLength(1);
  });
});
