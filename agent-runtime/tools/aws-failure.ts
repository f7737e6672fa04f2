/**
 * Turns what an AWS client throws into one short sentence that the model can explain to a person.
 * Decided by error name and status, never by message text; request ids and stacks stay out.
 */
export async function explainAwsFailure<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new Error(describeAwsFailure(action, error), { cause: error });
  }
}

const ACCESS = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'AuthFailure']);
const CREDENTIALS = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
  'TokenProviderError',
]);
const MISSING = new Set([
  'InvalidInstanceID.NotFound',
  'InvalidInstanceID.Malformed',
  'ResourceNotFoundException',
  'NoSuchBucket',
]);
const BUSY = new Set([
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);
const SILENT = new Set(['TimeoutError', 'ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN']);

export function describeAwsFailure(action: string, error: unknown): string {
  const { name, code, status } = traits(error);
  if (name === 'AbortError') return `${action} was cancelled.`;
  if (ACCESS.has(name) || status === 403) {
    return `AWS does not allow ${action} (${name}). The agent's role needs this permission.`;
  }
  if (CREDENTIALS.has(name)) {
    return `${action} needs valid AWS credentials, and the agent has none that AWS accepts (${name}).`;
  }
  if (MISSING.has(name) || status === 404)
    return `AWS does not know what was asked for in ${action} (${name}).`;
  if (BUSY.has(name) || status === 429)
    return `AWS is throttling ${action} (${name}). Try again in a minute.`;
  if (SILENT.has(name) || SILENT.has(code)) {
    return `AWS did not answer ${action} (${code || name}). Try again, or check the network of the agent.`;
  }
  return `${action} failed (${name}${status ? `, HTTP ${status}` : ''}).`;
}

function traits(error: unknown): { name: string; code: string; status: number | undefined } {
  if (!(error instanceof Error)) return { name: 'unknown error', code: '', status: undefined };
  const { code, $metadata } = error as Error & { code?: unknown; $metadata?: { httpStatusCode?: number } };
  // EC2 answers put the error's name into Code; the client copies it to name.
  return {
    name: error.name,
    code: typeof code === 'string' ? code : '',
    status: $metadata?.httpStatusCode,
  };
}
