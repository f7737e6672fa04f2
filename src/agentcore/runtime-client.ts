import { createHash } from 'node:crypto';
import { BedrockAgentCoreClient, type BedrockAgentCoreClientConfig } from '@aws-sdk/client-bedrock-agentcore';
import { createDataPlane, type RuntimeClient } from './data-plane.ts';
import { createSigner } from './sigv4.ts';

export type { AgentResponse, InvokeInput, RuntimeClient, StopInput } from './data-plane.ts';

export interface RuntimeClientOptions {
  readonly region: string;
  /** Another address of the data plane, e.g. a VPC endpoint. Without it the SDK follows `AWS_ENDPOINT_URL…` and the region. */
  readonly endpoint?: string | undefined;
  readonly runtimeArn: string;
  readonly qualifier?: string | undefined;
  /** Milliseconds until a connection that is not made is given up. Default 5000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Connections to the data plane at a time. One running turn holds one. Default 500. */
  readonly maxSockets?: number | undefined;
  /** Default: the AWS SDK's own chain (environment, profile, container or instance role). */
  readonly credentials?: BedrockAgentCoreClientConfig['credentials'];
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

const USER_HEADER = 'x-amzn-bedrock-agentcore-runtime-user-id';
const MAX_USER_ID = 128;
const SERVICE = 'bedrock-agentcore';
/** AWS refuses a signature that is five minutes off. */
const MAX_SKEW_MS = 4 * 60_000;

/**
 * Client of the AgentCore runtime data plane, signed with AWS credentials (SigV4). The AWS SDK finds the endpoint and the
 * credentials, and renews them; the calls themselves go past it.
 */
export function createRuntimeClient(options: RuntimeClientOptions): RuntimeClient {
  const { region, endpoint, credentials, now = Date.now } = options;
  const { config } = new BedrockAgentCoreClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });

  const find = once(async (): Promise<URL> => {
    const [UseFIPS, UseDualStack, configured] = await Promise.all([
      config.useFipsEndpoint(),
      config.useDualstackEndpoint(),
      endpoint ?? config.serviceConfiguredEndpoint?.(),
    ]);
    const Endpoint = configured === undefined ? {} : { Endpoint: configured };
    return config.endpointProvider({ Region: region, UseFIPS, UseDualStack, ...Endpoint }).url;
  });
  const sign = createSigner(region, SERVICE);

  /** How far AWS' clock is ahead of ours, where that is so much that signatures would be refused. */
  let aheadMs = 0;
  const onDate = (date: string | undefined) => {
    const theirs = Date.parse(date ?? '');
    if (Math.abs(theirs - (now() + aheadMs)) > MAX_SKEW_MS) aheadMs = theirs - now();
  };

  return createDataPlane({
    ...options,
    endpoint: find,
    prove: async (request) => sign(request, await config.credentials(), new Date(now() + aheadMs)),
    named: ({ userId }) => ({ [USER_HEADER]: toUserIdHeader(userId) }),
    byToken: false,
    onDate,
  });
}

/** What was found stays; a failure is tried again. */
function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => {
    found ??= find().catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}

function toUserIdHeader(userId: string): string {
  if (userId.length <= MAX_USER_ID && /^[\x21-\x7e]+$/.test(userId)) return userId;
  return `sha256-${createHash('sha256').update(userId).digest('hex')}`;
}
