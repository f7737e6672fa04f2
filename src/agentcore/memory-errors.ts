/**
 * Everything that can go wrong between us and AgentCore Memory, as a closed set. AWS errors are told apart by their name
 * and HTTP status, network errors by their code; never by message text, which may hold what people wrote.
 */
export const MEMORY_FAILURE_CODES = [
  'memory_unreachable',
  'memory_throttled',
  'memory_quota',
  'memory_denied',
  'memory_not_found',
  'memory_conflict',
  'memory_invalid',
  'memory_internal',
  'memory_timeout',
  'memory_cancelled',
] as const;

export type MemoryFailureCode = (typeof MEMORY_FAILURE_CODES)[number];

export interface MemoryFailure {
  readonly code: MemoryFailureCode;
  /** Such as CreateEvent. */
  readonly operation: string;
  /** The same request may succeed a little later. Every operation can be repeated without harm. */
  readonly retryable: boolean;
  /** For the operator: the next step. */
  readonly hint: string;
  /** The AWS error name or network error code, for logs. */
  readonly cause: string;
  readonly status?: number;
  readonly requestId?: string;
}

/**
 * The one error that the memory client throws. It does not carry the original error: messages of AWS and of the network
 * may quote what was sent.
 */
export class MemoryError extends Error {
  readonly failure: MemoryFailure;

  constructor(failure: MemoryFailure) {
    const status = failure.status === undefined ? '' : `, HTTP ${failure.status}`;
    super(`${failure.code} in ${failure.operation} (${failure.cause}${status}). ${failure.hint}`);
    this.name = 'MemoryError';
    this.failure = failure;
  }

  get code(): MemoryFailureCode {
    return this.failure.code;
  }
}

const HINTS: Readonly<Record<MemoryFailureCode, string>> = {
  memory_unreachable:
    'Check the network path to the AgentCore endpoint: AWS_REGION, DNS, proxy, security groups, VPC endpoint.',
  memory_throttled:
    'AgentCore limits calls of Memory per second. If it lasts, request higher quotas in Service Quotas.',
  memory_quota:
    'A service quota of AgentCore Memory is used up. Request a higher one in the AWS console under Service Quotas.',
  memory_denied:
    'Check the AWS credentials and that their role allows the bedrock-agentcore operations on the memory of MEMORY_RESOURCE_ID.',
  memory_not_found:
    'Check that MEMORY_RESOURCE_ID names a memory of AWS_REGION. If it does, what was asked for is not in it.',
  memory_conflict: 'The memory was being changed. Trying again in a moment helps.',
  memory_invalid:
    'AgentCore refused the request as malformed. Compare MEMORY_RESOURCE_ID with the memory in AWS.',
  memory_internal: 'AgentCore had an internal error. Check the AWS Health Dashboard if it lasts.',
  memory_timeout: 'AgentCore Memory did not answer in time.',
  memory_cancelled: 'The request was cancelled on our side; nothing needs to be done.',
};

const BY_NAME: Readonly<Record<string, MemoryFailureCode>> = {
  ThrottledException: 'memory_throttled',
  ThrottlingException: 'memory_throttled',
  TooManyRequestsException: 'memory_throttled',
  ServiceQuotaExceededException: 'memory_quota',
  AccessDeniedException: 'memory_denied',
  UnauthorizedException: 'memory_denied',
  ExpiredTokenException: 'memory_denied',
  UnrecognizedClientException: 'memory_denied',
  InvalidSignatureException: 'memory_denied',
  CredentialsProviderError: 'memory_denied',
  TokenProviderError: 'memory_denied',
  ResourceNotFoundException: 'memory_not_found',
  ConflictException: 'memory_conflict',
  RetryableConflictException: 'memory_conflict',
  ValidationException: 'memory_invalid',
  InvalidInputException: 'memory_invalid',
  ServiceException: 'memory_internal',
  InternalServerException: 'memory_internal',
};

const BY_STATUS: Readonly<Record<number, MemoryFailureCode>> = {
  401: 'memory_denied',
  402: 'memory_quota',
  403: 'memory_denied',
  404: 'memory_not_found',
  408: 'memory_timeout',
  409: 'memory_conflict',
  429: 'memory_throttled',
};

const WORTH_RETRYING: ReadonlySet<MemoryFailureCode> = new Set([
  'memory_unreachable',
  'memory_throttled',
  'memory_conflict',
  'memory_internal',
  'memory_timeout',
]);

interface SdkErrorShape {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown; readonly requestId?: unknown };
  readonly $response?: { readonly statusCode?: unknown };
}

/**
 * Translates whatever the AWS SDK, the network or an aborted signal threw.
 *
 * @param attempt the signal of this attempt: aborted by its own time limit, or by the caller
 * @param caller the caller's own signal
 */
export function toMemoryFailure(
  thrown: unknown,
  operation: string,
  attempt: AbortSignal,
  caller: AbortSignal,
): MemoryFailure {
  const error: SdkErrorShape = typeof thrown === 'object' && thrown !== null ? thrown : {};
  if (caller.aborted) {
    const cause = nameOf(caller.reason);
    // The caller's time is over, so nothing is tried again.
    const code = cause === 'TimeoutError' ? 'memory_timeout' : 'memory_cancelled';
    return { ...failureOf(code, operation, cause), retryable: false };
  }
  if (attempt.aborted) return failureOf('memory_timeout', operation, nameOf(attempt.reason));
  const name = nameOf(thrown);
  const status = asNumber(error.$metadata?.httpStatusCode) ?? asNumber(error.$response?.statusCode);
  const code = BY_NAME[name] ?? (status === undefined ? undefined : codeForStatus(status));
  if (code !== undefined) {
    const requestId = asString(error.$metadata?.requestId);
    return {
      ...failureOf(code, operation, name),
      ...(status === undefined ? {} : { status }),
      ...(requestId === undefined ? {} : { requestId }),
    };
  }
  const network = asString(error.code);
  // The request handler's own connection time-out carries no code.
  if (network !== undefined || name === 'TimeoutError') {
    return failureOf('memory_unreachable', operation, network ?? 'ConnectionTimeout');
  }
  return failureOf('memory_internal', operation, name);
}

function failureOf(code: MemoryFailureCode, operation: string, cause: string): MemoryFailure {
  return { code, operation, retryable: WORTH_RETRYING.has(code), hint: HINTS[code], cause };
}

function codeForStatus(status: number): MemoryFailureCode | undefined {
  const exact = BY_STATUS[status];
  if (exact !== undefined) return exact;
  if (status >= 500) return 'memory_internal';
  // A proxy or a wrong address answers so, never AgentCore.
  if (status >= 300 && status < 400) return 'memory_unreachable';
  return status >= 400 ? 'memory_invalid' : undefined;
}

/** A name as AWS and Node give them; anything else could hold what was sent. */
function nameOf(thrown: unknown): string {
  const name = typeof thrown === 'object' && thrown !== null && 'name' in thrown ? thrown.name : undefined;
  return typeof name === 'string' && /^\w{1,64}$/.test(name) ? name : 'UnknownError';
}

const asString = (value: unknown) => (typeof value === 'string' ? value : undefined);
const asNumber = (value: unknown) => (typeof value === 'number' ? value : undefined);
