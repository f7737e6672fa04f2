import { decodeAgentStream } from '../agentcore/decode.ts';
import { AgentCoreError, type AgentFailureCode } from '../agentcore/errors.ts';
import type { AgentResponse, RuntimeClient } from '../agentcore/runtime-client.ts';
import { nameOf } from '../chat/digest.ts';
import type { AgentEvent } from '../contract/events.ts';
import type { Invocation } from '../contract/invocation.ts';
import { IdentityError } from '../identity/identity-error.ts';
import { pause } from './pause.ts';
import type { Interruption } from './recovery-decision.ts';
import type { AgentCall } from './run-turn.ts';
import type { Person } from './runs-as.ts';

export interface AgentCallsDeps {
  readonly runtime: RuntimeClient;
  readonly protocol: 'threadcore' | 'generic';
  /** What the agent is told of who writes to Memory. */
  readonly memoryWriter?: Invocation['memoryWriter'];
  readonly silenceMs: number;
  readonly onUnknown: (type: string) => void;
}

const STOP_TIMEOUT_MS = 10_000;
/** Waits before a stop that did not go through is tried again. Milliseconds. */
const STOP_AGAIN_MS = [500, 2_000] as const;
/** The agent closes its response right after `end`. */
const CLOSE_WITHIN_MS = 1_000;

/** What a turn asks of the AgentCore runtime: one decoded exchange, and the end of a session that went silent. */
export function createAgentCalls(deps: AgentCallsDeps) {
  const always = deps.memoryWriter ? { memoryWriter: deps.memoryWriter } : {};
  return {
    async *invoke(call: AgentCall): AsyncGenerator<AgentEvent> {
      const bearer = await call.person.bearer?.();
      const response = await deps.runtime.invoke({
        ...(bearer === undefined ? {} : { bearer }),
        sessionId: call.sessionId,
        userId: call.person.actor.id,
        payload: { ...call.invocation, ...always },
        traceparent: call.traceparent,
        silenceMs: deps.silenceMs,
        signal: call.signal,
      });
      const events = decodeAgentStream(response.body, response.contentType, {
        protocol: deps.protocol,
        onUnknown: deps.onUnknown,
      });
      let ended = false;
      try {
        for (let next = await events.next(); !next.done; next = await events.next()) {
          ended = next.value.type === 'end';
          yield next.value;
        }
      } finally {
        // The reader leaves at `end`; the response has a few bytes more. Read to its close, its connection serves the
        // next turn; left as it is, it would be torn down.
        if (ended) void readToClose(events, response);
        else {
          await events.return();
          // Not every answer is read to be understood: of a web page its type is enough.
          response.close();
        }
      }
    },

    async stopSession(sessionId: string, person: Person, signal: AbortSignal): Promise<void> {
      // The same token makes it harmless to ask again.
      const clientToken = nameOf(['stop', sessionId, Date.now()]);
      for (let tries = 0; ; tries += 1) {
        try {
          const limit = AbortSignal.timeout(STOP_TIMEOUT_MS);
          const bearer = await person.bearer?.();
          await deps.runtime.stop({
            ...(bearer === undefined ? {} : { bearer }),
            sessionId,
            clientToken,
            signal: AbortSignal.any([signal, limit]),
          });
          return;
        } catch (error) {
          const waitMs = STOP_AGAIN_MS[tries];
          if (waitMs === undefined || !PASSING.has(codeOf(error))) throw error;
          await pause(waitMs, signal);
        }
      }
    },
  };
}

/** A call that failed so may succeed a little later. */
const PASSING: ReadonlySet<string | undefined> = new Set<AgentFailureCode>([
  'agent_unreachable',
  'agent_throttled',
  'agent_conflict',
  'agent_internal',
]);

const codeOf = (error: unknown) => (error instanceof AgentCoreError ? error.code : undefined);

/** Reads what is left, for a moment. What goes wrong here concerns nobody: the answer is complete. */
async function readToClose(
  events: AsyncGenerator<AgentEvent, void, undefined>,
  response: Pick<AgentResponse, 'close'>,
): Promise<void> {
  const tooLong = setTimeout(() => response.close(), CLOSE_WITHIN_MS);
  try {
    while (!(await events.next()).done);
  } catch {
    response.close();
  } finally {
    clearTimeout(tooLong);
  }
}

/** Reads an error of the AgentCore client as an interruption; undefined for any other error. */
export function interruptionOf(error: unknown): Interruption | undefined {
  // The person's token could not be had: nothing was sent.
  if (error instanceof IdentityError) return { kind: 'refused', code: 'agent_unauthorized', started: 'no' };
  if (!(error instanceof AgentCoreError)) return undefined;
  const { failure } = error;
  return { kind: 'refused', code: failure.code, started: failure.mayHaveStarted ? 'maybe' : 'no' };
}
