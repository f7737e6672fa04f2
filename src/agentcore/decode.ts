import { type AgentEvent, agentEventSchema, UNKNOWN_TYPE } from '../contract/events.ts';
import { errorText, isRecord } from './answer-text.ts';
import {
  createGenericReader,
  errorMessage,
  type GenericReader,
  MALFORMED,
  parseJson,
  shortType,
} from './generic.ts';
import { createSseParser, MAX_EVENT_BYTES, type SseEvent } from './sse.ts';

export type AgentProtocol = 'threadcore' | 'generic';

export interface DecodeOptions {
  readonly protocol: AgentProtocol;
  /** Called for each frame that is skipped, with its type, or `(malformed)` when it has none. */
  readonly onUnknown: (type: string) => void;
  /** Limit of one event, or of a whole body that is not a stream. Default 16 MiB. */
  readonly maxEventBytes?: number | undefined;
}

/**
 * Decodes what an agent answers into our events, as they arrive.
 *
 * A `threadcore` stream is passed through as sent: `seq` gaps are the caller's to notice, and without `end` it was
 * interrupted. A `generic` answer gets `seq` 1, 2, … and an `end` when it finished well; after an `error` event there
 * is none. A body that is not a stream is understood under both protocols.
 * One unreadable frame is counted and skipped; of an unknown type a notice keeps the place. An event over the limit ends the stream with error `agent_protocol`.
 *
 * Errors of the body itself (AgentCoreError of the client) are thrown on.
 */
export async function* decodeAgentStream(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
  options: DecodeOptions,
): AsyncGenerator<AgentEvent, void, undefined> {
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const limit = options.maxEventBytes ?? MAX_EVENT_BYTES;
  if (mediaType === 'text/event-stream') {
    yield* options.protocol === 'generic'
      ? decodeGenericSse(body, limit, createGenericReader(options.onUnknown))
      : decodeOwnSse(body, limit, options.onUnknown);
  } else if (mediaType === 'text/html') {
    yield protocolError(1, 'The agent answered with a web page.');
  } else if (mediaType.startsWith('text/')) {
    yield* decodeText(body, createGenericReader(options.onUnknown));
  } else {
    yield* decodeDocument(body, limit, createGenericReader(options.onUnknown));
  }
}

async function* decodeOwnSse(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  onUnknown: (type: string) => void,
): AsyncGenerator<AgentEvent, void, undefined> {
  const parser = createSseParser(limit);
  let lastSeq = 0;
  for await (const chunk of body) {
    for (const frame of parser.push(chunk)) {
      const event = readOwnFrame(frame, lastSeq + 1, onUnknown);
      if (event === undefined) continue;
      lastSeq = event.seq;
      yield event;
    }
    if (parser.overflowed) {
      yield tooLarge(lastSeq + 1, limit);
      return;
    }
  }
}

const OWN_TYPES: ReadonlySet<string> = new Set(
  agentEventSchema.options.map((option) => option.shape.type.value),
);

function readOwnFrame(
  frame: SseEvent,
  seq: number,
  onUnknown: (type: string) => void,
): AgentEvent | undefined {
  if (frame.data === '') return undefined;
  const value = parseJson(frame.data);
  const parsed = agentEventSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  // What the AgentCore SDKs send of themselves when the agent's code throws in the middle of a stream.
  const untyped = isRecord(value) && typeof value.type !== 'string';
  if (frame.event === 'error' || (untyped && errorText(value) !== undefined)) {
    return { type: 'error', seq, code: 'agent_failed', message: errorMessage(frame.data), retryable: false };
  }
  const type = isRecord(value) && typeof value.type === 'string' ? value.type : MALFORMED;
  if (!isRecord(value) || type === MALFORMED || OWN_TYPES.has(type)) {
    onUnknown(MALFORMED);
    return undefined;
  }
  onUnknown(shortType(type));
  // What only a newer backend understands is ignored, but not missing: it keeps its place among the others.
  const place = agentEventSchema.safeParse({ type: 'notice', seq: value.seq, code: UNKNOWN_TYPE });
  return place.success ? place.data : undefined;
}

async function* decodeGenericSse(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  reader: GenericReader,
): AsyncGenerator<AgentEvent, void, undefined> {
  const parser = createSseParser(limit);
  let lastSeq = 0;
  for await (const chunk of body) {
    for (const frame of parser.push(chunk)) {
      for (const event of reader.frame(frame.event, frame.data)) {
        lastSeq = event.seq;
        yield event;
      }
    }
    if (parser.overflowed) {
      yield tooLarge(lastSeq + 1, limit);
      return;
    }
  }
  yield* reader.finish(parser.pending);
}

async function* decodeText(
  body: AsyncIterable<Uint8Array>,
  reader: GenericReader,
): AsyncGenerator<AgentEvent, void, undefined> {
  const decoder = new TextDecoder();
  for await (const chunk of body) yield* reader.text(decoder.decode(chunk, { stream: true }));
  yield* reader.text(decoder.decode());
  yield* reader.finish(false);
}

async function* decodeDocument(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  reader: GenericReader,
): AsyncGenerator<AgentEvent, void, undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) {
      yield tooLarge(1, limit);
      return;
    }
    chunks.push(chunk);
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks));
  const value = text.trim() === '' ? '' : parseJson(text);
  if (value === undefined) {
    yield protocolError(1, 'The agent answered with something that is not JSON.');
    return;
  }
  yield* reader.json(value);
  yield* reader.finish(false);
}

function protocolError(seq: number, message: string): AgentEvent {
  return { type: 'error', seq, code: 'agent_protocol', message, retryable: false };
}

function tooLarge(seq: number, limit: number): AgentEvent {
  return protocolError(seq, `The agent sent more than ${Math.floor(limit / 1024)} KiB in one piece.`);
}
