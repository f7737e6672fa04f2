import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  form,
  type Ingress,
  mention,
  SECRET,
  type Sent,
  send,
  signature,
  startIngress,
} from './slack-ingress.ts';

let ingress: Ingress;
let accepted: string[];
beforeEach(async () => {
  accepted = [];
  ingress = await startIngress({
    acceptTurn: async (message) => {
      accepted.push(message.messageId);
      return { outcome: 'accepted', turnId: 'turn-1', place: 1, wake: true };
    },
  });
});
afterEach(() => ingress.close());

const stillServes = async () => {
  const before = accepted.length;
  expect((await send(ingress, mention())).status).toBe(200);
  expect(accepted).toHaveLength(before + 1);
};

test('that Slack keeps events back is taken note of', async () => {
  const body = JSON.stringify({ type: 'app_rate_limited', team_id: 'T1', minute_rate_limited: 1518467820 });
  expect(await send(ingress, { body })).toMatchObject({ status: 200, text: '' });
  expect(ingress.refused).toEqual(['app_rate_limited']);
});

test('a signed mention is accepted and acknowledged with an empty 200', async () => {
  expect(await send(ingress, mention())).toMatchObject({ status: 200, text: '' });
  expect(accepted).toEqual(['1700000000.000100']);
});

test.each<[string, Sent, number, string]>([
  ['an unsigned event', { ...mention(), signed: false }, 401, 'bad_headers'],
  [
    'an unsigned check of the address',
    { body: '{"type":"url_verification","challenge":"c"}', signed: false },
    401,
    'bad_headers',
  ],
  ['an unsigned ssl_check', { ...form({ ssl_check: '1', token: 't' }), signed: false }, 401, 'bad_headers'],
  [
    'an event that smuggles ssl_check without a signature',
    { ...mention({}, { ssl_check: 1 }), signed: false },
    401,
    'bad_headers',
  ],
  [
    'a forged signature',
    { ...mention(), headers: { 'X-Slack-Signature': `v0=${'0'.repeat(64)}` } },
    401,
    'bad_signature',
  ],
  [
    'an old signature',
    {
      ...mention(),
      headers: {
        'X-Slack-Request-Timestamp': '1600000000',
        'X-Slack-Signature': signature(mention().body, '1600000000'),
      },
    },
    401,
    'stale',
  ],
  [
    'a signature sent twice',
    { ...mention(), headers: { 'X-Slack-Signature': [`v0=${'0'.repeat(64)}`, `v0=${'1'.repeat(64)}`] } },
    401,
    'bad_headers',
  ],
  ['signed invalid JSON', { body: '{"type":' }, 400, 'malformed'],
  ['a signed JSON list', { body: '[]' }, 400, 'malformed'],
  ['signed JSON null', { body: 'null' }, 400, 'malformed'],
  ['an empty signed body', { body: '' }, 400, 'malformed'],
  ['a signed form whose payload is no JSON', form({ payload: 'nonsense' }), 400, 'malformed'],
  ['a signed event that is no object', { body: '{"type":"event_callback","event":"x"}' }, 400, 'malformed'],
  ['a signed event that is null', { body: '{"type":"event_callback","event":null}' }, 400, 'malformed'],
])('%s is refused, and the process lives', async (_name, sent, status, why) => {
  expect((await send(ingress, sent)).status).toBe(status);
  expect(ingress.refused).toEqual([why]);
  expect(accepted).toEqual([]);
  await stillServes();
});

test('only a signed check of the address gets its challenge back', async () => {
  const check = {
    body: JSON.stringify({ type: 'url_verification', challenge: 'the-challenge', token: 't' }),
  };
  const answer = await send(ingress, check);
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.text)).toEqual({ challenge: 'the-challenge' });
  expect((await send(ingress, { ...check, signed: false })).text).not.toContain('the-challenge');
});

test('a signed ssl_check is answered', async () => {
  expect((await send(ingress, form({ ssl_check: '1', token: 't' }))).status).toBe(200);
});

test.each(['GET', 'PUT', 'DELETE', 'HEAD'])('%s is answered with 405 and what is allowed', async (method) => {
  const answer = await send(ingress, { body: '', method });
  expect(answer.status).toBe(405);
  expect(answer.headers.allow).toBe('POST');
});

