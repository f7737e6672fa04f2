import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createClock, createEventSender, mentionEvent } from '../../../bench/engine/signed-events.ts';
import { normaliseMessage } from '../../../src/slack/normalise.ts';
import { refuseUnsigned } from '../../../src/slack/verify.ts';

const mention = {
  team: 'T0OTHER00001',
  channel: 'C0CLOUD0000',
  user: 'U0USER00001',
  ts: '1700000000.000100',
  words: 'echo hello',
  eventId: 'Ev1',
};

it('makes a mention that reads as a question of its own workspace', () => {
  const read = normaliseMessage(JSON.parse(mentionEvent({ ...mention, threadTs: '1600000000.000100' })));
  expect(read).toMatchObject({
    kind: 'message',
    message: {
      key: { tenant: 'T0OTHER00001', conversation: 'C0CLOUD0000', thread: '1600000000.000100' },
      sender: { id: 'U0USER00001', tenant: 'T0OTHER00001' },
      text: 'echo hello',
      addressed: true,
    },
  });
});

it('signs what it sends, and says when it sends it again', async () => {
  const seen: unknown[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const signed = { rawHeaders: request.rawHeaders, body: Buffer.concat(chunks) };
    seen.push([refuseUnsigned(signed, 'secret', Date.now()), request.headers['x-slack-retry-num']]);
    response.writeHead(seen.length === 1 ? 200 : 503).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const eventsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
  const sender = createEventSender({ eventsUrl, signingSecret: 'secret' });
  try {
    expect(await sender.send(mentionEvent(mention))).toBe(200);
    expect(await sender.send(mentionEvent(mention), true)).toBe(503);
    expect(seen).toEqual([
      [undefined, undefined],
      [undefined, '1'],
    ]);
  } finally {
    sender.close();
    server.close();
    await once(server, 'close');
  }
});

it('gives each message a later time than the one before', () => {
  const clock = createClock(1_700_000_000_999);
  expect([clock(), clock()]).toEqual(['1700000000.999100', '1700000000.999200']);
});
