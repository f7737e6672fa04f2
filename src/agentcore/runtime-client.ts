import { createHash } from 'node:crypto';
import {
  BedrockAgentCoreClient,
  type BedrockAgentCoreClientConfig,
  InvokeAgentRuntimeCommand,
  StopRuntimeSessionCommand,
} from '@aws-sdk/client-bedrock-agentcore';
import type { Invocation } from '../contract/invocation.ts';
import { toAgentCoreError } from './errors.ts';
import {
  ACCEPT,
  CONNECT_TIMEOUT_MS,
  CONTENT_TYPE,
  poolSettings,
  readBody,
  toBytes,
  watchSilence,
} from './transport.ts';

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
}

export interface InvokeInput {
  /** 33–100 characters, `[a-zA-Z0-9][a-zA-Z0-9-_]*`. */
  readonly sessionId: string;
  /**
   * Who the turn runs as. Longer than 128 characters or not printable ASCII: sent as a digest. Sent with AWS
   * credentials only: a token says itself who it stands for.
   */
  readonly userId: string;
  /** The person's access token. Without it the client of `runtime-client-jwt.ts` sends nothing; this one ignores it. */
  readonly bearer?: string | undefined;
  readonly payload: Invocation | { readonly prompt: string } | Uint8Array;
  /** W3C trace context. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  /** Fail with `agent_timeout` after so many milliseconds without a byte from the agent. Missing: no limit. */
  readonly silenceMs?: number | undefined;
  /** Ends the request and its stream. A `TimeoutError` as reason reads as `agent_timeout`, else `agent_cancelled`. */
  readonly signal: AbortSignal;
}

export interface AgentResponse {
  readonly contentType: string;
  /** Read it to its end, leave the loop, or abort the signal: until then it holds a connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The session that AgentCore says it used. */
  readonly sessionId: string;
}

export interface StopInput {
  readonly sessionId: string;
  /** 33–256 characters; the same token makes a repeated stop harmless. */
  readonly clientToken: string;
  /** As for an invocation. */
  readonly bearer?: string | undefined;
  readonly signal: AbortSignal;
}

export interface RuntimeClient {
  /** InvokeAgentRuntime, sent exactly once. Resolves with the response head. Throws AgentCoreError, as `body` does. */
  invoke(input: InvokeInput): Promise<AgentResponse>;
  /** StopRuntimeSession, sent exactly once. Throws AgentCoreError. */
  stop(input: StopInput): Promise<void>;
  /** Closes idle connections. Running invocations are ended by their signals. */
  close(): void;
}

const MAX_USER_ID = 128;

/** Client of the AgentCore runtime data plane, signed with AWS credentials (SigV4). */
export function createRuntimeClient(options: RuntimeClientOptions): RuntimeClient {
  const agent = poolSettings(options.maxSockets);
  const client = new BedrockAgentCoreClient({
    region: options.region,
    // The SDK would repeat 409, 429 and 500, and a repeated invocation can run the agent twice.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      httpAgent: agent,
      httpsAgent: agent,
    },
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  });
  const target = { agentRuntimeArn: options.runtimeArn, qualifier: options.qualifier ?? 'DEFAULT' };

  async function invoke(input: InvokeInput): Promise<AgentResponse> {
    const silence = watchSilence(input.silenceMs, input.signal);
    const { signal } = silence;
    try {
      signal.throwIfAborted();
      silence.arm();
      const output = await client.send(
        new InvokeAgentRuntimeCommand({
          ...target,
          runtimeSessionId: input.sessionId,
          runtimeUserId: toUserIdHeader(input.userId),
          contentType: CONTENT_TYPE,
          accept: ACCEPT,
          ...(input.traceparent === undefined ? {} : { traceParent: input.traceparent }),
          ...(input.tracestate === undefined ? {} : { traceState: input.tracestate }),
          payload: toBytes(input.payload),
        }),
        { abortSignal: signal },
      );
      silence.disarm();
      return {
        contentType: output.contentType ?? '',
        body: readBody(output.response as AsyncIterable<Uint8Array> | undefined, silence),
        sessionId: output.runtimeSessionId ?? input.sessionId,
      };
    } catch (error) {
      silence.disarm();
      throw toAgentCoreError(error, { phase: 'request', signal });
    }
  }

  async function stop(input: StopInput): Promise<void> {
    try {
      await client.send(
        new StopRuntimeSessionCommand({
          ...target,
          runtimeSessionId: input.sessionId,
          clientToken: input.clientToken,
        }),
        { abortSignal: input.signal },
      );
    } catch (error) {
      throw toAgentCoreError(error, { phase: 'request', signal: input.signal });
    }
  }

  return { invoke, stop, close: () => client.destroy() };
}

function toUserIdHeader(userId: string): string {
  if (userId.length <= MAX_USER_ID && /^[\x21-\x7e]+$/.test(userId)) return userId;
  return `sha256-${createHash('sha256').update(userId).digest('hex')}`;
}
