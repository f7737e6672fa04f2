import { expect, onTestFinished, test } from 'vitest';
import { createRuntimeClient, type RuntimeClientOptions } from '../../../src/agentcore/runtime-client.ts';
import { ARN, failureOf, request, TOKEN } from './clients.ts';
import { awsError, openEndpoint } from './endpoint.ts';

/** What only the client with AWS credentials does; `runtime-client.test.ts` has what both do. */

const USER = 'x-amzn-bedrock-agentcore-runtime-user-id';

async function connect(
  answer: Parameters<typeof openEndpoint>[0],
  credentials: RuntimeClientOptions['credentials'] = { accessKeyId: 'AKID', secretAccessKey: 'no' },
) {
  const endpoint = await openEndpoint(answer);
  const client = createRuntimeClient({
    region: 'us-east-2',
    endpoint: endpoint.url,
    runtimeArn: ARN,
    credentials,
  });
  onTestFinished(async () => {
    client.close();
    await endpoint.close();
  });
  return { endpoint, client };
}

test('the user is named, and their token stays here', async () => {
  const { endpoint, client } = await connect((response) => response.writeHead(200).end());
  for await (const _ of (await client.invoke(request())).body);
  expect(endpoint.requests[0]?.headers[USER]).toBe('slack:T1:U1');
  expect(JSON.stringify(endpoint.requests)).not.toContain(TOKEN);
});

test('a user id that AWS would refuse is sent as its digest, different for different users', async () => {
  const { endpoint, client } = await connect((response) => response.writeHead(200).end());
  for (const userId of ['x'.repeat(129), 'x'.repeat(130), 'jürgen', 'a b']) {
    for await (const _ of (await client.invoke(request({ userId }))).body);
  }
  const sent = endpoint.requests.map((one) => one.headers[USER]);
  expect(new Set(sent).size).toBe(4);
  for (const one of sent) expect(one).toMatch(/^sha256-[0-9a-f]{64}$/);
});

test('a refusal is about our credentials, never about the person', async () => {
  const { client } = await connect((response) => awsError(response, 403, 'AccessDeniedException'));
  expect(await failureOf(client.invoke(request()))).toMatchObject({
    code: 'agent_denied',
    mayHaveStarted: false,
    status: 403,
  });
});

test('the agent did not start when there are no credentials', async () => {
  const { endpoint, client } = await connect(
    (response) => response.end(),
    () => {
      throw Object.assign(new Error('none'), { name: 'CredentialsProviderError' });
    },
  );
  expect(await failureOf(client.invoke(request()))).toMatchObject({
    code: 'agent_denied',
    mayHaveStarted: false,
  });
  expect(endpoint.requests).toHaveLength(0);
});
