import { type DecodeOptions, decodeAgentStream } from '../../../src/agentcore/decode.ts';
import type { AgentEvent } from '../../../src/contract/events.ts';

export async function* bodyOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield chunk;
}

/** Cuts the bytes at the given offsets (any order, any number). */
export function cut(bytes: Uint8Array, offsets: readonly number[]): Uint8Array[] {
  const points = [0, ...offsets.map((offset) => offset % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  return points.slice(1).map((end, index) => bytes.subarray(points[index], end));
}

export function eachByte(bytes: Uint8Array): Uint8Array[] {
  return [...bytes].map((byte) => Uint8Array.of(byte));
}

export interface Decoded {
  readonly events: AgentEvent[];
  readonly unknown: string[];
}

/** Decodes a whole answer that arrives in the given chunks. */
export async function decodeChunks(
  chunks: Iterable<Uint8Array>,
  contentType: string,
  options: Partial<DecodeOptions> = {},
): Promise<Decoded> {
  const unknown: string[] = [];
  const events: AgentEvent[] = [];
  const all = {
    protocol: 'threadcore' as const,
    onUnknown: (type: string) => unknown.push(type),
    ...options,
  };
  for await (const event of decodeAgentStream(bodyOf(chunks), contentType, all)) events.push(event);
  return { events, unknown };
}

export function decodeText(
  text: string,
  contentType: string,
  options: Partial<DecodeOptions> = {},
): Promise<Decoded> {
  return decodeChunks([Buffer.from(text)], contentType, options);
}

export function sse(...frames: readonly unknown[]): string {
  return frames
    .map((frame) => `data: ${typeof frame === 'string' ? frame : JSON.stringify(frame)}\n\n`)
    .join('');
}

export function joinText(events: readonly AgentEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

export function last(events: readonly AgentEvent[]): AgentEvent | undefined {
  return events.at(-1);
}
