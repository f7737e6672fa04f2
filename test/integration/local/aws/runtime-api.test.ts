import type { Readable } from 'node:stream';
import { InvokeAgentRuntimeCommand } from '@aws-sdk/client-bedrock-agentcore';
import { expect, test } from 'vitest';
import type { AwsStandIn } from '../../../../local/aws/stand-in.ts';
import {
  ask,
  errorOf,
  formOnly,
  invoke,
  KEYS,
  raw,
  runtimeClient,
  sessionId,
  startStandIn,
  until,
} from './start.ts';

const SESSION = 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id';
const USER = 'X-Amzn-Bedrock-AgentCore-Runtime-User-Id';

function invocationUrl(standIn: AwsStandIn, query = '', arn = standIn.agentRuntimeArn): string {
  return `${standIn.url}/runtimes/${encodeURIComponent(arn)}/invocations${query}`;
}

function stopUrl(standIn: AwsStandIn, query = ''): string {
  return invocationUrl(standIn, query).replace('/invocations', '/stopruntimesession');
}

function signed(headers: Record<string, string> = {}): Record<string, string> {
  return { authorization: formOnly('bedrock-agentcore'), ...headers };
}

test('the agent sees the fields of the call and the caller its answer, and nothing else of either', async () => {
  const standIn = await startStandIn({ credentials: KEYS });
  const client = runtimeClient(standIn);
  const answer = await client.send(
    new InvokeAgentRuntimeCommand({
      agentRuntimeArn: standIn.agentRuntimeArn,
      runtimeSessionId: sessionId('fields'),
      runtimeUserId: 'user-1',
      qualifier: 'DEFAULT',
      contentType: 'application/json',
      accept: 'text/event-stream',
      traceId: 'Root=1-2-3',
      traceParent: '00-aa-bb-01',
      traceState: 'a=b',
      baggage: 'k=v',
      payload: Buffer.from('{"do":"echo"}'),
    }),
  );
  expect(answer.statusCode).toBe(200);
  expect(answer.contentType).toBe('application/json');
  expect(answer.runtimeSessionId).toBe(sessionId('fields'));
  const { headers } = JSON.parse((await answer.response?.transformToString()) ?? '');
  expect(headers).toMatchObject({
    [SESSION.toLowerCase()]: sessionId('fields'),
    [USER.toLowerCase()]: 'user-1',
    'content-type': 'application/json',
    accept: 'text/event-stream',
    'x-amzn-trace-id': 'Root=1-2-3',
    traceparent: '00-aa-bb-01',
    tracestate: 'a=b',
    baggage: 'k=v',
  });
  expect(headers).not.toHaveProperty('authorization');
  expect(headers).not.toHaveProperty('x-amz-date');
  expect(standIn.calls).toMatchObject([
    { operation: 'InvokeAgentRuntime', status: 200, sessionId: sessionId('fields'), userId: 'user-1' },
  ]);
});

test('headers of the agent that the model does not know stay inside, custom headers of the caller go in', async () => {
  const standIn = await startStandIn();
  const custom = 'x-amzn-bedrock-agentcore-runtime-custom-tone';
  const answer = await raw(invocationUrl(standIn), {
    headers: signed({ [custom]: 'calm', 'x-other': 'no' }),
  });
  expect(answer.status).toBe(200);
  expect(answer.headers['x-secret']).toBeUndefined();
  const { headers } = JSON.parse(answer.text);
  expect(headers[custom]).toBe('calm');
  expect(headers['x-other']).toBeUndefined();
});

test('a call without a session id gets a new session of its own', async () => {
  const standIn = await startStandIn();
  const answer = await raw(invocationUrl(standIn), { headers: signed() });
  expect(answer.headers[SESSION.toLowerCase()]).toMatch(/^[0-9a-f-]{36}$/);
  expect(standIn.sessions()).toHaveLength(1);
});

const LIMITS: readonly (readonly [field: string, header: string, min: number, max: number])[] = [
  ['runtimeSessionId', SESSION, 33, 256],
  ['runtimeUserId', USER, 1, 1024],
  ['contentType', 'Content-Type', 1, 256],
  ['accept', 'Accept', 1, 256],
  ['traceId', 'X-Amzn-Trace-Id', 0, 128],
  ['traceParent', 'traceparent', 0, 128],
  ['traceState', 'tracestate', 0, 512],
  ['baggage', 'baggage', 0, 8192],
];

