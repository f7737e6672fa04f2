import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createSlackClient } from '../../../src/slack/client.ts';
import { type SlackFailure, slackFailure } from '../../../src/slack/failures.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
});

async function clientOf(listener: RequestListener, timeoutMs = 5_000) {
  const observed: string[] = [];
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createSlackClient({
    token: 'xoxb-secret',
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`,
    timeoutMs,
    observe: (method, outcome) => observed.push(`${method} ${outcome}`),
  });
  return { client, observed };
}

const json =
  (body: unknown): RequestListener =>
  (_request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(body));
  };

test('a call is one request with token and arguments, and answers what Slack answered', async () => {
  const seen: unknown[] = [];
  const { client, observed } = await clientOf(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    seen.push([
      request.method,
      request.url,
      request.headers.authorization,
      Object.fromEntries(new URLSearchParams(body)),
    ]);
    json({ ok: true, ts: '1.1' })(request, response);
  });
  expect(
    await client.call('chat.postMessage', { channel: 'C1', text: 'hi', blocks: [{ type: 'divider' }] }),
  ).toMatchObject({ ts: '1.1' });
  expect(seen).toEqual([
    [
      'POST',
      '/api/chat.postMessage',
      'Bearer xoxb-secret',
      { channel: 'C1', text: 'hi', blocks: '[{"type":"divider"}]' },
    ],
  ]);
  expect(observed).toEqual(['chat.postMessage ok']);
});

test('half a character is no reason not to call', async () => {
  let text: string | null = '';
  const { client } = await clientOf(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    text = new URLSearchParams(body).get('text');
    json({ ok: true })(request, response);
  });
  await client.call('chat.postMessage', { channel: 'C1', text: `bye ${'😀'.charAt(0)}` });
  expect(text).toBe('bye \ufffd');
});

test.each<[string, RequestListener, SlackFailure]>([
  [
    'a refusal',
    json({ ok: false, error: 'channel_not_found' }),
    { kind: 'refused', code: 'channel_not_found' },
  ],
  [
    'Slack’s own trouble',
    json({ ok: false, error: 'fatal_error' }),
    { kind: 'unknown', reason: 'fatal_error' },
  ],
  ['HTTP 500', (_q, r) => void r.writeHead(500).end('no'), { kind: 'unknown', reason: 'http_500' }],
  [
    '429 with Retry-After',
    (_q, r) => void r.writeHead(429, { 'retry-after': '12' }).end(),
    { kind: 'rate_limited', waitMs: 12_000 },
  ],
  [
    '429 without Retry-After',
    (_q, r) => void r.writeHead(429).end('slow down'),
    { kind: 'rate_limited', waitMs: 1_000 },
  ],
  [
    '429 with a date in Retry-After',
    (_q, r) => void r.writeHead(429, { 'retry-after': 'Mon, 23 Nov' }).end(),
    { kind: 'rate_limited', waitMs: 1_000 },
  ],
  [
    'a page of HTML with 200',
    (_q, r) => void r.end('<html>proxy</html>'),
    { kind: 'unknown', reason: 'unreadable' },
  ],
  ['an empty body with 200', (_q, r) => void r.end(), { kind: 'unknown', reason: 'unreadable' }],
  ['a plain word with 200', (_q, r) => void r.end('forbidden'), { kind: 'unknown', reason: 'unreadable' }],
  ['JSON null', json(null), { kind: 'unknown', reason: 'unreadable' }],
  [
    'a redirect elsewhere',
    (_q, r) => void r.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
    { kind: 'unknown', reason: 'no_answer' },
  ],
  ['a closed connection', (q) => void q.socket.destroy(), { kind: 'unknown', reason: 'no_answer' }],
  [
    'an answer that breaks in the middle',
    (q, r) => {
      r.writeHead(200, { 'Content-Length': '100' });
      r.write('{"ok":true', () => q.socket.destroy());
    },
    { kind: 'unknown', reason: 'no_answer' },
  ],
])('%s is one try, sorted and counted', async (_name, listener, expected) => {
  let requests = 0;
  const { client, observed } = await clientOf((request, response) => {
    requests += 1;
    listener(request, response);
  });
  const error = await client.call('chat.postMessage', { channel: 'C1' }).catch((thrown: unknown) => thrown);
  expect(slackFailure(error)).toEqual(expected);
  expect(requests).toBe(1);
  expect(observed).toEqual([`chat.postMessage ${expected.kind}`]);
});

test.each(['silence', 'a body that never ends'])('%s ends with the time-out', async (what) => {
  const { client } = await clientOf((_request, response) => {
    if (what !== 'silence') response.writeHead(200).write('{"ok":');
  }, 100);
  const error = await client.call('chat.update', {}).catch((thrown: unknown) => thrown);
  expect(slackFailure(error)).toEqual({ kind: 'unknown', reason: 'no_answer' });
});

test('many calls at once go out at once: none is queued past the check of its lane', async () => {
  let open = 0;
  let most = 0;
  const all = Promise.withResolvers<void>();
  const { client } = await clientOf(async (request, response) => {
    open += 1;
    most = Math.max(most, open);
    if (most === 150) all.resolve();
    await all.promise;
    json({ ok: true })(request, response);
  });
  await Promise.all(Array.from({ length: 150 }, () => client.call('chat.update', {})));
  expect(most).toBe(150);
});
