import { type AgentApp, type AgentAppParts, startAgentApp } from '../../../agent-runtime/agent-app.ts';
import { readEnvironment } from '../../../agent-runtime/environment.ts';
import { type AgentEvent, agentEventSchema } from '../../../src/contract/events.ts';
import type { Invocation } from '../../../src/contract/invocation.ts';

/** The real agent on a free loopback port, in this process, with the offline model unless the test says otherwise. */
export function startAgent(
  env: Record<string, string> = {},
  parts: Partial<AgentAppParts> = {},
): Promise<AgentApp> {
  const environment = readEnvironment({
    PORT: '0',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'silent',
    MODEL_PROVIDER: 'offline',
    OFFLINE_WORD_DELAY_MS: '0',
    ...env,
  });
  return startAgentApp(environment, { crash: () => undefined, ...parts });
}

export const sessionId = (name: string) => `tc-${name.padEnd(40, '0')}`;

export function invocation(changes: Partial<Invocation> & { session?: { id: string } }): Invocation {
  return {
    v: 1,
    mode: 'start',
    turnId: 'turn-1',
    prompt: 'echo hello',
    actor: { id: 'actor-1', name: 'Alice', groups: ['engineers'] },
    session: { id: sessionId('a') },
    ...changes,
  };
}

export function post(
  port: number,
  body: unknown,
  options: { session?: string; accept?: string; signal?: AbortSignal } = {},
): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/invocations`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: options.accept ?? 'text/event-stream',
      'x-amzn-bedrock-agentcore-runtime-session-id': options.session ?? sessionId('a'),
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(options.signal ? { signal: options.signal } : {}),
  });
}

/** Reads contract events from an SSE answer and fails on any frame that is not one `data:` line with one event. */
export async function* eventsOf(response: Response): AsyncGenerator<AgentEvent> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    rest += decoder.decode(chunk as Uint8Array, { stream: true });
    const frames = rest.split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) {
      if (!/^data: .*$/.test(frame)) throw new Error(`not one data line: ${frame.slice(0, 200)}`);
      yield agentEventSchema.parse(JSON.parse(frame.slice('data: '.length)));
    }
  }
  if (rest !== '') throw new Error(`the stream ended inside a frame: ${rest.slice(0, 200)}`);
}

export async function allEvents(response: Response | Promise<Response>): Promise<AgentEvent[]> {
  const events: AgentEvent[] = [];
  for await (const event of eventsOf(await response)) events.push(event);
  return events;
}

export const textOf = (events: readonly AgentEvent[]) =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('');

/** One whole turn: asks and returns its events. */
export function ask(port: number, changes: Parameters<typeof invocation>[0]): Promise<AgentEvent[]> {
  const body = invocation(changes);
  return allEvents(post(port, body, { session: body.session.id }));
}

/** A promise that others can resolve. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}
