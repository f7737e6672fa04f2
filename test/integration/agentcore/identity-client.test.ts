import { afterEach, describe, expect, it } from 'vitest';
import { createIdentityClient, type IdentityClient } from '../../../src/agentcore/identity-client.ts';
import { errorOf, TOKEN } from './clients.ts';
import { awsError, type Endpoint, openEndpoint } from './endpoint.ts';

const SESSION_URI = 'urn:ietf:params:oauth:request_uri:Abc-1._~';
const PERSON = { accessToken: TOKEN, sub: '5e1f0a2c-1111-4222-8333-944445555666' };

const open: (Endpoint | IdentityClient)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function connect(answer: Parameters<typeof openEndpoint>[0], auth: 'iam' | 'jwt' = 'jwt') {
  const endpoint = await openEndpoint(answer);
  const client = createIdentityClient({
    region: 'us-east-2',
    endpoint: endpoint.url,
    auth,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-real-secret' },
  });
  open.push(client, endpoint);
  return { endpoint, client };
}

describe('a consent is completed', () => {
  it.each([
    ['jwt', { userToken: TOKEN }],
    ['iam', { userId: PERSON.sub }],
  ] as const)(
    'with AGENT_AUTH=%s in the name that its session was begun with',
    async (auth, userIdentifier) => {
      const { endpoint, client } = await connect((response) => response.end('{}'), auth);
      expect(await client.completeConsent(SESSION_URI, PERSON)).toBe('completed');
      expect(endpoint.requests).toHaveLength(1);
      const [seen] = endpoint.requests;
      expect(seen).toMatchObject({ method: 'POST', url: '/identities/CompleteResourceTokenAuth' });
      expect(JSON.parse(seen?.body ?? '')).toEqual({ userIdentifier, sessionUri: SESSION_URI });
      expect(seen?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//);
    },
  );
});

describe('what AgentCore refuses', () => {
  it.each([
    [403, 'AccessDeniedException', 'other_account'],
    [404, 'ResourceNotFoundException', 'unknown'],
    [400, 'ValidationException', 'unknown'],
    [401, 'UnauthorizedException', 'token_refused'],
  ] as const)('(%i %s) is an answer: %s', async (status, name, answer) => {
    const { endpoint, client } = await connect((response) => awsError(response, status, name));
    expect(await client.completeConsent(SESSION_URI, PERSON)).toBe(answer);
    expect(endpoint.requests).toHaveLength(1);
  });

  it.each([
    [429, 'ThrottlingException', 'agent_throttled'],
    [500, 'InternalServerException', 'agent_internal'],
    [503, 'ServiceUnavailable', 'agent_internal'],
    [403, 'UnrecognizedClientException', 'agent_denied'],
    [403, 'InvalidSignatureException', 'agent_denied'],
  ] as const)(
    'because it cannot say (%i %s) is an error, and is not asked for again',
    async (status, name, code) => {
      const { endpoint, client } = await connect((response) => awsError(response, status, name));
      const error = await errorOf(client.completeConsent(SESSION_URI, PERSON));
      expect(error.code).toBe(code);
      expect(endpoint.requests).toHaveLength(1);
    },
  );

  it('is told without the token', async () => {
    const { client } = await connect((response) => {
      response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ message: TOKEN }));
    });
    const error = await errorOf(client.completeConsent(SESSION_URI, PERSON));
    expect(error.message).not.toContain(TOKEN);
  });

  it('by closing the connection is an error, and is not asked for again', async () => {
    const { endpoint, client } = await connect((response) => response.destroy());
    expect((await errorOf(client.completeConsent(SESSION_URI, PERSON))).failure.mayHaveStarted).toBe(true);
    expect(endpoint.requests).toHaveLength(1);
  });
});
