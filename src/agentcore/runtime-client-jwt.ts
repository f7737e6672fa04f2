import { createDataPlane, type RuntimeClient } from './data-plane.ts';
import { AgentCoreError, createFailure } from './errors.ts';

export interface JwtRuntimeClientOptions {
  readonly region: string;
  /** Where the data plane is. Default: its public address in the region. https, or http on this machine. */
  readonly endpoint?: string | undefined;
  readonly runtimeArn: string;
  readonly qualifier?: string | undefined;
  /** Milliseconds until a connection that is not made is given up. Default 5000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Connections to the data plane at a time. One running turn holds one. Default 500. */
  readonly maxSockets?: number | undefined;
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
/** RFC 6750: what may stand behind `Bearer`. Anything else would change the header or its meaning. */
const BEARER = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * Client of the AgentCore runtime data plane for runtimes with a JWT authorizer: each call carries the access token of
 * the person it is made for, which the AWS SDK cannot do. The token goes to the one address and nowhere else; not into
 * logs or errors either.
 *
 * Throws when `endpoint` would carry tokens over a network in clear.
 */
export function createJwtRuntimeClient(options: JwtRuntimeClientOptions): RuntimeClient {
  const base = readEndpoint(options.endpoint ?? publicEndpoint(options.region));
  return createDataPlane({
    ...options,
    endpoint: () => base,
    prove: ({ headers }, { bearer }) => ({ ...headers, authorization: authorizationOf(bearer) }),
    named: () => ({}),
    byToken: true,
  });
}

function publicEndpoint(region: string): string {
  return `https://bedrock-agentcore.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function readEndpoint(text: string): URL {
  const url = new URL(text);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname))) return url;
  throw new Error(
    'The AgentCore endpoint must be an https:// address (http:// for this machine only): it receives access tokens.',
  );
}

function authorizationOf(bearer: string | undefined): string {
  if (bearer !== undefined && BEARER.test(bearer)) return `Bearer ${bearer}`;
  const cause = bearer === undefined ? 'NoToken' : 'MalformedToken';
  throw new AgentCoreError(createFailure('agent_unauthorized', { cause }));
}