test.each([1, 6])(
  'a body of %i MB is answered with 413, with its length told or not, signed or not',
  async (megabytes) => {
    const body = JSON.stringify({ type: 'event_callback', filler: 'x'.repeat(megabytes * 1_000_000) });
    for (const sent of [
      { body },
      { body, chunked: true },
      { body, signed: false },
      { body, signed: false, chunked: true },
    ]) {
      expect((await send(ingress, sent)).status).toBe(413);
    }
    expect(ingress.refused).toEqual(Array(4).fill('too_large'));
    await stillServes();
  },
);

test('a body without end is cut off', async () => {
  const request = httpRequest(`${ingress.url}/slack/events`, { method: 'POST', agent: false });
  const ended = new Promise<string>((resolve) => {
    request.on('response', (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    request.on('error', () => resolve('cut'));
  });
  const chunk = Buffer.alloc(65_536, 'x');
  let sent = 0;
  const more = () => {
    if (request.destroyed || sent > 64 * 1024 * 1024) return;
    sent += chunk.length;
    request.write(chunk, (error) => {
      if (!error) setImmediate(more);
    });
  };
  more();
  expect(['413', 'cut']).toContain(await ended);
  request.destroy();
  expect(sent).toBeLessThan(64 * 1024 * 1024);
  await stillServes();
});

test('the longest message that Slack sends is taken', async () => {
  const text = '😀'.repeat(40_000);
  expect((await send(ingress, mention({ text, blocks: [{ type: 'rich_text', text }] }))).status).toBe(200);
  expect(accepted).toHaveLength(1);
});

test('a sender that goes away in the middle of its body leaves no trace', async () => {
  const socket = connect(Number(new URL(ingress.url).port), '127.0.0.1');
  // The server says "continue" once it reads the body.
  socket.write(
    'POST /slack/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n{"type":',
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toContain('100 Continue');
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
  await stillServes();
  expect(ingress.refused).toEqual([]);
});

test.each<[string, Sent, number]>([
  ['an event nobody listens to', mention({ type: 'reaction_added', item: { channel: 'C1' } }), 200],
  ['an event of an unknown type', mention({ type: 'invented_by_slack_tomorrow' }), 200],
  ['an event without a type', { body: '{"type":"event_callback","event":{}}' }, 200],
  ['a body of a kind Slack has not invented', { body: '{"type":"invented"}' }, 404],
  [
    'an interaction nobody listens to',
    form({ payload: JSON.stringify({ type: 'view_submission', view: {}, user: { id: 'U1' } }) }),
    404,
  ],
  ['an unknown slash command', form({ command: '/other', text: '', user_id: 'U1' }), 404],
])('%s is answered, and the process lives', async (_name, sent, status) => {
  expect((await send(ingress, sent)).status).toBe(status);
  expect(accepted).toEqual([]);
  await stillServes();
});

test.each<{ [name: string]: unknown }>([
  { event: { type: 'message', channel: null } },
  { event: { type: 'message', item: 3 } },
  { actions: [] },
  { actions: 'x', type: 'block_actions' },
  { command: '/agent', text: { a: 1 } },
  { type: 'block_actions', actions: [null], user: null },
  { constructor: 1, toString: null },
])('a signed body that makes no sense gets an answer, and the process lives: %j', async (body) => {
  const { status } = await send(ingress, { body: JSON.stringify(body) });
  expect([200, 400, 404, 503]).toContain(status);
  await stillServes();
});

test('before the app is there, Slack is asked to come again', async () => {
  const early = await startIngress({}, { withoutBolt: true });
  try {
    expect((await send(early, mention())).status).toBe(503);
  } finally {
    await early.close();
  }
});

test('no answer names the secret or what was signed', async () => {
  const answers = [await send(ingress, { ...mention(), signed: false }), await send(ingress, { body: '{' })];
  for (const { text } of answers) {
    expect(text.length).toBeGreaterThan(0);
    expect(text).not.toContain(SECRET);
    expect(text).not.toMatch(/v0=|at .*\.ts/);
  }
});
