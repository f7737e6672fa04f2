import { decodeAgentStream } from '../agentcore/decode.ts';
import { AgentCoreError } from '../agentcore/errors.ts';
import type { RuntimeClient } from '../agentcore/runtime-client.ts';
import { nameOf } from '../chat/digest.ts';
import type { AgentEvent } from '../contract/events.ts';
import type { Interruption } from './recovery-decision.ts';
import type { AgentCall } from './run-turn.ts';

export interface AgentCallsDeps {
  readonly runtime: RuntimeClient;
  readonly protocol: 'threadcore' | 'generic';
  readonly silenceMs: number;
  readonly onUnknown: (type: string) => void;
}

const STOP_TIMEOUT_MS = 10_000;

/** What a turn asks of the AgentCore runtime: one decoded exchange, and the end of a session that went silent. */
export function createAgentCalls(deps: AgentCallsDeps) {
  return {
    async *invoke(call: AgentCall): AsyncGenerator<AgentEvent> {
      const response = await deps.runtime.invoke({
        sessionId: call.sessionId,
        userId: call.userId,
        payload: call.invocation,
        traceparent: call.traceparent,
        silenceMs: deps.silenceMs,
        signal: call.signal,
      });
      yield* decodeAgentStream(response.body, response.contentType, {
        protocol: deps.protocol,
        onUnknown: deps.onUnknown,
      });
    },

    async stopSession(sessionId: string): Promise<void> {
      await deps.runtime.stop({
        sessionId,
        clientToken: nameOf(['stop', sessionId, Date.now()]),
        signal: AbortSignal.timeout(STOP_TIMEOUT_MS),
      });
    },
  };
}

/** Reads an error of the AgentCore client as an interruption; undefined for any other error. */
export function interruptionOf(error: unknown): Interruption | undefined {
  if (!(error instanceof AgentCoreError)) return undefined;
  const { failure } = error;
  if (failure.code === 'agent_timeout') return { kind: 'deadline' };
  return { kind: 'refused', code: failure.code, started: failure.mayHaveStarted ? 'maybe' : 'no' };
}
