import { AgentCoreError, createFailure, toAgentCoreError } from './errors.ts';

/** What both clients of the runtime have in common, whichever way they prove who calls. */

/** How connections are kept, for `http.Agent` and `https.Agent`. */
export function poolSettings(maxSockets: number | undefined) {
  // Below the idle limits of load balancers: a pooled connection that they have just closed would break an invocation.
  return { keepAlive: true, maxSockets: maxSockets ?? 500, timeout: 10_000 };
}

export const CONNECT_TIMEOUT_MS = 5000;
export const CONTENT_TYPE = 'application/json';
export const ACCEPT = 'text/event-stream, application/json';

/** Text leaves together with the head, in one system call; bytes would need another. */
export function toBody(payload: object): string | Uint8Array {
  return payload instanceof Uint8Array ? payload : JSON.stringify(payload);
}

/** Leaving the loop early destroys the source and with it the socket. Throws AgentCoreError. */
export async function* readBody(
  source: AsyncIterable<Uint8Array>,
  silence: SilenceWatch,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    silence.arm();
    for await (const chunk of source) {
      // Only the agent's silence counts, not the time its reader takes.
      silence.disarm();
      yield chunk;
      silence.arm();
    }
  } catch (error) {
    throw toAgentCoreError(error, { phase: 'stream', signal: silence.signal });
  } finally {
    silence.end();
  }
}

export interface SilenceWatch {
  readonly signal: AbortSignal;
  arm(): void;
  disarm(): void;
  /** Watches no more, and leaves nothing at the signal that was given. */
  end(): void;
}

/** A signal that also aborts after `limitMs` between `arm` and `disarm`. To be ended. */
export function watchSilence(limitMs: number | undefined, signal: AbortSignal): SilenceWatch {
  const nothing = () => undefined;
  if (limitMs === undefined) return { signal, arm: nothing, disarm: nothing, end: nothing };
  // `AbortSignal.any` takes ten times the time of a listener.
  const either = new AbortController();
  const follow = () => either.abort(signal.reason);
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const disarm = () => clearTimeout(timer);
  return {
    signal: either.signal,
    arm() {
      disarm();
      timer = setTimeout(
        () => either.abort(new AgentCoreError(createFailure('agent_timeout', { cause: 'Silence' }))),
        limitMs,
      );
    },
    disarm,
    end() {
      disarm();
      signal.removeEventListener('abort', follow);
    },
  };
}
