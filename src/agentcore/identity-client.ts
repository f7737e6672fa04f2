import {
  BedrockAgentCoreClient,
  type BedrockAgentCoreClientConfig,
  CompleteResourceTokenAuthCommand,
} from '@aws-sdk/client-bedrock-agentcore';
import { toAgentCoreError } from './errors.ts';
import { CONNECT_TIMEOUT_MS } from './transport.ts';

export interface IdentityClientOptions {
  readonly region: string;
  /** Another address of the data plane. Without it the SDK follows `AWS_ENDPOINT_URL…` and the region. */
  readonly endpoint?: string | undefined;
  /**
   * How the runtime is told who a turn is for (`AGENT_AUTH`). AgentCore keeps users that were named apart from users whose
   * token it saw, so a consent has to be completed the way its session was begun.
   */
  readonly auth: 'iam' | 'jwt';
  /** Default: the AWS SDK's own chain (environment, profile, container or instance role). */
  readonly credentials?: BedrockAgentCoreClientConfig['credentials'];
}

/** Somebody whose sign-in has been verified, in the browser that came back from the resource. */
export interface VerifiedPerson {
  readonly accessToken: string;
  /** The `sub` of that token, which turns name as their user. */
  readonly sub: string;
}

/**
 * completed      the agent's tools get tokens of the resource from now on
 * other_account  it was begun for another person; or our AWS role may not do this: AgentCore has one name for both
 * unknown        it is over, was completed before, was never begun, or nobody consented in a browser yet
 * token_refused  AgentCore does not take the person's token
 */
export type ConsentAnswer = 'completed' | 'other_account' | 'unknown' | 'token_refused';

export interface IdentityClient {
  /**
   * CompleteResourceTokenAuth, sent exactly once. AgentCore gives the consent to whoever is named here if it was begun for
   * them, so name nobody who was not verified in that very browser. Throws AgentCoreError when there is no answer.
   */
  completeConsent(sessionUri: string, person: VerifiedPerson): Promise<ConsentAnswer>;
  /** Closes idle connections. */
  close(): void;
}

const TIMEOUT_MS = 10_000;
const REFUSALS: Readonly<Record<string, ConsentAnswer>> = {
  AccessDeniedException: 'other_account',
  ResourceNotFoundException: 'unknown',
  ValidationException: 'unknown',
  UnauthorizedException: 'token_refused',
};

/** Client of AgentCore Identity, signed with AWS credentials. */
export function createIdentityClient(options: IdentityClientOptions): IdentityClient {
  const client = new BedrockAgentCoreClient({
    region: options.region,
    // A consent is used up by the first call that arrives: a second one would report a failure.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS },
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  });

  return {
    async completeConsent(sessionUri, { accessToken, sub }) {
      const userIdentifier = options.auth === 'jwt' ? { userToken: accessToken } : { userId: sub };
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      try {
        const command = new CompleteResourceTokenAuthCommand({ sessionUri, userIdentifier });
        await client.send(command, { abortSignal: signal });
        return 'completed';
      } catch (error) {
        const answer = error instanceof Error ? REFUSALS[error.name] : undefined;
        if (answer !== undefined) return answer;
        throw toAgentCoreError(error, { phase: 'request', signal });
      }
    },
    close: () => client.destroy(),
  };
}
