import { randomBytes } from 'node:crypto';
import type { Answer, AwsRequest } from './api.ts';
import { awsError } from './aws-error.ts';
import { completion, forJwt, forUserId, forWorkload, oauthRequest, readInput } from './identity-model.ts';
import { jsonAnswer } from './json-shape.ts';
import type { JwtAuthorizer, TokenUser } from './jwt-authorizer.ts';
import { refuse } from './validation.ts';

/**
 * The identity operations of bedrock-agentcore's data plane: workload access tokens, and OAuth tokens for resources with
 * the consent of the person in their browser. The resource's authorization server is left out: it consents at once.
 */

export interface WorkloadIdentity {
  readonly name: string;
  /** Where a browser may be sent after consent. */
  readonly allowedResourceOauth2ReturnUrls?: readonly string[];
}

/** For whom a workload acts: one whose token was seen, one who was only named, or nobody. */
export type WorkloadUser = TokenUser | { readonly userId: string } | undefined;

export interface IdentityDeps {
  readonly workloads: readonly WorkloadIdentity[];
  /** Names of OAuth2 credential providers. */
  readonly providers: readonly string[];
  /** Who judges the tokens of people; without it none is taken. */
  readonly authorizer: JwtAuthorizer | undefined;
  /** The stand-in's own address. */
  readonly origin: () => string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

interface Holder {
  readonly workload: WorkloadIdentity;
  readonly user: string | undefined;
}

interface Consent {
  readonly grant: string;
  readonly user: string;
  readonly returnUrl: string;
  readonly state: string | undefined;
  readonly expiresAt: number;
  /** The browser was there. */
  seen: boolean;
}

export const AUTHORIZE_PATH = '/identities/oauth2/authorize';
const CONSENT_MS = 600_000;
const REMEMBERED_TOKENS = 10_000;

export function createIdentityApi(deps: IdentityDeps) {
  const holders = new Map<string, Holder>();
  const consents = new Map<string, Consent>();
  /** Person, provider and scopes to the resource's access token. */
  const grants = new Map<string, string>();

  /** A workload access token: opaque, and remembered with whom it stands for. */
  function issue(workloadName: string, user: WorkloadUser): string {
    const workload = deps.workloads.find(({ name }) => name === workloadName);
    if (!workload) throw awsError(404, 'ResourceNotFoundException', `There is no workload ${workloadName}`);
    const token = randomBytes(48).toString('base64url');
    holders.set(token, { workload, user: nameOf(user) });
    const [oldest] = holders.keys();
    if (holders.size > REMEMBERED_TOKENS && oldest !== undefined) holders.delete(oldest);
    return token;
  }

  async function userOf(given: { userToken: string } | { userId: string }): Promise<WorkloadUser> {
    if ('userId' in given) return given;
    if (deps.authorizer) return deps.authorizer.authorize(given.userToken);
    throw awsError(403, 'AccessDeniedException', 'No identity provider is known here to judge the token');
  }

  function resourceToken(body: Buffer): Answer {
    const input = readInput(body, oauthRequest);
    const holder = holders.get(input.workloadIdentityToken);
    if (!holder) throw awsError(403, 'AccessDeniedException', 'The workload access token is not known');
    const provider = input.resourceCredentialProviderName;
    if (!deps.providers.includes(provider)) {
      throw awsError(404, 'ResourceNotFoundException', `There is no credential provider ${provider}`);
    }
    if (input.oauth2Flow === 'M2M') return jsonAnswer(200, { accessToken: opaque('m2m') });
    const { user } = holder;
    if (user === undefined) {
      refuse([{ name: 'workloadIdentityToken', message: 'stands for no user, whom this flow needs' }]);
      throw new Error('unreachable');
    }
    if (input.oauth2Flow === 'ON_BEHALF_OF_TOKEN_EXCHANGE') {
      return jsonAnswer(200, { accessToken: opaque('obo') });
    }
    const grant = JSON.stringify([user, provider, input.scopes.toSorted()]);
    const accessToken = grants.get(grant);
    if (accessToken !== undefined && input.forceAuthentication !== true)
      return jsonAnswer(200, { accessToken });
    const pending = input.sessionUri === undefined ? undefined : consents.get(input.sessionUri);
    if (pending?.grant === grant) {
      return jsonAnswer(200, { sessionUri: input.sessionUri, sessionStatus: 'IN_PROGRESS' });
    }
    const returnUrl = input.resourceOauth2ReturnUrl;
    if (returnUrl === undefined || !holder.workload.allowedResourceOauth2ReturnUrls?.includes(returnUrl)) {
      refuse([{ name: 'resourceOauth2ReturnUrl', message: 'is not one of the workload identity' }]);
      throw new Error('unreachable');
    }
    const sessionUri = `urn:ietf:params:oauth:request_uri:${randomBytes(24).toString('base64url')}`;
    const state = input.customState;
    consents.set(sessionUri, {
      grant,
      user,
      returnUrl,
      state,
      expiresAt: deps.now() + CONSENT_MS,
      seen: false,
    });
    const authorizationUrl = `${deps.origin()}${AUTHORIZE_PATH}?${new URLSearchParams({ request_uri: sessionUri })}`;
    return jsonAnswer(200, { authorizationUrl, sessionUri, sessionStatus: 'IN_PROGRESS' });
  }

  function findConsent(sessionUri: string): Consent {
    const consent = consents.get(sessionUri);
    if (consent && consent.expiresAt > deps.now()) return consent;
    throw awsError(404, 'ResourceNotFoundException', 'There is no such authorization session');
  }

  /** The browser's part: back to the application, which has to say whose browser it was. */
  function authorize(call: AwsRequest): Answer {
    const sessionUri = call.query.get('request_uri') ?? '';
    const consent = findConsent(sessionUri);
    consent.seen = true;
    const location = new URL(consent.returnUrl);
    location.searchParams.set('session_id', sessionUri);
    if (consent.state !== undefined) location.searchParams.set('state', consent.state);
    return { status: 302, headers: { location: location.href }, body: '' };
  }

  async function complete(body: Buffer): Promise<Answer> {
    const { sessionUri, userIdentifier } = readInput(body, completion);
    const user = nameOf(await userOf(userIdentifier));
    const consent = findConsent(sessionUri);
    if (consent.user !== user) {
      throw awsError(403, 'AccessDeniedException', 'Another user started this authorization session');
    }
    if (!consent.seen) refuse([{ name: 'sessionUri', message: 'was not authorized in a browser yet' }]);
    consents.delete(sessionUri);
    grants.set(consent.grant, opaque('user'));
    return jsonAnswer(200, {});
  }

  const operations: Readonly<Record<string, (call: AwsRequest) => Answer | Promise<Answer>>> = {
    GetWorkloadAccessToken: ({ body }) => {
      const { workloadName } = readInput(body, forWorkload);
      return jsonAnswer(200, { workloadAccessToken: issue(workloadName, undefined) });
    },
    GetWorkloadAccessTokenForJWT: async ({ body }) => {
      const { workloadName, userToken } = readInput(body, forJwt);
      return jsonAnswer(200, { workloadAccessToken: issue(workloadName, await userOf({ userToken })) });
    },
    GetWorkloadAccessTokenForUserId: ({ body }) => {
      const { workloadName, userId } = readInput(body, forUserId);
      return jsonAnswer(200, { workloadAccessToken: issue(workloadName, { userId }) });
    },
    CompleteResourceTokenAuth: ({ body }) => complete(body),
    GetResourceOauth2Token: ({ body }) => resourceToken(body),
    Authorize: authorize,
  };

  return {
    issue,
    operationOf({ method, rawPath, segments }: AwsRequest): string | undefined {
      if (method === 'GET' && rawPath === AUTHORIZE_PATH) return 'Authorize';
      if (method !== 'POST' || segments[0] !== 'identities') return undefined;
      if (rawPath === '/identities/oauth2/token') return 'GetResourceOauth2Token';
      const [, name = '', ...rest] = segments;
      return rest.length === 0 && name !== 'Authorize' && name in operations ? name : undefined;
    },
    find: (operation: string) => (Object.hasOwn(operations, operation) ? operations[operation] : undefined),
    reset() {
      holders.clear();
      consents.clear();
      grants.clear();
    },
  };
}

const opaque = (kind: string) => `${kind}-${randomBytes(32).toString('base64url')}`;

/** A user's token and a user id never name the same user, as at AWS. */
function nameOf(user: WorkloadUser): string | undefined {
  if (user === undefined) return undefined;
  return JSON.stringify('userId' in user ? ['id', user.userId] : ['token', user.issuer, user.subject]);
}
