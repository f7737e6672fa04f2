import fc from 'fast-check';
import type { AgentEvent } from '../../../src/contract/events.ts';

type Unnumbered = AgentEvent extends infer E ? (E extends AgentEvent ? Omit<E, 'seq'> : never) : never;

/** Numbers events 1, 2, … (or from `first`). */
export function numbered(events: readonly Unnumbered[], first = 1): AgentEvent[] {
  return events.map((event, i) => ({ ...event, seq: first + i }) as AgentEvent);
}

export const text = (words: string): Unnumbered => ({ type: 'text', text: words });
export const end = (stop: 'end' | 'approval' | 'limit' | 'cancelled' | 'guardrail' = 'end'): Unnumbered => ({
  type: 'end',
  stop,
});
export const failure = (code: string): Unnumbered => ({
  type: 'error',
  code,
  message: 'it broke',
  retryable: false,
});
export const tool = (
  effect: 'read' | 'write',
  state: 'started' | 'finished' | 'failed' = 'started',
  id = 'tool-1',
): Unnumbered => ({ type: 'tool', id, name: 'tool', title: 'A tool', effect, state });

const short = fc.string({ maxLength: 6 });

const event: fc.Arbitrary<Unnumbered> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: short }),
  fc.record({ type: fc.constant('status' as const), text: short }),
  fc.record({
    type: fc.constant('tool' as const),
    id: fc.constantFrom('a', 'b', 'c'),
    name: short,
    title: short,
    effect: fc.constantFrom('read' as const, 'write' as const),
    state: fc.constantFrom('started' as const, 'finished' as const, 'failed' as const),
  }),
  fc.record({
    type: fc.constant('usage' as const),
    model: short,
    inputTokens: fc.nat(),
    outputTokens: fc.nat(),
  }),
  fc.record({ type: fc.constant('notice' as const), code: fc.constantFrom('memory_unavailable', 'other') }),
  fc.record({
    type: fc.constant('file' as const),
    name: short,
    mediaType: short,
    base64: short,
    title: short,
    alt: short,
  }),
  fc.record({
    type: fc.constant('error' as const),
    code: short,
    message: short,
    retryable: fc.boolean(),
  }),
);

/** A whole run: some events, then an end. */
export const anyRun: fc.Arbitrary<AgentEvent[]> = fc
  .array(event, { maxLength: 20 })
  .map((events) => numbered([...events, end()]));
