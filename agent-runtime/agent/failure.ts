import { INTERNAL_MESSAGE } from '../runs/registry.ts';

/** Why a turn failed, in words for the person who asked. No secrets, no stack, nothing the provider wrote. */
export interface Failure {
  readonly code:
    | 'model_auth'
    | 'model_throttled'
    | 'model_unavailable'
    | 'model_refused'
    | 'context_too_long'
    | 'internal';
  readonly message: string;
  readonly retryable: boolean;
}

const THROTTLED = new Set([
  'ModelThrottledError',
  'ThrottlingException',
  'TooManyRequestsException',
  'ServiceQuotaExceededException',
]);
const AUTH = new Set([
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredTokenException',
  'InvalidSignatureException',
  'TokenProviderError',
  'UnrecognizedClientException',
]);
const UNAVAILABLE = new Set([
  'APIConnectionError',
  'APIConnectionTimeoutError',
  'InternalServerException',
  'ModelNotReadyException',
  'ModelStreamErrorException',
  'ModelTimeoutException',
  'ServiceUnavailableException',
  'TimeoutError',
]);
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN', 'EPIPE']);
const REFUSED = new Set(['ValidationException', 'ResourceNotFoundException', 'ModelErrorException']);

/** Decides by class name, error code and HTTP status of the error and its causes; message texts are never read. */
export function explainFailure(error: unknown): Failure {
  const traits = chain(error);
  for (const { name, code, status } of traits) {
    if (THROTTLED.has(name) || status === 429) {
      return {
        code: 'model_throttled',
        message: 'The model is overloaded or its quota is used up. Please ask again in a minute.',
        retryable: true,
      };
    }
    if (AUTH.has(name) || status === 401 || status === 403) {
      return {
        code: 'model_auth',
        message:
          'The agent is not allowed to use its model. An operator has to check the model access and the credentials of the agent.',
        retryable: false,
      };
    }
    if (name === 'ContextWindowOverflowError') {
      return {
        code: 'context_too_long',
        message: 'The conversation has become too long for the model. Please start a new session.',
        retryable: false,
      };
    }
    if (REFUSED.has(name) || status === 400 || status === 404 || status === 422) {
      return {
        code: 'model_refused',
        message:
          'The model server did not accept the request. An operator has to check MODEL_ID and the region or address of the model.',
        retryable: false,
      };
    }
    if (UNAVAILABLE.has(name) || NETWORK.has(code) || (status !== undefined && status >= 500))
      return OUT_OF_REACH;
  }
  if (traits.some(({ name }) => name === 'ModelError')) return OUT_OF_REACH;
  return {
    code: 'internal',
    message: INTERNAL_MESSAGE,
    retryable: false,
  };
}

const OUT_OF_REACH: Failure = {
  code: 'model_unavailable',
  message: 'The model does not answer. Please ask again in a moment.',
  retryable: true,
};

interface Traits {
  readonly name: string;
  readonly code: string;
  readonly status: number | undefined;
}

/** The error and up to four causes below it: SDKs wrap what really happened. */
function chain(error: unknown): readonly Traits[] {
  const traits: Traits[] = [];
  let current: unknown = error;
  while (typeof current === 'object' && current !== null && traits.length < 5) {
    const fields = current as Record<string, unknown>;
    const metadata = fields.$metadata as { httpStatusCode?: unknown } | undefined;
    const status = fields.status ?? metadata?.httpStatusCode;
    const constructed = (current as object).constructor.name;
    const named = typeof fields.name === 'string' ? fields.name : '';
    traits.push({
      // OpenAI's client leaves `name` at "Error" and tells its kinds apart by class.
      name: named === '' || named === 'Error' ? constructed : named,
      code: typeof fields.code === 'string' ? fields.code : '',
      status: typeof status === 'number' ? status : undefined,
    });
    current = fields.cause;
  }
  return traits;
}
