import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  type AwsStandIn,
  createAwsStandIn,
  type JwtAuthorizerOptions,
} from '../../../../local/aws/stand-in.ts';
import type { CognitoStandIn } from '../../../../local/cognito/stand-in.ts';
import { handClock, startCognito, tokensOf, verifierFor } from '../cognito/application.ts';
import { ask, type Echo, formOnly, KEYS, raw, runtimeClient, sessionId, startStandIn } from './start.ts';

/** A runtime with a JWT authorizer, and real tokens of the Cognito stand-in. */

const SESSION = 'x-amzn-bedrock-agentcore-runtime-session-id';
const clock = handClock();
let cognito: CognitoStandIn;
beforeEach(async () => {
  cognito = await startCognito({ now: clock.now });
});

function discoveryUrl(pool = cognito.userPoolId): string {
  return `${cognito.url}/${pool}/.well-known/openid-configuration`;
}

function start(
  options: Parameters<typeof startStandIn>[0] = {},
  authorizer: Partial<JwtAuthorizerOptions> = {},
): Promise<AwsStandIn> {
  return startStandIn({
    now: clock.now,
    jwtAuthorizer: { discoveryUrl: discoveryUrl(), allowedClients: [cognito.clientId], ...authorizer },
    ...options,
  });
}

function call(standIn: AwsStandIn, authorization: string | undefined, operation = 'invocations') {
  return raw(`${standIn.url}/runtimes/${encodeURIComponent(standIn.agentRuntimeArn)}/${operation}`, {
    headers: { [SESSION]: sessionId('bearer'), ...(authorization === undefined ? {} : { authorization }) },
    body: operation === 'invocations' ? '{"do":"echo"}' : '',
  });
}

const headersSeen = (text: string) => (JSON.parse(text) as Echo).headers;

test('a token that Cognito gave out lets its person in, and it is known who came', async () => {
  const standIn = await start();
  const { access } = await tokensOf(cognito, 'carol');
  const { sub } = await verifierFor(cognito, 'access').verify(access);
  expect((await call(standIn, `Bearer ${access}`)).status).toBe(200);
  expect((await call(standIn, `bearer ${access}`, 'stopruntimesession')).status).toBe(200);
  expect(standIn.calls).toMatchObject([
    { operation: 'InvokeAgentRuntime', status: 200, subject: sub },
    { operation: 'StopRuntimeSession', status: 200, subject: sub },
  ]);
  expect(JSON.stringify(standIn.calls)).not.toContain(access);
});

test('a runtime takes tokens or signatures, never both', async () => {
  const withTokens = await start({ credentials: KEYS });
  await expect(ask(runtimeClient(withTokens), withTokens, sessionId('signed'))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('Authorization method mismatch'),
    $metadata: { httpStatusCode: 403 },
  });
  const withSignatures = await startStandIn();
  const { access } = await tokensOf(cognito, 'carol');
  for (const operation of ['invocations', 'stopruntimesession']) {
    const answer = await call(withSignatures, `Bearer ${access}`, operation);
    expect(answer.status).toBe(403);
    expect(answer.headers['x-amzn-errortype']).toBe('AccessDeniedException');
    expect(answer.headers['www-authenticate']).toBeUndefined();
  }
  expect([...withTokens.sessions(), ...withSignatures.sessions()]).toEqual([]);
});

test('without a token the caller is told where to get one', async () => {
  const standIn = await start();
  const answer = await call(standIn, undefined);
  expect(answer.status).toBe(401);
  expect(answer.headers['x-amzn-errortype']).toBe('UnauthorizedException');
  const runtime = `${standIn.url}/runtimes/${encodeURIComponent(standIn.agentRuntimeArn)}`;
  expect(answer.headers['www-authenticate']).toBe(
    `Bearer resource_metadata="${runtime}/invocations/.well-known/oauth-protected-resource?qualifier=DEFAULT"`,
  );
});

