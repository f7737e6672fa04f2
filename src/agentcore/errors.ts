/**
 * Everything that can go wrong between us and the agent, as a closed set.
 *
 * AWS errors are told apart by their name and HTTP status, network errors by their code; never by message text.
 */
export const AGENT_FAILURE_CODES = [
  'agent_unreachable',
  'agent_throttled',
  'agent_quota',
  'agent_denied',
  'agent_unauthorized',
  'agent_not_found',
  'agent_conflict',
  'agent_invalid',
  'agent_failed',
  'agent_internal',
  'agent_timeout',
  'agent_cancelled',
  'agent_protocol',
] as const;

export type AgentFailureCode = (typeof AGENT_FAILURE_CODES)[number];

export interface AgentFailure {
  readonly code: AgentFailureCode;
  /** False only when the agent surely did not begin: the request was refused or never left. */
  readonly mayHaveStarted: boolean;
  /** The same request may succeed a little later, and sending it again cannot run the agent twice. */
  readonly retryable: boolean;
  /** For the operator: the next step. Holds nothing secret and nothing the user wrote. */
  readonly hint: string;
  /** The AWS error name or network error code, for logs. */
  readonly cause: string;
  readonly status?: number;
  readonly requestId?: string;
}

/** The one error that `agentcore` throws. `failure` says what happened; the original error is `cause`. */
export class AgentCoreError extends Error {
  readonly failure: AgentFailure;

  constructor(failure: AgentFailure, original?: unknown) {
    const status = failure.status === undefined ? '' : `, HTTP ${failure.status}`;
    super(`${failure.code} (${failure.cause}${status}). ${failure.hint}`, { cause: original });
    this.name = 'AgentCoreError';
    this.failure = failure;
  }

  get code(): AgentFailureCode {
    return this.failure.code;
  }
}

const HINTS: Record<AgentFailureCode, string> = {
  agent_unreachable:
    'Check the network path to the AgentCore endpoint: AWS_REGION, AGENT_RUNTIME_ENDPOINT, DNS, proxy, security groups.',
  agent_throttled:
    'AgentCore limits invocations per second. Lower WORKER_CONCURRENCY or request a higher quota in Service Quotas.',
  agent_quota:
    'An AgentCore service quota is used up. Request a higher one in the AWS console under Service Quotas.',
  agent_denied:
    'Check the AWS credentials and that their role allows bedrock-agentcore:InvokeAgentRuntime, InvokeAgentRuntimeForUser and StopRuntimeSession on AGENT_RUNTIME_ARN.',
  agent_unauthorized:
    "AgentCore did not accept the person's access token: the person has to sign in again. If a new token is refused too, compare the runtime's customJWTAuthorizer (discoveryUrl, allowedClients) with the user pool and client of the sign-in.",
  agent_not_found:
    'Check that AGENT_RUNTIME_ARN and AGENT_RUNTIME_QUALIFIER name a runtime and endpoint that are READY.',
  agent_conflict: 'The runtime or its session was being changed. Trying again in a moment helps.',
  agent_invalid: 'AgentCore refused the request as malformed. Compare the configuration with .env.example.',
  agent_failed: "The agent's own code failed. Look into the runtime's CloudWatch log group for this session.",
  agent_internal: 'AgentCore had an internal error. Check the AWS Health Dashboard if it lasts.',
  agent_timeout:
    "The agent did not answer in time. Look into the runtime's log, or raise AGENT_SILENCE_SECONDS or TURN_TIMEOUT_SECONDS.",
  agent_cancelled: 'The request was cancelled on our side; nothing needs to be done.',
  agent_protocol:
    'The agent sent something that cannot be read. Compare AGENT_PROTOCOL with what the agent answers.',
};

/** The next step for the operator when a failure of this code happens. */
export function hintFor(code: AgentFailureCode): string {
  return HINTS[code];
}

const BY_NAME: Readonly<Record<string, AgentFailureCode>> = {
  ThrottlingException: 'agent_throttled',
  ThrottledException: 'agent_throttled',
  TooManyRequestsException: 'agent_throttled',
  ServiceQuotaExceededException: 'agent_quota',
  AccessDeniedException: 'agent_denied',
  UnauthorizedException: 'agent_denied',
  ExpiredTokenException: 'agent_denied',
  UnrecognizedClientException: 'agent_denied',
  InvalidSignatureException: 'agent_denied',
  CredentialsProviderError: 'agent_denied',
  TokenProviderError: 'agent_denied',
  ResourceNotFoundException: 'agent_not_found',
  RetryableConflictException: 'agent_conflict',
  ConflictException: 'agent_conflict',
  ValidationException: 'agent_invalid',
  RuntimeClientError: 'agent_failed',
  InternalServerException: 'agent_internal',
};

