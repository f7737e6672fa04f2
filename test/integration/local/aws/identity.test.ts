import {
  type BedrockAgentCoreClient,
  CompleteResourceTokenAuthCommand,
  GetResourceOauth2TokenCommand,
  type GetResourceOauth2TokenCommandInput,
  GetWorkloadAccessTokenCommand,
  GetWorkloadAccessTokenForJWTCommand,
  GetWorkloadAccessTokenForUserIdCommand,
} from '@aws-sdk/client-bedrock-agentcore';
import { beforeEach, describe, expect, test } from 'vitest';
import type { AwsStandIn } from '../../../../local/aws/stand-in.ts';
import type { CognitoStandIn } from '../../../../local/cognito/stand-in.ts';
import { handClock, startCognito, tokensOf } from '../cognito/application.ts';
import { type Echo, KEYS, raw, runtimeClient, startStandIn } from './start.ts';

/** The identity operations, called with the real client. */

const WORKLOAD = 'threadcore-tools';
/** What the runtime itself is called; its agent acts under this name. */
const RUNTIME = 'cloud_engineer-AbCdEf1234';
const RETURN_URL = 'https://bot.example.com/resources/callback';
const clock = handClock();
let cognito: CognitoStandIn;
let standIn: AwsStandIn;
let client: BedrockAgentCoreClient;

beforeEach(async () => {
  cognito = await startCognito({ now: clock.now });
  standIn = await startStandIn({
    credentials: KEYS,
    now: clock.now,
    jwtAuthorizer: {
      discoveryUrl: `${cognito.url}/.well-known/openid-configuration`,
      allowedClients: [cognito.clientId],
    },
    workloadIdentities: [WORKLOAD, RUNTIME].map((name) => ({
      name,
      allowedResourceOauth2ReturnUrls: [RETURN_URL],
    })),
    oauth2Providers: ['jira'],
  });
  client = runtimeClient(standIn);
});

async function tokenFor(username: string): Promise<{ userToken: string; workloadToken: string }> {
  const { access } = await tokensOf(cognito, username);
  const command = new GetWorkloadAccessTokenForJWTCommand({ workloadName: WORKLOAD, userToken: access });
  return { userToken: access, workloadToken: (await client.send(command)).workloadAccessToken ?? '' };
}

function resource(workloadToken: string, changes: Partial<GetResourceOauth2TokenCommandInput> = {}) {
  return client.send(
    new GetResourceOauth2TokenCommand({
      workloadIdentityToken: workloadToken,
      resourceCredentialProviderName: 'jira',
      scopes: ['read'],
      oauth2Flow: 'USER_FEDERATION',
      resourceOauth2ReturnUrl: RETURN_URL,
      ...changes,
    }),
  );
}

function complete(
  sessionUri: string | undefined,
  userIdentifier: { userToken: string } | { userId: string },
) {
  return client.send(
    new CompleteResourceTokenAuthCommand({ sessionUri, userIdentifier: userIdentifier as never }),
  );
}

