import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentEvent } from '../../src/contract/events.ts';
import { agentEventSchema } from '../../src/contract/events.ts';
import { cut, type Decoded, decodeChunks, eachByte, joinText } from '../unit/agentcore/streams.ts';
import { SHAPES } from './agent-decoder-shapes.ts';

function summarise(event: AgentEvent): string {
  switch (event.type) {
    case 'tool':
      return `tool:${event.state} ${event.name}`;
    case 'usage':
      return `usage:${event.inputTokens}/${event.outputTokens}`;
    case 'error':
      return `error:${event.code} ${event.message}`;
    case 'end':
      return `end:${event.stop}`;
    case 'status':
    case 'text':
      return `${event.type}:${event.text}`;
    default:
      return event.type;
  }
}

/** Plain text has no frames: how it is cut shows in its events, but never in its words. */
function comparable(decoded: Decoded, contentType: string): unknown {
  if (!contentType.startsWith('text/plain')) return decoded;
  return {
    text: joinText(decoded.events),
    rest: decoded.events.filter((event) => event.type !== 'text').length,
  };
}

describe.each(SHAPES)('$name', (shape) => {
  const bytes = Buffer.from(shape.wire);
  const decode = (chunks: Iterable<Uint8Array>) =>
    decodeChunks(chunks, shape.contentType, { protocol: shape.protocol });

  it('reads as intended', async () => {
    const { events, unknown } = await decode([bytes]);
    expect(joinText(events)).toBe(shape.text);
    expect(events.filter((event) => event.type !== 'text').map(summarise)).toEqual(shape.others);
    expect(unknown).toEqual(shape.unknown ?? []);
    for (const event of events) expect(agentEventSchema.parse(event)).toEqual(event);
  });

  it('reads the same however its bytes are cut', async () => {
    const whole = comparable(await decode([bytes]), shape.contentType);
    expect(comparable(await decode(eachByte(bytes)), shape.contentType)).toEqual(whole);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 40 }), async (offsets) => {
        expect(comparable(await decode(cut(bytes, offsets)), shape.contentType)).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });
});

it('numbers the events of generic agents 1, 2, … without a gap', async () => {
  for (const { wire, contentType } of SHAPES.filter((shape) => shape.protocol === 'generic')) {
    const { events } = await decodeChunks([Buffer.from(wire)], contentType, { protocol: 'generic' });
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  }
});
