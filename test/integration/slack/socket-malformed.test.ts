import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createSocketModeReceiver } from '../../../src/slack/socket-mode.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { pause } from '../../../src/turns/pause.ts';
import { eventually } from '../../setup/eventually.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Slack's side of Socket Mode, down to what is sent. */
async function startSlack() {
  const server = createServer((_request, response) => {
    const { port } = server.address() as AddressInfo;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ok: true, url: `ws://127.0.0.1:${port}/` }));
  });
  const sockets = new WebSocketServer({ server });
  const connections: WebSocket[] = [];
  const received: unknown[] = [];
  sockets.on('connection', (socket) => {
    connections.push(socket);
    socket.on('message', (data: Buffer) => received.push(JSON.parse(data.toString())));
    socket.send(JSON.stringify({ type: 'hello' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    for (const socket of connections) socket.terminate();
    sockets.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`,
    connections,
    received,
  };
}

/** A receiver that is connected and acknowledges all that it hands over. */
async function startReceiver(apiUrl: string, handle: (body: unknown) => void = () => undefined) {
  const receiver = createSocketModeReceiver({
    appToken: 'xapp-1-test',
    apiUrl,
    pause,
    now: () => performance.now(),
    random: () => 1,
    onHandled: () => undefined,
    log: createLogger({ level: 'silent' }),
  });
  receiver.init({
    async processEvent({ body, ack }: { body: unknown; ack: () => Promise<void> }) {
      handle(body);
      await ack();
    },
  } as unknown as Parameters<typeof receiver.init>[0]);
  await receiver.start();
  closers.push(() => receiver.stop());
  await eventually('the connection', () => receiver.connected());
  return receiver;
}

test('what makes no sense is not acknowledged, and the next delivery is handled', async () => {
  const slack = await startSlack();
  const handled: unknown[] = [];
  await startReceiver(slack.apiUrl, (body) => handled.push(body));
  const [socket] = slack.connections;
  for (const nonsense of [
    'no json',
    'null',
    '7',
    '{}',
    '[]',
    '{"type":"events_api","envelope_id":"e1"}',
    '{"type":"events_api","envelope_id":"e2","payload":{"event":null}}',
    '{"type":"disconnect-me-not","envelope_id":"e3"}',
  ])
    socket?.send(nonsense);
  socket?.send(Buffer.from([1, 2, 3]));
  const body = { type: 'event_callback', event: { type: 'message' } };
  socket?.send(JSON.stringify({ type: 'events_api', envelope_id: 'good', payload: body }));
  await eventually('the acknowledgement', () =>
    slack.received.some((ack) => (ack as { envelope_id: string }).envelope_id === 'good'),
  );
  expect(handled).toContainEqual(body);
  expect(slack.received).not.toContainEqual(expect.objectContaining({ envelope_id: 'e1' }));
  expect(slack.received).not.toContainEqual(expect.objectContaining({ envelope_id: 'e2' }));
  expect(slack.connections).toHaveLength(1);
});

test('a text that only speaks of a disconnect ends no connection', async () => {
  const slack = await startSlack();
  const receiver = await startReceiver(slack.apiUrl);
  const event = { type: 'message', text: '{"type":"disconnect"}', blocks: [{ type: 'disconnect' }] };
  const envelope = { payload: { event }, envelope_id: 'e1', type: 'events_api' };
  slack.connections[0]?.send(JSON.stringify(envelope));
  await eventually('the acknowledgement', () => slack.received.length === 1);
  expect(receiver.connected()).toBe(true);
  expect(slack.connections).toHaveLength(1);
});
