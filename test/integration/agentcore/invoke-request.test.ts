import { BedrockAgentCoreClient, InvokeAgentRuntimeCommand } from '@aws-sdk/client-bedrock-agentcore';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInvoke } from '../../../src/agentcore/invoke-request.ts';
import { awsError, type Endpoint, openEndpoint, type SeenRequest } from './endpoint.ts';

const ARN = 'arn:aws:bedrock-agentcore:us-east-2:123456789012:runtime/cloud_engineer-AbCdEf1234';
const target = { agentRuntimeArn: ARN, qualifier: 'DEFAULT' };
const values = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'a=b',
  payload: Buffer.from('{"prompt":"jürgen"}'),
};
const sessionId = 's'.repeat(40);
const userId = 'slack:T1:U1';

let endpoint: Endpoint;
let client: BedrockAgentCoreClient;
/** What the endpoint answers; by default an empty stream. */
let answer: Parameters<typeof openEndpoint>[0];

beforeEach(async () => {
  answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end();
  endpoint = await openEndpoint((response, request) => answer(response, request));
  client = new BedrockAgentCoreClient({
    region: 'us-east-2',
    endpoint: endpoint.url,
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' },
  });
});

afterEach(async () => {
  client.destroy();
  await endpoint.close();
});

const send = () =>
  createInvoke(client, target)({ sessionId, userId, ...values, signal: new AbortController().signal });

/** Headers that differ from one request of the SDK to the next, or tell how often it has tried. */
const OWN_TO_EACH = ['authorization', 'x-amz-date', 'amz-sdk-invocation-id', 'amz-sdk-request', 'user-agent'];

function comparable({ method, url, headers, body }: SeenRequest) {
  const kept = Object.entries(headers).filter(([name]) => !OWN_TO_EACH.includes(name));
  return { method, url, body, headers: Object.fromEntries(kept) };
}

describe('the request that is sent', () => {
  it('is the one that the SDK would send, to the header', async () => {
    await client.send(
      new InvokeAgentRuntimeCommand({
        ...target,
        runtimeSessionId: sessionId,
        runtimeUserId: userId,
        contentType: 'application/json',
        accept: 'text/event-stream, application/json',
        traceParent: values.traceparent,
        traceState: values.tracestate,
        payload: values.payload,
      }),
    );
    await send();
    const [fromSdk, ours] = endpoint.requests;
    if (!fromSdk || !ours) throw new Error('a request is missing');
    expect(comparable(ours)).toEqual(comparable(fromSdk));
    expect(ours.headers['x-amz-security-token']).toBe('token');
    expect(ours.headers.authorization).toContain('x-amzn-bedrock-agentcore-runtime-session-id');
  });

  it('carries nothing of the one before', async () => {
    const invoke = createInvoke(client, target);
    const { signal } = new AbortController();
    await invoke({ sessionId, userId, ...values, signal });
    await invoke({ sessionId: 't'.repeat(40), userId: 'other', payload: Buffer.from('{}'), signal });
    const [, second] = endpoint.requests;
    expect(second?.body).toBe('{}');
    expect(second?.headers).toMatchObject({
      'x-amzn-bedrock-agentcore-runtime-session-id': 't'.repeat(40),
      'x-amzn-bedrock-agentcore-runtime-user-id': 'other',
      'content-length': '2',
    });
    expect(second?.headers.traceparent).toBeUndefined();
  });

  it('is signed with the server’s time after the server has shown that ours is wrong', async () => {
    const ahead = new Date(Date.now() + 3_600_000);
    answer = (response) => {
      response.setHeader('date', ahead.toUTCString());
      awsError(response, 403, 'InvalidSignatureException');
    };
    const invoke = createInvoke(client, target);
    const { signal } = new AbortController();
    for (let i = 0; i < 2; i += 1)
      await invoke({ sessionId, userId, ...values, signal }).catch(() => undefined);
    const hours = endpoint.requests.map(({ headers }) => String(headers['x-amz-date']).slice(0, 11));
    const hourOf = (date: Date) => date.toISOString().replace(/[-:]/g, '').slice(0, 11);
    expect(hours[1]).toBe(hourOf(ahead));
    expect(hours[0]).not.toBe(hours[1]);
  });
});

describe('a refusal', () => {
  it.each([
    [
      'in a header',
      { 'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/coral/' },
      '{"message":"slow"}',
    ],
    ['in the body', {}, '{"__type":"com.amazonaws#ThrottlingException","message":"slow"}'],
    ['in the body, as code', {}, '{"code":"ThrottlingException","message":"slow"}'],
  ])('is named %s', async (_where, headers, body) => {
    answer = (response) => response.writeHead(429, { 'x-amzn-requestid': 'r-1', ...headers }).end(body);
    await expect(send()).rejects.toMatchObject({
      name: 'ThrottlingException',
      message: 'slow',
      $metadata: { httpStatusCode: 429, requestId: 'r-1' },
    });
  });

  it.each(['<html>no</html>', 'null', '"no"', 'x'.repeat(200_000)])(
    'of somebody in between keeps its status, whatever it says',
    async (body) => {
      answer = (response) => response.writeHead(502).end(body);
      await expect(send()).rejects.toMatchObject({
        name: 'UnknownError',
        $metadata: { httpStatusCode: 502 },
      });
    },
  );
});