describe('a token is refused', () => {
  async function refusal(standIn: AwsStandIn, token: string) {
    const answer = await call(standIn, `Bearer ${token}`);
    const { message } = JSON.parse(answer.text) as { message: string };
    expect(answer.text).not.toContain(token);
    expect(standIn.sessions()).toEqual([]);
    return { status: answer.status, code: answer.headers['x-amzn-errortype'], message };
  }

  const changed = (token: string, change: (claims: Record<string, unknown>) => object) => {
    const [head = '', body = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
    const forged = Buffer.from(JSON.stringify({ ...claims, ...change(claims) })).toString('base64url');
    return [head, forged, signature].join('.');
  };

  test.each(['x', 'not.a.token', 'e30.e30.e30'])('that is none (%s)', async (token) => {
    expect(await refusal(await start(), token)).toEqual({
      status: 403,
      code: 'AccessDeniedException',
      message: 'OAuth authorization failed: Failed to parse token',
    });
  });

  test('whose claims were changed', async () => {
    const { access } = await tokensOf(cognito, 'carol');
    const forged = changed(access, () => ({ sub: 'somebody-else' }));
    expect(await refusal(await start(), forged)).toMatchObject({
      status: 401,
      code: 'UnauthorizedException',
      message: 'Invalid token signature',
    });
  });

  test('that says it is signed with nothing', async () => {
    const { access } = await tokensOf(cognito, 'carol');
    const [head = '', body = ''] = access.split('.');
    const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string };
    const none = Buffer.from(JSON.stringify({ kid, alg: 'none' })).toString('base64url');
    expect(await refusal(await start(), `${none}.${body}.`)).toMatchObject({ status: 401 });
  });

  test('of another pool', async () => {
    const other = await startCognito();
    const { access } = await tokensOf(other, 'carol');
    expect(await refusal(await start(), access)).toMatchObject({ status: 401 });
  });

  test('of another issuer, though its keys are the same', async () => {
    const document = { issuer: 'https://issuer.example.com', jwks_uri: cognito.jwksUri };
    const server = createServer((_request, response) => void response.end(JSON.stringify(document)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(async () => void (await new Promise((resolve) => server.close(resolve))));
    const { port } = server.address() as AddressInfo;
    const standIn = await start(
      {},
      { discoveryUrl: `http://127.0.0.1:${port}/.well-known/openid-configuration` },
    );
    const { access } = await tokensOf(cognito, 'carol');
    expect(await refusal(standIn, access)).toMatchObject({
      status: 401,
      message: expect.stringContaining("'iss'"),
    });
  });

  test('of a client that is not allowed, and an id token, which names none', async () => {
    const standIn = await start({}, { allowedClients: ['another'] });
    const { access } = await tokensOf(cognito, 'carol');
    const message = "Claim 'client_id' value mismatch with configuration.";
    expect(await refusal(standIn, access)).toMatchObject({ status: 401, message });
    const { id } = await tokensOf(cognito, 'bob');
    expect(await refusal(await start(), id)).toMatchObject({ status: 401, message });
  });

  test('without the audience or the scope that is asked for', async () => {
    const { access } = await tokensOf(cognito, 'carol');
    const audience = await start({}, { allowedAudience: [cognito.clientId] });
    expect(await refusal(audience, access)).toMatchObject({ message: expect.stringContaining("'aud'") });
    const scope = await start({}, { allowedScopes: ['agents/ask'] });
    expect(await refusal(scope, access)).toMatchObject({ message: expect.stringContaining("'scope'") });
    const good = await start({}, { allowedScopes: ['agents/ask', 'openid'] });
    expect((await call(good, `Bearer ${access}`)).status).toBe(200);
  });

  test('when it has expired, and already in its last minute', async () => {
    cognito.setTokenLife({ accessSeconds: 300 });
    const { access } = await tokensOf(cognito, 'carol');
    const standIn = await start();
    clock.pass(239);
    expect((await call(standIn, `Bearer ${access}`)).status).toBe(200);
    expect((await call(standIn, `Bearer ${access}`, 'stopruntimesession')).status).toBe(200);
    clock.pass(2);
    expect(await refusal(standIn, access)).toMatchObject({
      status: 401,
      message: expect.stringContaining('within the next minute'),
    });
    clock.pass(60);
    expect(await refusal(standIn, access)).toMatchObject({ status: 401, message: 'Token has expired' });
  });
});

test('keys of the pool may change', async () => {
  const standIn = await start();
  const before = await tokensOf(cognito, 'carol');
  expect((await call(standIn, `Bearer ${before.access}`)).status).toBe(200);
  await cognito.rotateKeys();
  const after = await tokensOf(cognito, 'carol');
  expect((await call(standIn, `Bearer ${after.access}`)).status).toBe(200);
});

test('the agent sees the token only where the runtime passes it on, and never a signature', async () => {
  const { access } = await tokensOf(cognito, 'carol');
  const closed = headersSeen((await call(await start(), `Bearer ${access}`)).text);
  expect(closed).not.toHaveProperty('authorization');
  const open = await start({ requestHeaderAllowlist: ['Authorization', 'X-Tone'] });
  expect(headersSeen((await call(open, `Bearer ${access}`)).text).authorization).toBe(`Bearer ${access}`);
});

test('the agent gets a workload access token with each call, which holds nothing of the caller’s', async () => {
  const standIn = await start();
  const carol = await tokensOf(cognito, 'carol');
  const bob = await tokensOf(cognito, 'bob');
  const tokens: string[] = [];
  for (const { access } of [carol, carol, bob]) {
    const { workloadaccesstoken = '' } = headersSeen((await call(standIn, `Bearer ${access}`)).text);
    expect(workloadaccesstoken).toMatch(/^[\w-]{64}$/);
    expect(access).not.toContain(workloadaccesstoken);
    tokens.push(workloadaccesstoken);
  }
  expect(new Set(tokens).size).toBe(3);

  const signed = await startStandIn();
  const answer = await call(signed, formOnly('bedrock-agentcore'));
  expect(headersSeen(answer.text).workloadaccesstoken).toMatch(/^[\w-]{64}$/);
});

test.each<[string, Partial<Parameters<typeof createAwsStandIn>[0]>, RegExp]>([
  [
    'no discovery',
    { jwtAuthorizer: { discoveryUrl: 'http://127.0.0.1/x', allowedClients: ['a'] } },
    /discoveryUrl/,
  ],
  [
    'everybody allowed',
    { jwtAuthorizer: { discoveryUrl: 'http://127.0.0.1/.well-known/openid-configuration' } },
    /needs clients/,
  ],
  [
    'nobody allowed',
    {
      jwtAuthorizer: {
        discoveryUrl: 'http://127.0.0.1/.well-known/openid-configuration',
        allowedClients: [],
      },
    },
    /cannot be empty/,
  ],
  ['Authorization without tokens', { requestHeaderAllowlist: ['Authorization'] }, /jwtAuthorizer/],
  ['a header of AWS', { requestHeaderAllowlist: ['X-Amz-Date'] }, /cannot be passed on/],
  ['21 headers', { requestHeaderAllowlist: Array.from({ length: 21 }, (_, n) => `x-${n}`) }, /at most 20/],
])('a runtime with %s cannot be made', async (_what, options, words) => {
  const made = createAwsStandIn({ agent: { mode: 'url', url: 'http://127.0.0.1:1' }, ...options });
  await expect(made).rejects.toThrow(words);
});
