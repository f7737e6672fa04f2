import { expect, it } from 'vitest';
import { AgentCoreError, createFailure } from '../../../src/agentcore/errors.ts';
import { interruptionOf } from '../../../src/turns/agent-calls.ts';

it('tells an agent that kept silent from a turn that took too long: an operator turns another screw', () => {
  const silence = new AgentCoreError(createFailure('agent_timeout', { cause: 'Silence' }));
  expect(interruptionOf(silence)).toEqual({ kind: 'refused', code: 'agent_timeout', started: 'maybe' });
});