describe('a workload access token', () => {
  test('is given for nobody, for a token, and for a user id, and is never the same twice', async () => {
    const { access } = await tokensOf(cognito, 'carol');
    const tokens: (string | undefined)[] = [];
    for (const name of [WORKLOAD, RUNTIME]) {
      const nobody = new GetWorkloadAccessTokenCommand({ workloadName: name });
      const token = new GetWorkloadAccessTokenForJWTCommand({ workloadName: name, userToken: access });
      const id = new GetWorkloadAccessTokenForUserIdCommand({ workloadName: name, userId: 'U1' });
      tokens.push((await client.send(nobody)).workloadAccessToken);
      tokens.push((await client.send(token)).workloadAccessToken);
      tokens.push((await client.send(id)).workloadAccessToken);
    }
    for (const token of tokens) expect(token).toMatch(/^[\w-]{64}$/);
    expect(new Set(tokens).size).toBe(6);
  });

  test('is not given to a workload that nobody knows, nor for a token that is not good', async () => {
    const unknown = new GetWorkloadAccessTokenCommand({ workloadName: 'another' });
    await expect(client.send(unknown)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const { access } = await tokensOf(cognito, 'carol');
    const forged = `${access.slice(0, -4)}AAAA`;
    const command = new GetWorkloadAccessTokenForJWTCommand({ workloadName: WORKLOAD, userToken: forged });
    await expect(client.send(command)).rejects.toMatchObject({
      name: 'UnauthorizedException',
      $metadata: { httpStatusCode: 401 },
    });
  });

  test.each([
    ['workloadName', 'GetWorkloadAccessToken', { workloadName: 'ab' }],
    ['workloadName', 'GetWorkloadAccessToken', {}],
    ['workloadName', 'GetWorkloadAccessTokenForUserId', { workloadName: 'no spaces', userId: 'U1' }],
    ['userId', 'GetWorkloadAccessTokenForUserId', { workloadName: WORKLOAD, userId: 'x'.repeat(129) }],
    ['userToken', 'GetWorkloadAccessTokenForJWT', { workloadName: WORKLOAD, userToken: 'none' }],
  ])('needs a %s that %s takes', async (field, operation, body) => {
    // The client checks nothing, which is why its own types do not matter here.
    const commands = {
      GetWorkloadAccessToken: GetWorkloadAccessTokenCommand,
      GetWorkloadAccessTokenForUserId: GetWorkloadAccessTokenForUserIdCommand,
      GetWorkloadAccessTokenForJWT: GetWorkloadAccessTokenForJWTCommand,
    };
    const Command = commands[operation as keyof typeof commands] as unknown as new (
      input: object,
    ) => GetWorkloadAccessTokenCommand;
    await expect(client.send(new Command(body))).rejects.toMatchObject({
      name: 'ValidationException',
      reason: 'FieldValidationFailed',
      fieldList: [{ name: field }],
    });
  });

  test('is asked for with a signature only', async () => {
    const { access } = await tokensOf(cognito, 'carol');
    const answer = await raw(`${standIn.url}/identities/GetWorkloadAccessToken`, {
      headers: { authorization: `Bearer ${access}` },
      body: JSON.stringify({ workloadName: WORKLOAD }),
    });
    expect(answer.status).toBe(403);
  });
});

describe('a token for a resource', () => {
  test('comes after its person consented in a browser and the application said whose browser it was', async () => {
    const { userToken, workloadToken } = await tokenFor('carol');
    const asked = await resource(workloadToken, { customState: 'state-1' });
    expect(asked.sessionStatus).toBe('IN_PROGRESS');
    expect(asked.accessToken).toBeUndefined();
    const { sessionUri, authorizationUrl = '' } = asked;
    await expect(complete(sessionUri, { userToken })).rejects.toMatchObject({ name: 'ValidationException' });

    const browser = await raw(authorizationUrl, { method: 'GET' });
    expect(browser.status).toBe(302);
    const back = new URL(String(browser.headers.location));
    expect(`${back.origin}${back.pathname}`).toBe(RETURN_URL);
    expect(Object.fromEntries(back.searchParams)).toEqual({ session_id: sessionUri, state: 'state-1' });
    expect(await resource(workloadToken, { sessionUri })).toMatchObject({ sessionStatus: 'IN_PROGRESS' });

    await complete(sessionUri, { userToken });
    const { accessToken } = await resource(workloadToken, { sessionUri });
    expect(accessToken).toMatch(/^user-/);
    expect(await resource(workloadToken)).toMatchObject({ accessToken });
    const anew = await resource(workloadToken, { forceAuthentication: true });
    expect(anew.sessionStatus).toBe('IN_PROGRESS');
    expect(anew.accessToken).toBeUndefined();
    await expect(complete(sessionUri, { userToken })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('is never completed by somebody else, nor by a mere name of the same person', async () => {
    const carol = await tokenFor('carol');
    const bob = await tokenFor('bob');
    const { sessionUri, authorizationUrl = '' } = await resource(carol.workloadToken);
    await raw(authorizationUrl, { method: 'GET' });
    for (const other of [{ userToken: bob.userToken }, { userId: 'carol' }]) {
      await expect(complete(sessionUri, other)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    }
    expect((await resource(carol.workloadToken)).accessToken).toBeUndefined();
    await complete(sessionUri, { userToken: carol.userToken });
    expect((await resource(carol.workloadToken)).accessToken).toBeDefined();
    expect((await resource(bob.workloadToken)).accessToken).toBeUndefined();
  });

  test('can be asked for by the agent, for whoever called it', async () => {
    const { access } = await tokensOf(cognito, 'carol');
    const answer = await raw(
      `${standIn.url}/runtimes/${encodeURIComponent(standIn.agentRuntimeArn)}/invocations`,
      { headers: { authorization: `Bearer ${access}` }, body: '{"do":"echo"}' },
    );
    const { workloadaccesstoken = '' } = (JSON.parse(answer.text) as Echo).headers;
    const { sessionUri, authorizationUrl = '' } = await resource(workloadaccesstoken);
    await raw(authorizationUrl, { method: 'GET' });
    const { userToken } = await tokenFor('bob');
    await expect(complete(sessionUri, { userToken })).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await complete(sessionUri, { userToken: access });
    expect((await resource(workloadaccesstoken)).accessToken).toMatch(/^user-/);
  });

  test('waits ten minutes for its person', async () => {
    const { userToken, workloadToken } = await tokenFor('carol');
    const { sessionUri, authorizationUrl = '' } = await resource(workloadToken);
    clock.pass(601);
    expect((await raw(authorizationUrl, { method: 'GET' })).status).toBe(404);
    await expect(complete(sessionUri, { userToken })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('needs a known workload token, provider and return address, and a person where the flow does', async () => {
    const { workloadToken } = await tokenFor('carol');
    const { workloadAccessToken: nobody = '' } = await client.send(
      new GetWorkloadAccessTokenCommand({ workloadName: WORKLOAD }),
    );
    await expect(resource('made-up')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(resource(workloadToken, { resourceCredentialProviderName: 'slack' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    for (const [token, changes] of [
      [workloadToken, { resourceOauth2ReturnUrl: 'https://evil.example.com/' }],
      [workloadToken, { resourceOauth2ReturnUrl: undefined }],
      [workloadToken, { oauth2Flow: 'IMPLICIT' as never }],
      [nobody, {}],
      [nobody, { oauth2Flow: 'ON_BEHALF_OF_TOKEN_EXCHANGE' as const }],
    ] as const) {
      await expect(resource(token, changes)).rejects.toMatchObject({ name: 'ValidationException' });
    }
    expect((await resource(nobody, { oauth2Flow: 'M2M' })).accessToken).toMatch(/^m2m-/);
    const onBehalf = await resource(workloadToken, { oauth2Flow: 'ON_BEHALF_OF_TOKEN_EXCHANGE' });
    expect(onBehalf.accessToken).toMatch(/^obo-/);
  });
});
