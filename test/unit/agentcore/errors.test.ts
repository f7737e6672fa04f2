import { describe, expect, it } from 'vitest';
import {
  AGENT_FAILURE_CODES,
  AgentCoreError,
  createFailure,
  hintFor,
  toAgentCoreError,
} from '../../../src/agentcore/errors.ts';

function translate(thrown: unknown, phase: 'request' | 'stream' = 'request', signal?: AbortSignal) {
  return toAgentCoreError(thrown, { phase, signal }).failure;
}

function sdkError(name: string, status: number) {
  return Object.assign(new Error('any words'), {
    name,
    $metadata: { httpStatusCode: status, requestId: 'r-1' },
  });
}

describe('translating failures of AgentCore', () => {
  it.each([
    ['ThrottlingException', 429, 'agent_throttled', false],
    ['ServiceQuotaExceededException', 402, 'agent_quota', false],
    ['AccessDeniedException', 403, 'agent_denied', false],
    ['ExpiredTokenException', 403, 'agent_denied', false],
    ['ResourceNotFoundException', 404, 'agent_not_found', false],
    ['RetryableConflictException', 409, 'agent_conflict', false],
    ['ConflictException', 409, 'agent_conflict', false],
    ['ValidationException', 400, 'agent_invalid', false],
    ['RuntimeClientError', 424, 'agent_failed', true],
    ['InternalServerException', 500, 'agent_internal', true],
    ['SomethingNew', 429, 'agent_throttled', false],
    ['SomethingNew', 503, 'agent_internal', true],
    ['SomethingNew', 418, 'agent_invalid', false],
    ['SomethingNew', 408, 'agent_timeout', true],
    ['SomethingNew', 307, 'agent_unreachable', true],
  ])('reads %s with status %i as %s', (name, status, code, mayHaveStarted) => {
    expect(translate(sdkError(name, status))).toMatchObject({
      code,
      mayHaveStarted,
      status,
      requestId: 'r-1',
      cause: name,
    });
  });

  it.each([
    ['ECONNREFUSED', undefined, false],
    ['ENOTFOUND', undefined, false],
    ['ETIMEDOUT', 'connect', false],
    ['ETIMEDOUT', 'read', true],
    ['ECONNRESET', undefined, true],
    ['EPIPE', undefined, true],
    ['CERT_HAS_EXPIRED', undefined, false],
  ])('reads network error %s of %s as unreachable', (code, syscall, mayHaveStarted) => {
    const error = Object.assign(new Error('any words'), { name: 'TimeoutError', code, syscall });
    expect(translate(error)).toMatchObject({
      code: 'agent_unreachable',
      mayHaveStarted,
      retryable: !mayHaveStarted,
    });
  });

  it.each([
    ['UnauthorizedException', 401],
    ['AccessDeniedException', 403],
    ['SomethingNew', 401],
    ['SomethingNew', 403],
  ])(
    'reads %s with status %i as a refusal of the token where a token was all that was sent',
    (name, status) => {
      const error = sdkError(name, status);
      expect(toAgentCoreError(error, { phase: 'request', byToken: true }).failure).toMatchObject({
        code: 'agent_unauthorized',
        mayHaveStarted: false,
        retryable: false,
        status,
        cause: name,
      });
      expect(translate(error).code).toBe('agent_denied');
    },
  );

  it('reads every other refusal alike, whatever was sent', () => {
    const error = sdkError('ThrottlingException', 429);
    expect(toAgentCoreError(error, { phase: 'request', byToken: true }).code).toBe('agent_throttled');
  });

  it('reads missing credentials as denied', () => {
    const error = Object.assign(new Error('any words'), {
      name: 'CredentialsProviderError',
      tryNextLink: false,
    });
    expect(translate(error)).toMatchObject({ code: 'agent_denied', mayHaveStarted: false });
  });

  it('reads a connection that was not made in time as unreachable and not started', () => {
    const error = Object.assign(new Error('any words'), { name: 'TimeoutError' });
    expect(translate(error)).toMatchObject({
      code: 'agent_unreachable',
      mayHaveStarted: false,
      retryable: true,
    });
  });

  it('says that the agent may have started for everything that breaks a stream', () => {
    const refused = Object.assign(new Error('any words'), { code: 'ECONNREFUSED' });
    expect(translate(refused, 'stream').mayHaveStarted).toBe(true);
    expect(translate(sdkError('ThrottlingException', 429), 'stream').mayHaveStarted).toBe(true);
    expect(translate('no error at all', 'stream').mayHaveStarted).toBe(true);
  });

  it('lets an aborted signal explain the error that followed', () => {
    const reset = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
    const timeout = AbortSignal.abort(new DOMException('too long', 'TimeoutError'));
    expect(translate(reset, 'stream', timeout).code).toBe('agent_timeout');
    expect(translate(reset, 'stream', AbortSignal.abort()).code).toBe('agent_cancelled');
    expect(translate(reset, 'stream', AbortSignal.abort('stop')).code).toBe('agent_cancelled');
    const own = new AgentCoreError(createFailure('agent_timeout', { cause: 'Silence' }));
    expect(toAgentCoreError(reset, { phase: 'stream', signal: AbortSignal.abort(own) })).toBe(own);
  });

  it('leaves an error alone that is already translated', () => {
    const own = new AgentCoreError(createFailure('agent_quota', { cause: 'x' }));
    expect(toAgentCoreError(own, { phase: 'request' })).toBe(own);
  });

  it('never decides by message text', () => {
    const lying = Object.assign(new Error('ThrottlingException 429 timeout ECONNREFUSED'), { name: 'Odd' });
    expect(translate(lying)).toMatchObject({ code: 'agent_internal', mayHaveStarted: true });
  });

  it('has a next step for every code, and says it in the error', () => {
    for (const code of AGENT_FAILURE_CODES) {
      expect(hintFor(code)).toMatch(/\.$/);
      expect(new AgentCoreError(createFailure(code, { cause: 'x' })).message).toContain(hintFor(code));
    }
  });
});
