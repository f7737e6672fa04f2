import { describe, expect, it } from 'vitest';
import {
  MEMORY_FAILURE_CODES,
  MemoryError,
  type MemoryFailureCode,
  toMemoryFailure,
} from '../../../src/agentcore/memory-errors.ts';
import { retryAfter } from '../../../src/agentcore/memory-retry-decision.ts';

const never = new AbortController().signal;
const translate = (thrown: unknown, attempt = never, caller = never) =>
  toMemoryFailure(thrown, 'CreateEvent', attempt, caller);

function sdkError(name: string, status: number) {
  const $metadata = { httpStatusCode: status, requestId: 'r-1' };
  return Object.assign(new Error('Value canary-words failed'), { name, $metadata });
}

describe('failures of Memory', () => {
  it.each([
    ['ThrottledException', 429, 'memory_throttled', true],
    ['ServiceQuotaExceededException', 402, 'memory_quota', false],
    ['AccessDeniedException', 403, 'memory_denied', false],
    ['ResourceNotFoundException', 404, 'memory_not_found', false],
    ['RetryableConflictException', 409, 'memory_conflict', true],
    ['ValidationException', 400, 'memory_invalid', false],
    ['InvalidInputException', 400, 'memory_invalid', false],
    ['ServiceException', 500, 'memory_internal', true],
    ['SomethingNew', 429, 'memory_throttled', true],
    ['SomethingNew', 418, 'memory_invalid', false],
    ['SomethingNew', 503, 'memory_internal', true],
    ['SomethingNew', 302, 'memory_unreachable', true],
  ])('%s with status %i is %s', (name, status, code, retryable) => {
    expect(translate(sdkError(name, status))).toMatchObject({
      code,
      retryable,
      cause: name,
      status,
      requestId: 'r-1',
      operation: 'CreateEvent',
    });
  });

  it('are told apart when no answer came', () => {
    const refused = Object.assign(new Error('connect'), { name: 'Error', code: 'ECONNREFUSED' });
    expect(translate(refused)).toMatchObject({
      code: 'memory_unreachable',
      cause: 'ECONNREFUSED',
      retryable: true,
    });
    const silent = Object.assign(new Error('slow'), { name: 'TimeoutError' });
    expect(translate(silent)).toMatchObject({ code: 'memory_unreachable', retryable: true });
    expect(translate('a string')).toMatchObject({ code: 'memory_internal', cause: 'UnknownError' });
  });

  it('of an attempt that took too long are tried again, those of a caller who gave up are not', () => {
    const late = AbortSignal.abort(new DOMException('late', 'TimeoutError'));
    const gone = AbortSignal.abort();
    expect(translate(new Error('aborted'), late)).toMatchObject({ code: 'memory_timeout', retryable: true });
    expect(translate(new Error('aborted'), late, late)).toMatchObject({
      code: 'memory_timeout',
      retryable: false,
    });
    expect(translate(new Error('aborted'), gone, gone)).toMatchObject({
      code: 'memory_cancelled',
      retryable: false,
    });
  });

  it('tell the next step and nothing that was sent', () => {
    const named = Object.assign(sdkError('canary words', 400), { name: 'canary words' });
    for (const thrown of [sdkError('ValidationException', 400), named]) {
      const error = new MemoryError(translate(thrown));
      expect(error.message).toMatch(/memory_invalid in CreateEvent .*MEMORY_RESOURCE_ID/);
      expect(JSON.stringify([error.message, error.failure, error.stack, error.cause])).not.toContain(
        'canary',
      );
    }
  });
});

describe('an attempt of Memory', () => {
  const decide = (code: MemoryFailureCode, attempts: number, chance: number, elapsedMs = 0) =>
    retryAfter({ code, retryable: true }, { attempts, elapsedMs, deadlineMs: 20_000, chance });

  it('is repeated after longer and longer waits that differ by chance', () => {
    expect([1, 2, 3, 4, 5, 6, 9].map((attempts) => decide('memory_unreachable', attempts, 0.999999))).toEqual(
      [200, 400, 800, 1_600, 3_200, 5_000, 5_000],
    );
    expect(decide('memory_unreachable', 3, 0)).toBe(0);
    expect(decide('memory_unreachable', 3, 0.5)).toBe(400);
  });

  it('that was throttled is never repeated at once', () => {
    expect([1, 2, 3].map((attempts) => decide('memory_throttled', attempts, 0))).toEqual([100, 200, 400]);
  });

  it('is not repeated after the deadline, nor when it cannot help', () => {
    expect(decide('memory_internal', 1, 0.5, 19_899)).toBe(100);
    expect(decide('memory_internal', 1, 0.5, 19_900)).toBeUndefined();
    for (const code of MEMORY_FAILURE_CODES) {
      const by = { attempts: 1, elapsedMs: 0, deadlineMs: 20_000, chance: 0.5 };
      expect(retryAfter({ code, retryable: false }, by)).toBeUndefined();
    }
  });
});