test.each(LIMITS)('%s is held to its length', async (field, header, min, max) => {
  const standIn = await startStandIn({ agent: { mode: 'shared' } });
  const call = (length: number) =>
    raw(invocationUrl(standIn), { headers: signed({ [header]: 'x'.repeat(length) }), body: '{"do":"echo"}' });
  expect((await call(max)).status).toBe(200);
  expect((await call(min)).status).toBe(200);
  for (const length of [max + 1, ...(min > 0 ? [min - 1] : [])]) {
    const refused = await call(length);
    expect(refused.status).toBe(400);
    expect(refused.headers['x-amzn-errortype']).toBe('ValidationException');
    expect(JSON.parse(refused.text)).toMatchObject({
      message: expect.stringContaining(field),
      reason: 'FieldValidationFailed',
      fieldList: [{ name: field }],
    });
  }
});

const NAMES: readonly (readonly [what: string, query: string, arn: string | undefined, status: number])[] = [
  ['an unknown endpoint', '?qualifier=blue', undefined, 404],
  ['a malformed endpoint', '?qualifier=no-hyphens', undefined, 400],
  ['an empty endpoint', '?qualifier=', undefined, 400],
  ['another runtime', '', 'arn:aws:bedrock-agentcore:us-east-2:123456789012:runtime/other-AbCdEf1234', 404],
  ['a malformed ARN', '', 'arn:aws:bedrock-agentcore:us-east-2:1:runtime/other', 400],
  ['an id without its account', '', 'cloud_engineer-AbCdEf1234', 400],
  ['an id with its account', '?accountId=123456789012', 'cloud_engineer-AbCdEf1234', 200],
  ['an id with another account', '?accountId=210987654321', 'cloud_engineer-AbCdEf1234', 404],
  ['a malformed account', '?accountId=12', 'cloud_engineer-AbCdEf1234', 400],
];

test.each(NAMES)('%s is answered as AWS does', async (_what, query, arn, status) => {
  const standIn = await startStandIn();
  const answer = await raw(invocationUrl(standIn, query, arn), { headers: signed() });
  expect(answer.status).toBe(status);
  const code = { 200: undefined, 400: 'ValidationException', 404: 'ResourceNotFoundException' }[status];
  expect(answer.headers['x-amzn-errortype']).toBe(code);
});

test('StopRuntimeSession is held to its model', async () => {
  const standIn = await startStandIn();
  const good = sessionId('stop');
  const stop = (session: string | undefined, body = '{}', query = '') =>
    raw(stopUrl(standIn, query), {
      headers: signed(session === undefined ? {} : { [SESSION]: session }),
      body,
    });
  const refused = [
    await stop(undefined),
    await stop('short'),
    await stop(good, '{"clientToken":"short"}'),
    await stop(good, `{"clientToken":"${'x'.repeat(257)}"}`),
    await stop(good, `{"clientToken":"${'_'.repeat(40)}"}`),
    await stop(good, '{"clientToken":1}'),
    await stop(good, 'no json'),
    await stop(good, '{}', '?qualifier=1'),
  ];
  expect(refused.map((answer) => answer.headers['x-amzn-errortype'])).toEqual(
    refused.map(() => 'ValidationException'),
  );
  expect((await stop(good)).headers['x-amzn-errortype']).toBe('ResourceNotFoundException');
  expect((await stop(good, '{}', '?qualifier=blue')).status).toBe(404);
});

test('a payload may have 100 MB and no byte more', async () => {
  const standIn = await startStandIn({ credentials: KEYS });
  const client = runtimeClient(standIn);
  const send = (bytes: number) =>
    client.send(
      new InvokeAgentRuntimeCommand({
        agentRuntimeArn: standIn.agentRuntimeArn,
        runtimeSessionId: sessionId('big'),
        payload: Buffer.alloc(bytes, 'x'),
      }),
    );
  const answer = await send(100_000_000);
  expect(JSON.parse((await answer.response?.transformToString()) ?? '').bytes).toBe(100_000_000);
  await expect(send(100_000_001)).rejects.toMatchObject({ name: 'ValidationException' });
});

test('an agent that answers 500 is a RuntimeClientError, and its words are in the log only', async () => {
  const lines: string[] = [];
  const standIn = await startStandIn({ log: (line) => lines.push(line) });
  const error = await ask(runtimeClient(standIn), standIn, sessionId('fail'), 'fail').catch(
    (e: unknown) => e,
  );
  expect(error).toMatchObject({ name: 'RuntimeClientError', $metadata: { httpStatusCode: 424 } });
  expect(String(error)).not.toContain('on order');
  expect(lines.join('\n')).toContain('on order');
  expect(standIn.calls).toMatchObject([{ status: 424, error: 'RuntimeClientError' }]);
});

test('the answer arrives piece by piece, not when it is complete', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  const answer = await client.send(invoke(standIn, sessionId('stream'), 'stream'));
  expect(answer.contentType).toBe('text/event-stream');
  const pieces: string[] = [];
  for await (const piece of answer.response as Readable) {
    pieces.push(String(piece));
    // The second piece is written only after the first has been read here.
    if (pieces.length === 1) await ask(client, standIn, sessionId('stream'), 'hold');
  }
  expect(pieces).toEqual(['data: one\n\n', 'data: two\n\n']);
});

