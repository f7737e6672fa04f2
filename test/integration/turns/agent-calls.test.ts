import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createRuntimeClient, type RuntimeClient } from '../../../src/agentcore/runtime-client.ts';
import { createAgentCalls } from '../../../src/turns/agent-calls.ts';
import { eventually } from '../../setup/eventually.ts';

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
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    answer(response);
  });
  server.on('connection', (socket: Socket) => CONNECTIONS.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  runtime = createRuntimeClient({
    region: 'us-east-2',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    runtimeArn: 'arn:aws:bedrock-agentcore:us-east-2:123456789012:runtime/agent-AbCdEf1234',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' },
  });
  return createAgentCalls({ runtime, protocol: 'threadcore', silenceMs: 5_000, onUnknown: () => undefined });
}

async function readToEnd(calls: ReturnType<typeof createAgentCalls>, turnId: string): Promise<string[]> {
  const types: string[] = [];
  const events = calls.invoke({
    mode: 'start',
    afterSeq: 0,
    signal: new AbortController().signal,
    sessionId: SESSION,
    userId: 'slack:T1:U1',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    invocation: {
      v: 1,
      mode: 'start',
      turnId,
      prompt: 'hello',
      actor: { id: 'slack:T1:U1', name: '', groups: [] },
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
});
