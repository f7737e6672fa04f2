import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { FileSource, InboundMessage } from '../../../src/chat/vocabulary.ts';
import { createAttachedFiles } from '../../../src/teams/attached-files.ts';
import { createFileDownload } from '../../../src/teams/file-download.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { withFiles } from '../../../src/turns/attached-files.ts';
import type { AgentCall } from '../../../src/turns/run-turn.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(answer: Answerer): Promise<{ host: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** `files` is listed for files, `service` as a service of Teams. */
function downloadFrom(hosts: { readonly files?: string; readonly service?: string }, timeoutMs = 5_000) {
  return createFileDownload({
    fileHosts: new Set(hosts.files === undefined ? ['*.sharepoint.com'] : [hosts.files]),
    serviceUrlHosts: new Set(hosts.service === undefined ? [] : [hosts.service]),
    allowLoopback: false,
    token: async () => 'secret-of-the-bot',
    timeoutMs,
  });
}
const { signal } = new AbortController();
const shared = (url: string): FileSource => ({ name: 'a.csv', kind: 'shared', url });
const inline = (url: string): FileSource => ({ name: 'a.png', kind: 'inline', url });
const csv: Answerer = (_request, response) => response.end('a,b\n1,2\n');

test('a shared file is fetched without a token', async () => {
  const { host, seen } = await serve(csv);
  const got = await downloadFrom({ files: host })(shared(`http://${host}/x?tempauth=1`), 'text/csv', signal);
  expect('bytes' in got && Buffer.from(got.bytes).toString()).toBe('a,b\n1,2\n');
  expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
});

test('a picture in a message is fetched with the bot’s token, from a listed service only', async () => {
  const png = Buffer.concat([Buffer.from([0x89]), Buffer.from('PNG\r\n\x1a\nrest')]);
  const service = await serve((_request, response) => response.end(png));
  const elsewhere = await serve((_request, response) => response.end(png));
  const download = downloadFrom({ service: service.host, files: elsewhere.host });
  const url = (host: string) => inline(`http://${host}/v3/attachments/1/views/original`);
  expect('bytes' in (await download(url(service.host), 'image/png', signal))).toBe(true);
  expect(service.seen[0]?.headers.authorization).toBe('Bearer secret-of-the-bot');
  // Listed for files, which get no token: no place for it.
  expect(await download(url(elsewhere.host), 'image/png', signal)).toEqual({ why: 'not_allowed' });
  expect(elsewhere.seen).toEqual([]);
});

test('nothing is asked of hosts that are not listed, nor of private addresses', async () => {
  const { host, seen } = await serve(csv);
  const download = downloadFrom({});
  for (const url of [
    `http://${host}/`,
    'http://169.254.169.254/latest/meta-data/',
    'https://10.0.0.1/',
    'file:///etc/passwd',
  ])
    expect(await download(shared(url), 'text/csv', signal)).toEqual({ why: 'not_allowed' });
  expect(seen).toEqual([]);
});

test('a redirect is not followed', async () => {
  const inside = await serve(csv);
  const { host } = await serve((_request, response) =>
    response.writeHead(302, { location: `http://${inside.host}/` }).end(),
  );
  expect(await downloadFrom({ files: host })(shared(`http://${host}/`), 'text/csv', signal)).toEqual({
    why: 'moved',
  });
  expect(inside.seen).toEqual([]);
});

test('of a file that never ends only so much is taken', async () => {
  const ended = Promise.withResolvers<void>();
  const { host } = await serve((_request, response) => {
    const more = () => {
      while (response.write('x'.repeat(64 * 1024)));
    };
    response.on('drain', more);
    response.on('close', () => ended.resolve());
    more();
  });
  expect(await downloadFrom({ files: host })(shared(`http://${host}/`), 'text/csv', signal)).toEqual({
    why: 'too_long',
  });
  await ended.promise;
});

test('who does not answer in time, or answers with an error, is not waited for', async () => {
  const silent = await serve(() => undefined);
  expect(
    await downloadFrom({ files: silent.host }, 50)(shared(`http://${silent.host}/`), 'text/csv', signal),
  ).toEqual({
    why: 'no_answer',
  });
  const gone = await serve((_request, response) => response.writeHead(404).end());
  expect(
    await downloadFrom({ files: gone.host })(shared(`http://${gone.host}/`), 'text/csv', signal),
  ).toEqual({
    why: 'gone',
  });
  expect(
    await downloadFrom({ files: '127.0.0.1:9' })(shared('http://127.0.0.1:9/'), 'text/csv', signal),
  ).toEqual({
    why: 'no_answer',
  });
});

test('the agent gets what could be read and is cleared, and the person hears once of the rest', async () => {
  const { host } = await serve((request, response) => {
    response.end(request.url === '/secret' ? 'do not read' : 'a,b');
  });
  const said: string[] = [];
  const told = new Set<string>();
  const attached = createAttachedFiles({
    download: downloadFrom({ files: host }),
    references: { of: async () => ({ serviceUrl: '', conversation: 'a:1', bot: { id: '28:1' } }) },
    voice: { say: async (_place, { text }) => void said.push(text) },
    once: async (name) => !told.has(name) && Boolean(told.add(name)),
    log: createLogger({ level: 'silent' }),
  });
  const source = (name: string, path: string): FileSource => ({
    name,
    kind: 'shared',
    url: `http://${host}${path}`,
  });
  const message: InboundMessage = {
    key: { platform: 'teams', tenant: 't', conversation: 'a:1', thread: 'a:1' },
    kind: 'direct',
    sender: { id: 'alice', tenant: 't' },
    text: 'what is in these?',
    messageId: '1',
    addressed: true,
    files: ['a.csv', 'b.csv', 'c.exe'],
    sources: [
      source('a.csv', '/'),
      source('b.csv', '/secret'),
      source('c.exe', '/'),
      source('taken-away.csv', '/'),
    ],
    claims: ['claim'],
  };
  const invocations: AgentCall['invocation'][] = [];
  const invoke = withFiles(
    async function* (call) {
      invocations.push(call.invocation);
      yield* [];
    },
    {
      read: attached.read,
      tell: attached.tell,
      guard: async (_message, { texts, names }) => ({
        texts: texts.map((text) => (text === 'do not read' ? undefined : text)),
        names,
      }),
    },
  );
  const call = (mode: 'start' | 'attach') =>
    ({ message, signal, invocation: { v: 1, mode, turnId: 't', prompt: 'x' } }) as unknown as AgentCall;
  for (const mode of ['start', 'start', 'attach'] as const) for await (const _event of invoke(call(mode)));
  const files = [{ name: 'a.csv', mediaType: 'text/csv', base64: Buffer.from('a,b').toString('base64') }];
  expect(invocations.map((one) => one.files)).toEqual([files, files, undefined]);
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('“c.exe”: I read text');
  expect(said[0]).toContain('“b.csv”: our rules');
});
