import { expect, onTestFinished, test, vi } from 'vitest';
import { createRuntimeClient, type RuntimeClientOptions } from '../../../src/agentcore/runtime-client.ts';
import { ARN, failureOf, request, TOKEN } from './clients.ts';
import { awsError, openEndpoint } from './endpoint.ts';

/** What only the client with AWS credentials does; `runtime-client.test.ts` has what both do. */

const USER = 'x-amzn-bedrock-agentcore-runtime-user-id';

async function connect(
  answer: Parameters<typeof openEndpoint>[0],
  options: Partial<RuntimeClientOptions> = {},
) {
  const endpoint = await openEndpoint(answer);
  const client = createRuntimeClient({
    region: 'us-east-2',
    endpoint: endpoint.url,
    runtimeArn: ARN,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'no' },
    ...options,
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
  const { endpoint, client } = await connect((response) => response.end(), {
    credentials: () => {
      throw Object.assign(new Error('none'), { name: 'CredentialsProviderError' });
    },
  });
  expect(await failureOf(client.invoke(request()))).toMatchObject({
    code: 'agent_denied',
    mayHaveStarted: false,
  });
  expect(endpoint.requests).toHaveLength(0);
});

test('credentials that have run out are asked for anew, a session token among them', async () => {
  let asked = 0;
  const { endpoint, client } = await connect((response) => response.writeHead(200).end(), {
    credentials: async () => {
      asked += 1;
      return {
        accessKeyId: `AKID${asked}`,
        secretAccessKey: 'no',
        sessionToken: `token ${asked}`,
        expiration: new Date(asked === 1 ? Date.now() : Date.now() + 3_600_000),
      };
    },
  });
  for (let i = 0; i < 3; i += 1) for await (const _ of (await client.invoke(request())).body);
  const last = endpoint.requests.at(-1)?.headers;
  expect(last?.['x-amz-security-token']).toBe(`token ${asked}`);
  expect(last?.authorization).toContain(`Credential=AKID${asked}/`);
  expect(asked).toBe(2);
});

test('a clock that is far off is set by what AWS says, for the next call', async () => {
  const aws = Date.parse('2026-02-03T04:05:06Z');
  let ours = aws - 3_600_000;
  const { endpoint, client } = await connect(
    (response) => {
      response.writeHead(200, { date: new Date(aws).toUTCString() }).end();
    },
    { now: () => ours },
  );
  const invoke = async () => {
    for await (const _ of (await client.invoke(request())).body);
  };
  await invoke();
  await invoke();
  // Somebody has set it right.
  ours = aws;
  await invoke();
  await invoke();
  expect(endpoint.requests.map(({ headers }) => headers['x-amz-date'])).toEqual([
    '20260203T030506Z',
    '20260203T040506Z',
    '20260203T050506Z',
    '20260203T040506Z',
  ]);
});

test('without an address of its own it goes where the AWS SDK would', async () => {
  const { endpoint } = await connect((response) => response.writeHead(200).end());
  vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_AGENTCORE', `${endpoint.url}/proxy`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { client } = await connect(() => undefined, { endpoint: undefined });
  for await (const _ of (await client.invoke(request())).body);
  expect(endpoint.requests[0]?.url).toBe(
    `/proxy/runtimes/${encodeURIComponent(ARN)}/invocations?qualifier=DEFAULT`,
  );
});
