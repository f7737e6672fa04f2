/** What can be done about a check that failed. Pure: time and chance are handed in. */

export interface CheckFailure {
  /** The AWS error name or network error code; never a message, which may quote what was checked. */
  readonly cause: string;
  readonly retryable: boolean;
  readonly throttled: boolean;
  readonly status?: number;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

/** These do not pass by themselves: our credentials, settings or request are wrong. */
const LASTING: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'ResourceNotFoundException',
  'ValidationException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'ExpiredTokenException',
  'CredentialsProviderError',
  'TokenProviderError',
]);
const THROTTLES: ReadonlySet<string> = new Set(['ThrottlingException', 'ServiceQuotaExceededException']);

/** Reads whatever the AWS SDK or the network threw. Never throws itself. */
export function toFailure(thrown: unknown): CheckFailure {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as {
    readonly name?: unknown;
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: unknown };
  };
  const name = typeof error.name === 'string' ? error.name : 'UnknownError';
  const status = error.$metadata?.httpStatusCode;
  const throttled = THROTTLES.has(name) || status === 429;
  const refused = typeof status === 'number' && status >= 400 && status < 500 && status !== 408;
  return {
    cause: name === 'Error' && typeof error.code === 'string' ? error.code : name,
    retryable: throttled || !(LASTING.has(name) || refused),
    throttled,
    ...(typeof status === 'number' ? { status } : {}),
  };
}

/** Milliseconds to wait before the next attempt; undefined when there is to be none. */
export function retryAfter(
  failure: CheckFailure,
  by: {
    /** How many were made, from 1. */
    readonly attempts: number;
    /** Since the first began. */
    readonly elapsedMs: number;
    readonly deadlineMs: number;
    /** From 0 to below 1: callers that failed together do not come back together. */
    readonly chance: number;
  },
): number | undefined {
  if (!failure.retryable) return undefined;
  const longest = restAfter(by.attempts);
  const least = failure.throttled ? longest / 2 : 0;
  const wait = Math.round(least + by.chance * (longest - least));
  return by.elapsedMs + wait < by.deadlineMs ? wait : undefined;
}

/** Milliseconds until the next check may be tried again, after so many such tries in a row, from 1, none of which went well. */
export function restAfter(tries: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1));
}
