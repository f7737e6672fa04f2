import { expect, test } from 'vitest';
import {
  type Fault,
  faultSchema,
  faultStatus,
  latencyOf,
  latencySchema,
  takeFault,
} from '../../../../local/aws/faults.ts';
import { seededRandom } from '../../../../local/seeded-random.ts';

const drop = (times: number, rest: Partial<Fault> = {}): Fault =>
  ({ operation: 'InvokeAgentRuntime', times, kind: 'drop_before', ...rest }) as Fault;

test('a fault is used as often as ordered and then leaves the list', () => {
  const faults = [drop(2)];
  expect(takeFault(faults, 'InvokeAgentRuntime', undefined)).toBeDefined();
  expect(faults).toEqual([drop(1)]);
  expect(takeFault(faults, 'InvokeAgentRuntime', undefined)).toBeDefined();
  expect(faults).toEqual([]);
  expect(takeFault(faults, 'InvokeAgentRuntime', undefined)).toBeUndefined();
});

test('a fault waits for its operation and its session', () => {
  const faults = [drop(1, { sessionId: 'b' }), drop(1)];
  expect(takeFault(faults, 'StopRuntimeSession', 'b')).toBeUndefined();
  expect(takeFault(faults, 'InvokeAgentRuntime', 'a')).toEqual(drop(1));
  expect(takeFault(faults, 'InvokeAgentRuntime', 'b')).toEqual(drop(1, { sessionId: 'b' }));
});

test('an error fault has the status of its name unless it says otherwise', () => {
  const error = {
    operation: 'InvokeAgentRuntime',
    times: 1,
    kind: 'error',
    name: 'RuntimeClientError',
  } as const;
  expect(faultStatus(error)).toBe(424);
  expect(faultStatus({ ...error, status: 418 })).toBe(418);
  expect(faultSchema.safeParse(error).success).toBe(true);
  expect(faultSchema.safeParse({ ...error, name: 'Unheard' }).success).toBe(false);
  expect(faultSchema.safeParse({ ...error, name: 'Unheard', status: 500 }).success).toBe(true);
});

test('a latency is what was ordered and up to so much more, the same for the same seed', () => {
  const latencies = [latencySchema.parse({ operation: 'ApplyGuardrail', ms: 100, randomMs: 50 })];
  const draw = (operation: string) => {
    const random = seededRandom(7);
    return Array.from({ length: 200 }, () => latencyOf(latencies, operation, random));
  };
  const drawn = draw('ApplyGuardrail');
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(100);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(150);
  expect(new Set(drawn).size).toBeGreaterThan(30);
  expect(draw('ApplyGuardrail')).toEqual(drawn);
  expect(new Set(draw('GetGuardrail'))).toEqual(new Set([0]));
});

test('an answer on order has a status of its own, and an error of guardrails the one of its name', () => {
  const order = { operation: 'ApplyGuardrail', times: 1 };
  expect(faultSchema.parse({ ...order, kind: 'answer', body: '<html>' })).toMatchObject({ status: 200 });
  const error = faultSchema.parse({ ...order, kind: 'error', name: 'ServiceUnavailableException' });
  expect(error.kind === 'error' && faultStatus(error)).toBe(503);
});
