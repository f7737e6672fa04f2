import { nameBlocks } from './block-ids.ts';
import { type Chunk, readChunks, TEXT_LIMITS } from './content-rules.ts';
import { type Refusal, refuse, type Stream } from './model.ts';
import { streamText } from './present.ts';

/** What the calls of a stream add to its message. */

export interface StreamContent {
  readonly markdown_text?: string | undefined;
  readonly chunks?: unknown;
}

/** What the call adds, or why it may not. */
export function readAddition(args: StreamContent, stream: Pick<Stream, 'mode'>): readonly Chunk[] | Refusal {
  if (args.markdown_text !== undefined && args.chunks !== undefined) {
    return refuse('invalid_arguments', '[ERROR] only one of markdown_text and chunks may be given');
  }
  if (args.chunks !== undefined) {
    return stream.mode === 'text' ? refuse('streaming_mode_mismatch') : readChunks(args.chunks);
  }
  if (args.markdown_text === undefined) return [];
  if (stream.mode === 'chunks') return refuse('streaming_mode_mismatch');
  if (args.markdown_text.length > TEXT_LIMITS.markdownText) return refuse('msg_too_long');
  return [{ type: 'markdown_text', text: args.markdown_text }];
}

function addTask(stream: Stream, chunk: Extract<Chunk, { type: 'task_update' }>): void {
  const known = stream.tasks.get(chunk.id);
  if (known === undefined) {
    stream.parts.push({ kind: 'task', id: chunk.id });
    stream.tasks.set(chunk.id, { details: '', output: '', sources: [], ...chunk });
    return;
  }
  // Title and status replace; details and output are added to what the card holds.
  known.title = chunk.title;
  known.status = chunk.status;
  known.details += chunk.details ?? '';
  known.output += chunk.output ?? '';
  known.sources = [...known.sources, ...(chunk.sources ?? [])];
}

export function addToStream(
  stream: Stream,
  chunks: readonly Chunk[],
  mode: Stream['mode'],
  nextId: (prefix: string) => string,
): void {
  if (chunks.length > 0) stream.mode ??= mode;
  for (const chunk of chunks) {
    const last = stream.parts.at(-1);
    if (chunk.type === 'task_update') addTask(stream, chunk);
    else if (chunk.type === 'plan_update') stream.planTitle = chunk.title;
    else if (chunk.type === 'blocks') {
      stream.parts.push({ kind: 'blocks', blocks: nameBlocks(chunk.blocks, nextId) });
    } else if (last?.kind === 'text') last.text += chunk.text;
    else if (chunk.text !== '') stream.parts.push({ kind: 'text', text: chunk.text });
  }
}

/** True when the message would outgrow Slack's total for streamed text. */
export function tooLong(stream: Stream, chunks: readonly Chunk[]): boolean {
  const added = chunks.reduce(
    (sum, chunk) => sum + (chunk.type === 'markdown_text' ? chunk.text.length : 0),
    0,
  );
  return streamText(stream).length + added > TEXT_LIMITS.streamTotal;
}
