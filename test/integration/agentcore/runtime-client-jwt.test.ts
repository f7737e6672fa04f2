import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { RuntimeClient } from '../../../src/agentcore/runtime-client.ts';
import {
  createJwtRuntimeClient,
  type JwtRuntimeClientOptions,
} from '../../../src/agentcore/runtime-client-jwt.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { writeCertificates } from '../../setup/certificates.ts';
import { eventually } from '../../setup/eventually.ts';
import { ARN, errorOf, failureOf, request, SESSION, stopRequest, TOKEN } from './clients.ts';
import { awsError, type Endpoint, openEndpoint, type SeenRequest, startStream } from './endpoint.ts';

/** What only the client with people's tokens does; `runtime-client.test.ts` has what both do. */

function clientOf(endpoint: string, options: Partial<JwtRuntimeClientOptions> = {}): RuntimeClient {
  const client = createJwtRuntimeClient({ region: 'us-east-2', endpoint, runtimeArn: ARN, ...options });
  onTestFinished(() => client.close());
  return client;
}

async function connect(
  answer: Parameters<typeof openEndpoint>[0],
): Promise<{ endpoint: Endpoint; client: RuntimeClient }> {
  const endpoint = await openEndpoint(answer);
  onTestFinished(() => endpoint.close());
  return { endpoint, client: clientOf(endpoint.url) };
}