test('a reader that does not read holds the agent back', async () => {
  const total = 64 * 1024 * 1024;
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  const answer = await client.send(invoke(standIn, sessionId('flood'), 'flood', total));
  let before = -1;
  let flooded = 0;
  await until('the agent writes no more', async () => {
    before = flooded;
    flooded = (await ask(client, standIn, sessionId('flood'))).flooded;
    return flooded > 0 && flooded === before;
  });
  expect(flooded).toBeLessThan(total / 2);
  let read = 0;
  for await (const piece of answer.response as Readable) read += (piece as Buffer).length;
  expect(read).toBe(total);
});

test('a client that goes away ends the request to the agent', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  const answer = await client.send(invoke(standIn, sessionId('leave'), 'stream'));
  (answer.response as Readable).destroy();
  await until('the agent has seen it', async () => {
    return (await ask(client, standIn, sessionId('leave'))).disconnects === 1;
  });
  expect(standIn.sessions()).toMatchObject([{ state: 'ready' }]);
});

test('a client that goes away before the agent says anything ends the request too', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  const id = sessionId('early');
  await ask(client, standIn, id);
  const gone = new AbortController();
  const call = errorOf(client.send(invoke(standIn, id, 'mute'), { abortSignal: gone.signal }));
  await until('the agent has the request', async () => (await ask(client, standIn, id)).mutes === 1);
  gone.abort();
  expect(await call).toMatchObject({ name: 'AbortError' });
  await until('the agent has seen it', async () => (await ask(client, standIn, id)).disconnects === 1);
  await until('the session is free', () => standIn.sessions()[0]?.state === 'ready');
});

test('invocations beyond the rate are throttled until the second is over', async () => {
  let now = 1_000_000;
  const standIn = await startStandIn({ invocationsPerSecond: 2, now: () => now });
  const client = runtimeClient(standIn);
  const call = () => ask(client, standIn, sessionId('rate'));
  await call();
  await call();
  await expect(call()).rejects.toMatchObject({
    name: 'ThrottlingException',
    $metadata: { httpStatusCode: 429 },
  });
  now += 1_000;
  await expect(call()).resolves.toMatchObject({ count: 3 });
});

test('the signature of the real client is accepted, that of a wrong key is not', async () => {
  const standIn = await startStandIn({ credentials: KEYS });
  await expect(ask(runtimeClient(standIn), standIn, sessionId('good'))).resolves.toMatchObject({ count: 1 });
  const wrongSecret = runtimeClient(standIn, { ...KEYS, secretAccessKey: 'another' });
  await expect(ask(wrongSecret, standIn, sessionId('bad'))).rejects.toMatchObject({
    name: 'InvalidSignatureException',
  });
  const wrongId = runtimeClient(standIn, { ...KEYS, accessKeyId: 'AKIANOBODY' });
  await expect(ask(wrongId, standIn, sessionId('bad'))).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
  });
  expect(standIn.sessions()).toHaveLength(1);
});

const REFUSED: readonly (readonly [what: string, authorization: string | undefined, words: string])[] = [
  ['no signature', undefined, 'no Authorization header'],
  ['a bearer token', 'Bearer abc.def.ghi', 'Authorization method mismatch'],
  ['another scheme', 'Basic abc', 'form'],
  ['another region', formOnly('bedrock-agentcore', 'eu-west-1'), 'region'],
  ['another service', formOnly('s3'), 'service'],
];

test.each(REFUSED)('%s is an AccessDeniedException that says why', async (_what, authorization, words) => {
  const standIn = await startStandIn();
  const answer = await raw(invocationUrl(standIn), { headers: authorization ? { authorization } : {} });
  expect(answer.status).toBe(403);
  expect(answer.headers['x-amzn-errortype']).toBe('AccessDeniedException');
  expect(JSON.parse(answer.text).message).toContain(words);
  expect(standIn.sessions()).toEqual([]);
});

test('what the stand-in does not have is answered clearly', async () => {
  const standIn = await startStandIn();
  const operation = await raw(invocationUrl(standIn).replace('invocations', 'commands'), {
    headers: signed(),
  });
  expect(operation.status).toBe(404);
  expect(operation.headers['x-amzn-errortype']).toBe('UnknownOperationException');
  const api = await raw(`${standIn.url}/`, { headers: { authorization: formOnly('dynamodb') } });
  expect(api.status).toBe(400);
  expect(JSON.parse(api.text).message).toContain('no dynamodb');
  const path = await raw(`${standIn.url}/%zz`, { headers: signed() });
  expect(path.status).toBe(400);
});