const BY_STATUS: Readonly<Record<number, AgentFailureCode>> = {
  400: 'agent_invalid',
  401: 'agent_denied',
  402: 'agent_quota',
  403: 'agent_denied',
  404: 'agent_not_found',
  408: 'agent_timeout',
  409: 'agent_conflict',
  413: 'agent_invalid',
  424: 'agent_failed',
  429: 'agent_throttled',
};

/** Refusals: AgentCore answers these before it hands the request to the agent. */
const SURELY_NOT_STARTED: ReadonlySet<AgentFailureCode> = new Set([
  'agent_throttled',
  'agent_quota',
  'agent_denied',
  'agent_unauthorized',
  'agent_not_found',
  'agent_conflict',
  'agent_invalid',
]);

const WORTH_RETRYING: ReadonlySet<AgentFailureCode> = new Set([
  'agent_unreachable',
  'agent_throttled',
  'agent_conflict',
]);

/** The connection was never made, so no request left. `syscall` separates a connect time-out from a later one. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

export interface FailureContext {
  /** `request` until the response head arrived, `stream` while its body is read. */
  readonly phase: 'request' | 'stream';
  /** The signal given with the request: an aborted one explains whatever error followed. */
  readonly signal?: AbortSignal | undefined;
  /** The request carried a person's token and nothing else, so a refusal of the caller is a refusal of the token. */
  readonly byToken?: boolean | undefined;
}

/** Builds a failure of a known code. `mayHaveStarted` falls back to what the code implies. */
export function createFailure(
  code: AgentFailureCode,
  facts: {
    cause: string;
    mayHaveStarted?: boolean;
    status?: number | undefined;
    requestId?: string | undefined;
  },
): AgentFailure {
  const mayHaveStarted = facts.mayHaveStarted ?? !SURELY_NOT_STARTED.has(code);
  return {
    code,
    mayHaveStarted,
    retryable: !mayHaveStarted && WORTH_RETRYING.has(code),
    hint: HINTS[code],
    cause: facts.cause,
    ...(facts.status === undefined ? {} : { status: facts.status }),
    ...(facts.requestId === undefined ? {} : { requestId: facts.requestId }),
  };
}

/** What an answer of AgentCore becomes: the shape of the AWS SDK's errors, which the other client builds too. */
interface SdkErrorShape {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown; readonly requestId?: unknown };
  readonly $response?: { readonly statusCode?: unknown };
}

/** Translates whatever the AWS SDK, the network or an aborted signal threw. Never throws itself. */
export function toAgentCoreError(thrown: unknown, context: FailureContext): AgentCoreError {
  if (thrown instanceof AgentCoreError) return thrown;
  if (context.signal?.aborted === true) {
    const reason: unknown = context.signal.reason;
    if (reason instanceof AgentCoreError) return reason;
    const timedOut = nameOf(reason) === 'TimeoutError';
    return new AgentCoreError(
      createFailure(timedOut ? 'agent_timeout' : 'agent_cancelled', { cause: nameOf(reason) }),
      thrown,
    );
  }
  return new AgentCoreError(classify(thrown, context), thrown);
}

function classify(thrown: unknown, { phase, byToken = false }: FailureContext): AgentFailure {
  const error: SdkErrorShape = typeof thrown === 'object' && thrown !== null ? thrown : {};
  const name = nameOf(thrown);
  const status = asNumber(error.$metadata?.httpStatusCode) ?? asNumber(error.$response?.statusCode);
  const requestId = asString(error.$metadata?.requestId);
  const started = phase === 'stream' ? { mayHaveStarted: true } : {};

  const known = BY_NAME[name] ?? (status === undefined ? undefined : codeForStatus(status));
  if (known !== undefined) {
    const code = byToken && known === 'agent_denied' ? 'agent_unauthorized' : known;
    return createFailure(code, { cause: name, status, requestId, ...started });
  }

  const code = asString(error.code);
  if (code !== undefined) {
    const neverConnected = phase === 'request' && (NEVER_CONNECTED.has(code) || error.syscall === 'connect');
    return createFailure('agent_unreachable', { cause: code, mayHaveStarted: !neverConnected });
  }
  if (name === 'TimeoutError' && phase === 'request') {
    // The request handler's own connection time-out carries no code; ours arrive through the signal.
    return createFailure('agent_unreachable', { cause: 'ConnectionTimeout', mayHaveStarted: false });
  }
  return createFailure('agent_internal', { cause: name, mayHaveStarted: true });
}

function codeForStatus(status: number): AgentFailureCode | undefined {
  const exact = BY_STATUS[status];
  if (exact !== undefined) return exact;
  if (status >= 500) return 'agent_internal';
  // A proxy or a wrong address answers so, never AgentCore. Nobody follows it: a token must not leave its host.
  if (status >= 300 && status < 400) return 'agent_unreachable';
  return status >= 400 ? 'agent_invalid' : undefined;
}

function nameOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('name' in thrown)) return 'UnknownError';
  return asString(thrown.name) ?? 'UnknownError';
}

function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
