import { type AgentEvent, agentEventSchema } from '../contract/events.ts';
import { answerText, errorText, isRecord, type JsonRecord } from './answer-text.ts';
import type { Piece } from './pieces.ts';
import { isStrandsProgress, readStrandsFrame } from './strands.ts';

export interface GenericReader {
  /** One SSE frame. */
  frame(event: string, data: string): AgentEvent[];
  /** One parsed JSON document. */
  json(value: unknown): AgentEvent[];
  /** Words as they are. */
  text(text: string): AgentEvent[];
  /** The body has ended; `cut` when it stopped in the middle of a frame. Closes a good answer with `end`. */
  finish(cut: boolean): AgentEvent[];
}

/** Reported to `onUnknown` for a frame that is no JSON object with a type. */
export const MALFORMED = '(malformed)';

/**
 * Turns what agents of any make send into our events, with `seq` 1, 2, …
 *
 * The same words often come several times (deltas, then the message, then the result). The kind of frame that speaks
 * first is believed and the others are not repeated.
 */
export function createGenericReader(onUnknown: (type: string) => void): GenericReader {
  let seq = 0;
  let voice: string | undefined;
  let lastText = '';
  let paragraphDue = false;
  let messageOpen = false;
  let stopReason = '';
  let stringsAre: 'json' | 'raw' | undefined;
  let closed = false;
  let unread = 0;
  const tools = new Map<string, { name: string; done: boolean }>();

  type Unnumbered<E> = E extends AgentEvent ? Omit<E, 'seq'> : never;
  function number(event: Unnumbered<AgentEvent>): AgentEvent {
    seq += 1;
    return { ...event, seq } as AgentEvent;
  }

  function unknown(type: string): AgentEvent[] {
    unread += 1;
    onUnknown(type);
    return [];
  }

  function sayText(source: string, text: string): AgentEvent[] {
    if (text === '') return [];
    voice ??= source;
    if (voice !== source) return [];
    const gap =
      paragraphDue && lastText !== '' && !lastText.endsWith('\n') && !text.startsWith('\n') ? '\n\n' : '';
    paragraphDue = false;
    lastText = text;
    return [number({ type: 'text', text: gap + text })];
  }

  function moveTool(piece: Extract<Piece, { kind: 'tool' }>): AgentEvent[] {
    const known = tools.get(piece.id);
    if (piece.state === 'started' ? known !== undefined : known === undefined || known.done) return [];
    const name = piece.name || known?.name || 'tool';
    tools.set(piece.id, { name, done: piece.state !== 'started' });
    paragraphDue = true;
    // What the tool does is not said, so it counts as a write.
    return [number({ type: 'tool', id: piece.id, name, title: name, effect: 'write', state: piece.state })];
  }

  function take(piece: Piece): AgentEvent[] {
    switch (piece.kind) {
      case 'text':
        return sayText(piece.source, piece.text);
      case 'tool':
        return moveTool(piece);
      case 'usage':
        return [
          number({
            type: 'usage',
            model: 'unknown',
            inputTokens: piece.inputTokens,
            outputTokens: piece.outputTokens,
          }),
        ];
      case 'error':
        closed = true;
        return [number({ type: 'error', code: 'agent_failed', message: piece.message, retryable: false })];
      case 'message-start':
        messageOpen = true;
        paragraphDue = true;
        return [];
      case 'message-stop':
        messageOpen = false;
        stopReason = piece.reason || stopReason;
        return [];
      case 'event': {
        if (piece.event.type === 'end' || piece.event.type === 'error') closed = true;
        if (piece.event.type === 'text') return sayText('event', piece.event.text);
        return [number(piece.event)];
      }
    }
  }

  function json(value: unknown): AgentEvent[] {
    if (typeof value === 'string') return sayText('plain', value);
    if (typeof value === 'number') return sayText('plain', String(value));
    if (Array.isArray(value)) {
      const text = answerText(value);
      return text === undefined ? unknown('(array)') : sayText('plain', text);
    }
    if (!isRecord(value)) return unknown(MALFORMED);
    const pieces = readFrame(value);
    if (pieces === undefined)
      return unknown(typeof value.type === 'string' ? shortType(value.type) : '(untyped)');
    return pieces.flatMap(take);
  }

  /** Some servers send strings as they are, others as JSON. The first string of a stream shows which it is. */
  function stringFrame(data: string): AgentEvent[] {
    if (data.startsWith('"') && stringsAre !== 'raw') {
      const parsed = parseJson(data);
      if (typeof parsed === 'string') {
        stringsAre = 'json';
        // What Python cannot serialise arrives as the text of its `repr`: an event, not words for a person.
        if (parsed.startsWith("{'") && parsed.endsWith('}')) return unknown('(python repr)');
        return sayText('plain', parsed);
      }
    }
    if (stringsAre === 'json' && (data === 'null' || data === 'true' || data === 'false')) return [];
    stringsAre ??= 'raw';
    return sayText('plain', data);
  }

  function frame(event: string, data: string): AgentEvent[] {
    if (data === '' || data === '[DONE]') return [];
    if (event === 'error') return take({ kind: 'error', message: errorMessage(data) });
    if (data.startsWith('{') || data.startsWith('[')) {
      const parsed = parseJson(data);
      if (isRecord(parsed) || (Array.isArray(parsed) && stringsAre !== 'raw')) return json(parsed);
    }
    return stringFrame(data);
  }

  function finish(cut: boolean): AgentEvent[] {
    if (closed || cut || messageOpen) return [];
    if (seq === 0 && unread > 0) {
      const message = "The agent's answer has a shape that is not understood.";
      return [number({ type: 'error', code: 'agent_protocol', message, retryable: false })];
    }
    return [number({ type: 'end', stop: toStop(stopReason) })];
  }

  return { frame, json, text: (text) => sayText('plain', text), finish };
}

function readFrame(value: JsonRecord): readonly Piece[] | undefined {
  const own = agentEventSchema.safeParse(value);
  if (own.success) return [{ kind: 'event', event: own.data }];
  const strands = readStrandsFrame(value);
  if (strands !== undefined) return strands;
  const error = errorText(value);
  if (error !== undefined) return [{ kind: 'error', message: error }];
  const text = answerText(value);
  if (text !== undefined) return [{ kind: 'text', source: 'answer', text }];
  return isStrandsProgress(value) ? [] : undefined;
}

/** The words of an `event: error` frame: `{error}` or `{message}` as AgentCore's SDKs send it, or plain text. */
export function errorMessage(data: string): string {
  const parsed = parseJson(data);
  if (!isRecord(parsed)) return typeof parsed === 'string' ? parsed : data;
  return errorText(parsed) ?? answerText(parsed) ?? 'The agent reported an error.';
}

/** A type as the agent wrote it, cut to a length that is safe for logs. */
export function shortType(type: string): string {
  return type.slice(0, 64);
}

/** Undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Strands and Bedrock name stop reasons in both spellings. */
function toStop(reason: string): Extract<AgentEvent, { type: 'end' }>['stop'] {
  const plain = reason.replaceAll('_', '').toLowerCase();
  if (plain === 'maxtokens' || plain.startsWith('limit') || plain === 'modelcontextwindowexceeded')
    return 'limit';
  if (plain === 'cancelled') return 'cancelled';
  return plain === 'guardrailintervened' || plain === 'contentfiltered' ? 'guardrail' : 'end';
}
