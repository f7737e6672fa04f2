import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { expect, onTestFinished, test } from 'vitest';
import {
  ask,
  CUT_OFF,
  errorOf,
  invoke,
  isAlive,
  KEYS,
  raw,
  runtimeClient,
  sessionId,
  startStandIn,
  until,
} from './start.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

test('an ordered error comes as often as ordered, and nothing is carried out', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  standIn.faults.push({
    operation: 'InvokeAgentRuntime',
    times: 2,
    kind: 'error',
    name: 'RetryableConflictException',
  });
  const call = () => ask(client, standIn, sessionId('error'));
  const expected = { name: 'RetryableConflictException', $metadata: { httpStatusCode: 409 } };
  await expect(call()).rejects.toMatchObject(expected);
  await expect(call()).rejects.toMatchObject(expected);
  expect(standIn.sessions()).toEqual([]);
  await expect(call()).resolves.toMatchObject({ count: 1 });
  expect(standIn.calls.map((entry) => [entry.status, entry.error])).toEqual([
    [409, 'RetryableConflictException'],
    [409, 'RetryableConflictException'],
    [200, undefined],
  ]);
});

test('a connection dropped before leaves nothing carried out', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  standIn.faults.push({ operation: 'InvokeAgentRuntime', times: 1, kind: 'drop_before' });
  await expect(ask(client, standIn, sessionId('drop'))).rejects.toThrow(CUT_OFF);
  expect(standIn.calls).toMatchObject([{ status: 0 }]);
  await expect(ask(client, standIn, sessionId('drop'))).resolves.toMatchObject({ count: 1 });
});

test('an answer dropped after the work was done leaves it done', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  standIn.faults.push({ operation: 'InvokeAgentRuntime', times: 1, kind: 'drop_answer' });
  const lost = errorOf(ask(client, standIn, sessionId('lost'), 'stream'));
  await until('the agent streams', () => standIn.calls.length === 1);
  const release = await ask(client, standIn, sessionId('lost'), 'hold');
  expect(release.count).toBe(2);
  expect(String(await lost)).toMatch(CUT_OFF);
  await expect(ask(client, standIn, sessionId('lost'))).resolves.toMatchObject({ count: 3, disconnects: 0 });
});

test('an answer is cut after exactly the ordered bytes', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  for (const bytes of [0, 7]) {
    standIn.faults.push({ operation: 'InvokeAgentRuntime', times: 1, kind: 'cut_after_bytes', bytes });
    const answer = await client.send(invoke(standIn, sessionId('cut'), 'echo'));
    let text = '';
    const reading = (async () => {
      for await (const piece of answer.response as AsyncIterable<Buffer>) text += piece.toString();
    })();
    await expect(reading).rejects.toThrow(CUT_OFF);
    expect(text).toBe('{"pid":'.slice(0, bytes));
  }
});

test('a delayed call is carried out once, unless its client has gone', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  standIn.faults.push({ operation: 'InvokeAgentRuntime', times: 1, kind: 'delay', ms: 50 });
  await expect(ask(client, standIn, sessionId('late'))).resolves.toMatchObject({ count: 1 });
  standIn.faults.push({ operation: 'InvokeAgentRuntime', times: 1, kind: 'delay', ms: 3_600_000 });
  const gone = new AbortController();
  const call = client.send(invoke(standIn, sessionId('late'), 'echo'), { abortSignal: gone.signal });
  const failed = errorOf(call);
  await until('the call has come in', () => standIn.faults.length === 0);
  gone.abort();
  expect(await failed).toMatchObject({ name: 'AbortError' });
  await expect(ask(client, standIn, sessionId('late'))).resolves.toMatchObject({ count: 2 });
});

test('a fault can be kept to one session and works for the account too', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  const error = { times: 1, kind: 'error', name: 'ThrottlingException' } as const;
  standIn.faults.push({ ...error, operation: 'InvokeAgentRuntime', sessionId: sessionId('b') });
  await expect(ask(client, standIn, sessionId('a'))).resolves.toMatchObject({ count: 1 });
  await expect(ask(client, standIn, sessionId('b'))).rejects.toMatchObject({ name: 'ThrottlingException' });
  standIn.faults.push({
    ...error,
    operation: 'DescribeInstances',
    name: 'UnauthorizedOperation',
    status: 403,
  });
  const ec2 = new EC2Client({
    endpoint: standIn.url,
    region: standIn.region,
    credentials: KEYS,
    maxAttempts: 1,
  });
  onTestFinished(() => ec2.destroy());
  await expect(ec2.send(new DescribeInstancesCommand())).rejects.toMatchObject({
    name: 'UnauthorizedOperation',
  });
  expect(standIn.faults).toEqual([]);
});

test('the control API shows sessions and calls, takes faults, and resets', async () => {
  const standIn = await startStandIn();
  const control = (method: string, path: string, body?: unknown, headers = JSON_TYPE) =>
    raw(`${standIn.url}/control/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers,
    });
  const { pid } = await ask(runtimeClient(standIn), standIn, sessionId('seen'));
  expect(JSON.parse((await control('GET', 'sessions')).text)).toMatchObject({
    sessions: [{ sessionId: sessionId('seen'), pid, state: 'ready' }],
  });
  expect(JSON.parse((await control('GET', 'calls')).text).calls).toMatchObject([{ status: 200 }]);

  const fault = { operation: 'InvokeAgentRuntime', times: 1, kind: 'error', name: 'InternalServerException' };
  expect((await control('POST', 'faults', fault)).status).toBe(201);
  expect((await control('POST', 'faults', [fault, { ...fault, kind: 'drop_before' }])).status).toBe(201);
  expect(JSON.parse((await control('GET', 'faults')).text).faults).toHaveLength(3);
  expect(standIn.faults).toHaveLength(3);
  expect((await control('POST', 'faults', { ...fault, name: 'Misspelt' })).status).toBe(400);
  expect((await control('POST', 'faults', { ...fault, times: 0 })).status).toBe(400);
  expect((await control('POST', 'reset', {}, { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await control('GET', 'nothing')).status).toBe(404);

  expect((await control('POST', 'reset', {})).status).toBe(200);
  expect([standIn.faults, standIn.sessions(), standIn.calls]).toEqual([[], [], []]);
  expect(isAlive(pid)).toBe(false);
});
