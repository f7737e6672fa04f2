import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createWebApp, type WebDeps } from '../../../src/web/web-app.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
});

async function start(
  deps: Partial<WebDeps> = {},
): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const server = createServer(
    createWebApp({
      notReady: async () => [],
      intake: async () => 'open',
      metrics: async () => '# HELP x y\n',
      log: createLogger({ level: 'silent' }),
      ...deps,
    }),
  );
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init);
}

test('a living process says so, ready or not', async () => {
  const get = await start({ notReady: async () => ['Redis does not answer'] });
  const answer = await get('/healthz');
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ status: 'alive' });
});

test('readiness is 200 without a reason, and 503 with all reasons', async () => {
  expect((await (await start())('/readyz')).status).toBe(200);
  const get = await start({ notReady: async () => ['one', 'two'] });
  const answer = await get('/readyz');
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ status: 'not ready', reasons: ['one', 'two'] });
});

test('metrics are Prometheus text', async () => {
  const answer = await (await start())('/metrics');
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await answer.text()).toBe('# HELP x y\n');
});

test.each(['/readyz', '/metrics', '/slack/events'])(
  'a handler of %s that throws answers 500 and tells nothing',
  async (path) => {
    const fail = async () => {
      throw new Error('the secret detail');
    };
    const get = await start({ notReady: fail, metrics: fail, slackEvents: fail });
    const answer = await get(path);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toMatch(/secret detail|at .*\.ts/);
    expect((await get('/healthz')).status).toBe(200);
  },
);

test('Slack’s handler gets every method, and the body as it came', async () => {
  const seen: string[] = [];
  const get = await start({
    slackEvents: async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      seen.push(`${request.method} ${body}`);
      response.end();
    },
  });
  await get('/slack/events', {
    method: 'POST',
    body: '{"a":  1}',
    headers: { 'content-type': 'application/json' },
  });
  await get('/slack/events');
  expect(seen).toEqual(['POST {"a":  1}', 'GET ']);
});

test('a process without the web role takes no events', async () => {
  expect((await (await start())('/slack/events', { method: 'POST', body: '{}' })).status).toBe(404);
});

test.each(['/', '/unknown', '/healthz/x', '/%E0%A4%A', '/../etc/passwd', '/healthz?x=%ff'])(
  '%s is answered, and nothing tells what serves it',
  async (path) => {
    const answer = await (await start())(path);
    expect([200, 400, 404]).toContain(answer.status);
    expect(answer.headers.get('x-powered-by')).toBeNull();
    expect(answer.headers.get('content-type')).toContain('application/json');
  },
);

test('what is unknown is a 404 in JSON', async () => {
  const answer = await (await start())('/unknown', { method: 'POST', body: 'x' });
  expect(answer.status).toBe(404);
  expect(await answer.json()).toEqual({ error: 'not found' });
});
