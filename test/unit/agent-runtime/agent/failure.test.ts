import { describe, expect, test } from 'vitest';
import { explainFailure } from '../../../../agent-runtime/agent/failure.ts';

const named = (name: string, fields: object = {}) =>
  Object.assign(new Error('secret words'), { name }, fields);

describe('explaining why a turn failed', () => {
  test.each([
    ['throttling', named('ModelThrottledError'), 'model_throttled', true],
    ['HTTP 429', named('Error', { status: 429 }), 'model_throttled', true],
    ['no access', named('AccessDeniedException'), 'model_auth', false],
    ['no credentials', named('CredentialsProviderError'), 'model_auth', false],
    [
      'a wrong model id',
      named('ValidationException', { $metadata: { httpStatusCode: 400 } }),
      'model_refused',
      false,
    ],
    ['a dead server', named('Error', { code: 'ECONNREFUSED' }), 'model_unavailable', true],
    ['HTTP 502', named('Error', { $metadata: { httpStatusCode: 502 } }), 'model_unavailable', true],
    ['a full context', named('ContextWindowOverflowError'), 'context_too_long', false],
    ['a failure of the model', named('ModelError'), 'model_unavailable', true],
    [
      'no access, wrapped',
      named('ModelError', { cause: named('AccessDeniedException') }),
      'model_auth',
      false,
    ],
    ['a defect', new TypeError('secret words'), 'internal', false],
    ['something that is no error', 'secret words', 'internal', false],
  ])('%s', (_name, error, code, retryable) => {
    const failure = explainFailure(error);
    expect(failure).toMatchObject({ code, retryable });
    expect(failure.message).not.toContain('secret');
  });

  test('ends on errors that are their own cause', () => {
    const error = named('Strange');
    error.cause = error;
    expect(explainFailure(error).code).toBe('internal');
  });
});
