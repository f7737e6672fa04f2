import { answerText, errorText, isRecord, type JsonRecord } from './answer-text.ts';
import type { Piece } from './pieces.ts';

/**
 * Reads the events that a Strands agent streams, as its Python SDK (`agent.stream_async`) and its TypeScript SDK
 * (`agent.stream`, serialised with `toJSON`) put them on the wire.
 *
 * @returns what the frame means (nothing, for one that shows nothing), or undefined when it is not such a frame.
 */
export function readStrandsFrame(frame: JsonRecord): readonly Piece[] | undefined {
  if (typeof frame.type === 'string') {
    const read = readTypeScript(frame.type, frame);
    if (read !== undefined) return read;
  }
  return readPython(frame);
}

function readPython(frame: JsonRecord): readonly Piece[] | undefined {
  if (isRecord(frame.event)) return readConverseEvent(frame.event);
  if (typeof frame.data === 'string') return [{ kind: 'text', source: 'data', text: frame.data }];
  if (isRecord(frame.current_tool_use)) return toolPiece(frame.current_tool_use, 'started');
  if (frame.force_stop === true) {
    const reason = frame.force_stop_reason;
    return [
      {
        kind: 'error',
        message: typeof reason === 'string' ? reason : 'The agent stopped before it was done.',
      },
    ];
  }
  if (isRecord(frame.message) && Array.isArray(frame.message.content))
    return readMessage(frame.message, 'message');
  if (isRecord(frame.result) && typeof frame.result.stop_reason === 'string') return readResult(frame.result);
  return undefined;
}

/** Frames of the Python SDK that mark progress and hold nothing to show. */
const PYTHON_SILENT = [
  'init_event_loop',
  'start',
  'start_event_loop',
  'complete',
  'reasoning',
  'reasoningText',
  'reasoning_signature',
  'event_loop_throttled_delay',
  'tool_stream_event',
  'tool_cancel_event',
  'tool_interrupt_event',
  'citation',
] as const;

/** To be asked last: other agents use words like `start` or `reasoning` beside their answer. */
export function isStrandsProgress(frame: JsonRecord): boolean {
  return PYTHON_SILENT.some((key) => key in frame);
}

/** The chunks of Bedrock's ConverseStream, which Strands for Python passes on under `event`. */
function readConverseEvent(event: JsonRecord): readonly Piece[] | undefined {
  if (isRecord(event.messageStart)) return [{ kind: 'message-start' }];
  if (isRecord(event.contentBlockStart)) {
    const start = event.contentBlockStart.start;
    return isRecord(start) && isRecord(start.toolUse) ? toolPiece(start.toolUse, 'started') : [];
  }
  if (isRecord(event.contentBlockDelta)) {
    const delta = event.contentBlockDelta.delta;
    return isRecord(delta) && typeof delta.text === 'string' ? [deltaText(delta.text)] : [];
  }
  if (isRecord(event.messageStop))
    return [{ kind: 'message-stop', reason: String(event.messageStop.stopReason) }];
  if (isRecord(event.metadata)) return usagePiece(event.metadata.usage);
  return 'contentBlockStop' in event || 'redactContent' in event ? [] : undefined;
}

