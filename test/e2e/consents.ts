import { createHmac } from 'node:crypto';
import {
  BedrockAgentCoreClient,
  GetResourceOauth2TokenCommand,
  GetWorkloadAccessTokenForJWTCommand,
  GetWorkloadAccessTokenForUserIdCommand,
} from '@aws-sdk/client-bedrock-agentcore';
import {
  AdminInitiateAuthCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { createVisitor, type Visit, type Visitor } from '../../local/laptop/visitor.ts';
import { redisCommands } from '../../local/redis/resp.ts';
import { readEntry } from '../../src/audit/chain.ts';
import { type Stack, type StackOptions, startStack } from './stack.ts';

/** A tool of the agent that needs a person's consent, and what people and attackers do with it in their browsers. */

const WORKLOAD = 'threadcore';
const PROVIDER = 'jira';
const credentials = { accessKeyId: 'AKIAEXAMPLE000000000', secretAccessKey: 'example-secret-key' };

export type AgentAuth = 'iam' | 'jwt';

export const startConsentStack = (agentAuth: AgentAuth, options: StackOptions = {}): Promise<Stack> =>
  startStack({
    identity: {},
    agentAuth,
    aws: (publicUrl) => ({
      workloadIdentities: [
        { name: WORKLOAD, allowedResourceOauth2ReturnUrls: [`${publicUrl}/link/resource`] },
      ],
      oauth2Providers: [PROVIDER],
    }),
    ...options,
  });

/** What the tool got when it asked for the resource on behalf of a person. */
export interface Asked {
  /** Where the person consents; the stand-in's resource does so at once. */
  readonly url: string;
  readonly sessionUri: string;
  /** The token of the resource, as the tool gets it by now. */
  token(): Promise<string | undefined>;
}

/** The agent works for a person, and a tool of it asks for a resource of that person. */
export async function askFor(stack: Stack, agentAuth: AgentAuth, username: string): Promise<Asked> {
  const userToken = await accessTokenOf(stack, username);
  const { url: endpoint, region } = stack.aws;
  const client = new BedrockAgentCoreClient({ endpoint, region, credentials, maxAttempts: 1 });
  const claims = Buffer.from(userToken.split('.')[1] ?? '', 'base64url').toString();
  const { sub } = JSON.parse(claims) as { sub: string };
  const { workloadAccessToken } =
    agentAuth === 'jwt'
      ? await client.send(new GetWorkloadAccessTokenForJWTCommand({ workloadName: WORKLOAD, userToken }))
      : await client.send(
          new GetWorkloadAccessTokenForUserIdCommand({ workloadName: WORKLOAD, userId: sub }),
        );
  const ask = () =>
    client.send(
      new GetResourceOauth2TokenCommand({
        workloadIdentityToken: workloadAccessToken,
        resourceCredentialProviderName: PROVIDER,
        // Each test has a scope of its own, so that none has a token already.
        scopes: [scope],
        oauth2Flow: 'USER_FEDERATION',
        resourceOauth2ReturnUrl: `${stack.backend.url}/link/resource`,
      }),
    );
  scopes += 1;
  const scope = `scope-${scopes}`;
  const { authorizationUrl = '', sessionUri = '' } = await ask();
  return { url: authorizationUrl, sessionUri, token: async () => (await ask()).accessToken };
}
let scopes = 0;

async function accessTokenOf({ cognito }: Stack, username: string): Promise<string> {
  const { url: endpoint, region, userPoolId, clientId, clientSecret = '' } = cognito;
  const client = new CognitoIdentityProviderClient({ endpoint, region, credentials });
  const answer = await client.send(
    new AdminInitiateAuthCommand({
      UserPoolId: userPoolId,
      ClientId: clientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: {
        USERNAME: username,
        PASSWORD: passwordOf(cognito, username),
        SECRET_HASH: createHmac('sha256', clientSecret).update(`${username}${clientId}`).digest('base64'),
      },
    }),
  );
  client.destroy();
  return answer.AuthenticationResult?.AccessToken ?? '';
}

const passwordOf = ({ users }: Stack['cognito'], username: string) =>
  users.find((each) => each.username === username)?.password ?? '';

/** A browser that is signed in at Cognito. */
export async function signedIn(stack: Stack, username: string): Promise<Visitor> {
  const browser = createVisitor();
  const { url, clientId } = stack.cognito;
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: `${stack.backend.url}/link/callback`,
  });
  await visitAs(stack, username, `${url}/oauth2/authorize?${query}`, browser);
  return browser;
}

/** Opens an address that leads to a sign-in, and signs in where the browser is not signed in yet. */
export async function visitAs(stack: Stack, username: string, url: string, browser: Visitor): Promise<Visit> {
  const page = await browser.open(url);
  if (!page.text.includes('name="password"')) return page;
  return browser.submit(page, { username, password: passwordOf(stack.cognito, username) });
}

/** The same, but stays before the last step: the address at our callback that Cognito sends the browser to. */
export async function addressBack(stack: Stack, url: string, browser: Visitor): Promise<string> {
  let visit = await browser.request(url);
  for (let hop = 0; hop < 8; hop += 1) {
    const next = new URL(visit.headers.get('location') ?? '', visit.url).href;
    if (next.startsWith(`${stack.backend.url}/link/callback`)) return next;
    visit = await browser.request(next);
  }
  throw new Error(`it leads to ${visit.url} instead of back to us`);
}

export const titleOf = ({ text }: Visit): string => /<h1>(.*?)<\/h1>/.exec(text)?.[1] ?? '';

/** What AgentCore answered when it was told about consents, as status codes; 0 where the answer was lost. */
export const completions = (stack: Stack): number[] =>
  stack.aws.calls
    .filter(({ operation }) => operation === 'CompleteResourceTokenAuth')
    .map(({ status }) => status);

/** What the audit log says about consents, oldest first. */
export async function consentsOnRecord({ redisUrl }: Stack): Promise<string[]> {
  const [entries] = await redisCommands(redisUrl, [['XRANGE', '{tc}:audit:log', '-', '+']]);
  return (entries as [string, string[]][]).flatMap(([, fields]) => {
    const event = readEntry(fields[1] ?? '')?.event;
    if (event?.type === 'resource.consented') return ['consented'];
    return event?.type === 'resource.outcome' ? [String(event.outcome)] : [];
  });
}