test('the token says who calls, and nothing else does', async () => {
  const { endpoint, client } = await connect((response) => response.writeHead(200).end());
  for await (const _ of (await client.invoke(request())).body);
  await client.stop(stopRequest());
  const [invoked, stopped] = endpoint.requests as [SeenRequest, SeenRequest];
  for (const { headers, url, body } of [invoked, stopped]) {
    expect(headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(headers).not.toHaveProperty('x-amzn-bedrock-agentcore-runtime-user-id');
    expect(headers).not.toHaveProperty('x-amz-date');
    expect(`${url}${body}`).not.toContain(TOKEN);
  }
  expect(invoked.headers['x-amzn-bedrock-agentcore-runtime-session-id']).toBe(SESSION);
});

test.each([
  ['no token', undefined],
  ['an empty token', ''],
  ['a token with a line break', `${TOKEN}\r\nx-other: 1`],
  ['a token with a space', `${TOKEN} more`],
  ['a token in another alphabet', 'жетон'],
])('with %s nothing is sent', async (_what, bearer) => {
  const { endpoint, client } = await connect((response) => response.end());
  const asked = [client.invoke(request({ bearer })), client.stop(stopRequest({ bearer }))];
  for (const one of asked) {
    expect(await failureOf(one)).toMatchObject({
      code: 'agent_unauthorized',
      mayHaveStarted: false,
      retryable: false,
    });
  }
  expect(endpoint.connections).toBe(0);
});

test.each([
  [401, 'UnauthorizedException'],
  [403, 'AccessDeniedException'],
])('%i %s means that the person has to sign in again', async (status, name) => {
  const { endpoint, client } = await connect((response) => awsError(response, status, name));
  for (const one of [client.invoke(request()), client.stop(stopRequest())]) {
    expect(await failureOf(one)).toMatchObject({
      code: 'agent_unauthorized',
      mayHaveStarted: false,
      retryable: false,
      status,
      cause: name,
    });
  }
  expect(endpoint.requests).toHaveLength(2);
});

test('a name that a front end lengthened, and the id of the request, are read as the SDK reads them', async () => {
  const { client } = await connect((response) => {
    const headers = {
      'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/coral/',
      'x-amzn-requestid': 'r-1',
    };
    response.writeHead(400, headers).end('{"message":"slow down"}');
  });
  expect(await failureOf(client.invoke(request()))).toMatchObject({
    code: 'agent_throttled',
    cause: 'ThrottlingException',
    requestId: 'r-1',
  });
});

test('the token stands in no error and no log line, whatever goes wrong', async () => {
  const bad: Parameters<typeof openEndpoint>[0][] = [
    (response, seen) => response.writeHead(401).end(`no: ${seen.headers.authorization}`),
    (response, seen) => {
      response.writeHead(400, { 'x-amzn-errortype': 'ValidationException' });
      response.end(JSON.stringify({ message: seen.headers.authorization }));
    },
    (response) => response.socket?.destroy(),
    (response, seen) => response.socket?.end(`HTTP/1.1 ${seen.headers.authorization}\r\n\r\n`),
    () => undefined,
  ];
  const errors: unknown[] = [];
  for (const answer of bad) {
    const { client } = await connect(answer);
    errors.push(await errorOf(client.invoke(request({ silenceMs: 100 }))));
    errors.push(await errorOf(client.stop(stopRequest({ signal: AbortSignal.timeout(100) }))));
  }
  const breaks = await connect((response) => {
    startStream(response);
    response.write('data: x\n\n', () => response.socket?.destroy());
  });
  const { body } = await breaks.client.invoke(request());
  errors.push(
    await errorOf(
      (async () => {
        for await (const _ of body);
      })(),
    ),
  );
  const lines: string[] = [];
  const log = createLogger({ level: 'trace', destination: { write: (line) => void lines.push(line) } });
  for (const error of errors) log.error({ err: error }, 'as the worker logs it');
  const everything = `${inspect(errors, { depth: 12, showHidden: true })}${lines.join('')}`;
  expect(errors).toHaveLength(11);
  expect(lines).toHaveLength(11);
  for (const part of TOKEN.split('.')) {
    expect(everything).not.toContain(part);
    expect(everything).not.toContain(
      Buffer.from(part.slice(0, 10)).toString('hex').replace(/../g, '$& ').trim(),
    );
  }
});

test('an error that never stops talking does not hold its connection', async () => {
  const { endpoint, client } = await connect((response) => {
    response.writeHead(500);
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(16 * 1024)));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  expect(await failureOf(client.invoke(request()))).toMatchObject({ code: 'agent_internal' });
  await eventually('the connection is closed', () => endpoint.sockets.size === 0);
});

test('tokens travel in clear on this machine only', () => {
  for (const endpoint of [
    'http://aws.example.com',
    'http://169.254.1.1',
    'ftp://127.0.0.1',
    'http://localhost.example.com',
  ]) {
    expect(() => clientOf(endpoint)).toThrow(/must be an https:\/\/ address/);
  }
  for (const endpoint of ['http://localhost:1', 'http://[::1]:1', 'https://vpce-1.example.com', undefined]) {
    expect(clientOf(endpoint as string)).toHaveProperty('invoke');
  }
});

test('a path of the endpoint stands before the path of the call', async () => {
  const { endpoint } = await connect((response) => response.writeHead(200).end());
  const client = clientOf(`${endpoint.url}/proxy/`, { qualifier: 'blue' });
  await client.stop(stopRequest());
  expect(endpoint.requests[0]?.url).toBe(
    `/proxy/runtimes/${encodeURIComponent(ARN)}/stopruntimesession?qualifier=blue`,
  );
});

test('a server whose certificate nobody vouches for gets no token', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tc-certificates-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = await writeCertificates(folder);
  const seen: unknown[] = [];
  const [key, cert] = await Promise.all([readFile(files.key), readFile(files.cert)]);
  const server = createTlsServer({ key, cert }, (incoming, response) => {
    seen.push(incoming.headers);
    response.end();
  }).listen(0, '127.0.0.1');
  onTestFinished(async () => void (await new Promise((resolve) => server.close(resolve))));
  await once(server, 'listening');
  const client = clientOf(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(await failureOf(client.invoke(request()))).toMatchObject({
    code: 'agent_unreachable',
    mayHaveStarted: false,
    cause: expect.stringMatching(/CERT|VERIFY/),
  });
  expect(seen).toEqual([]);
});

test('a connection that is not made in time has started nothing', async () => {
  // It takes the connection and never answers the handshake.
  const server = createTcpServer().listen(0, '127.0.0.1');
  const sockets: { destroy(): void }[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = clientOf(`https://127.0.0.1:${port}`, { connectTimeoutMs: 40 });
  expect(await failureOf(client.invoke(request()))).toMatchObject({
    code: 'agent_unreachable',
    mayHaveStarted: false,
    retryable: true,
    cause: 'ConnectionTimeout',
  });
});