function readTypeScript(type: string, frame: JsonRecord): readonly Piece[] | undefined {
  switch (type) {
    case 'modelStreamUpdateEvent':
      return isRecord(frame.event) && typeof frame.event.type === 'string'
        ? readTypeScript(frame.event.type, frame.event)
        : undefined;
    case 'modelMessageStartEvent':
      return [{ kind: 'message-start' }];
    case 'modelContentBlockStartEvent':
      return isRecord(frame.start) && frame.start.type === 'toolUseStart'
        ? toolPiece(frame.start, 'started')
        : [];
    case 'modelContentBlockDeltaEvent': {
      const delta = frame.delta;
      return isRecord(delta) && delta.type === 'textDelta' && typeof delta.text === 'string'
        ? [deltaText(delta.text)]
        : [];
    }
    case 'modelMessageStopEvent':
      return [{ kind: 'message-stop', reason: String(frame.stopReason) }];
    case 'modelMetadataEvent':
      return usagePiece(frame.usage);
    case 'contentBlockEvent':
      return isRecord(frame.contentBlock) ? readBlocks([frame.contentBlock], 'block') : [];
    case 'modelMessageEvent':
    case 'messageAddedEvent':
      return isRecord(frame.message) ? readMessage(frame.message, type) : [];
    case 'beforeToolCallEvent':
      return isRecord(frame.toolUse) ? toolPiece(frame.toolUse, 'started') : [];
    case 'afterToolCallEvent':
      return [...resultPieces(frame.result), ...afterToolPiece(frame)];
    case 'toolResultEvent':
      return resultPieces(frame.result);
    case 'agentResultEvent':
      return isRecord(frame.result) ? readResult(frame.result) : [];
    case 'agentResult':
      return readResult(frame);
    case 'initializedEvent':
    case 'beforeInvocationEvent':
    case 'afterInvocationEvent':
    case 'beforeModelCallEvent':
    case 'afterModelCallEvent':
    case 'modelContentBlockStopEvent':
    case 'modelRedactionEvent':
    case 'toolStreamUpdateEvent':
    case 'beforeToolsEvent':
    case 'afterToolsEvent':
    case 'interruptEvent':
      return [];
    default:
      return undefined;
  }
}

/** The closing result, `{lastMessage, stopReason}` in TypeScript and `{message, stop_reason}` in Python. */
function readResult(result: JsonRecord): readonly Piece[] {
  const text = answerText(result.lastMessage ?? result.message) ?? '';
  const reason = result.stopReason ?? result.stop_reason;
  const stop: Piece[] = typeof reason === 'string' ? [{ kind: 'message-stop', reason }] : [];
  return [{ kind: 'text', source: 'result', text }, ...stop];
}

/** A whole message. The user role carries tool results back to the model. */
function readMessage(message: JsonRecord, source: string): readonly Piece[] {
  if (!Array.isArray(message.content)) return [];
  const blocks = message.content.filter(isRecord);
  return message.role === 'user'
    ? blocks.flatMap((block) => resultPieces(block))
    : [{ kind: 'message-start' }, ...readBlocks(blocks, source), { kind: 'message-stop', reason: '' }];
}

function readBlocks(blocks: readonly JsonRecord[], source: string): Piece[] {
  return blocks.flatMap((block): readonly Piece[] => {
    if (isRecord(block.toolUse)) return toolPiece(block.toolUse, 'started');
    const text = answerText(block);
    return text === undefined ? resultPieces(block) : [{ kind: 'text', source, text }];
  });
}

function deltaText(text: string): Piece {
  return { kind: 'text', source: 'delta', text };
}

function toolPiece(tool: JsonRecord, state: 'started' | 'finished' | 'failed'): readonly Piece[] {
  const { toolUseId, name } = tool;
  if (typeof toolUseId !== 'string') return [];
  return [{ kind: 'tool', id: toolUseId, name: typeof name === 'string' ? name : '', state }];
}

function resultPieces(result: unknown): readonly Piece[] {
  if (!isRecord(result)) return [];
  const inner = isRecord(result.toolResult) ? result.toolResult : result;
  if (typeof inner.status !== 'string') return [];
  return toolPiece(inner, inner.status === 'error' ? 'failed' : 'finished');
}

/** A tool that threw has no result of its own. */
function afterToolPiece(frame: JsonRecord): readonly Piece[] {
  return isRecord(frame.toolUse)
    ? toolPiece(frame.toolUse, errorText(frame) === undefined ? 'finished' : 'failed')
    : [];
}

function usagePiece(usage: unknown): readonly Piece[] {
  if (!isRecord(usage)) return [];
  const { inputTokens, outputTokens } = usage;
  if (!isCount(inputTokens) || !isCount(outputTokens)) return [];
  return [{ kind: 'usage', inputTokens, outputTokens }];
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
