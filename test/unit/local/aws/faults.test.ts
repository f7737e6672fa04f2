import { expect, test } from 'vitest';
import { type Fault, faultSchema, faultStatus, takeFault } from '../../../../local/aws/faults.ts';

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
