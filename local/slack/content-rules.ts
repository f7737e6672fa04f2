import { checkBlocks } from './block-rules.ts';
import { type Block, type Metadata, type Refusal, refuse, type TaskStatus } from './model.ts';

/** Limits of message content, in characters. Source: docs.slack.dev, the error tables of the chat methods. */
export const TEXT_LIMITS = {
  postText: 40_000,
  updateText: 4000,
  markdownText: 12_000,
  streamTotal: 40_000,
  chunkField: 256,
  /** Bytes of JSON. */
  metadata: 16_000,
} as const;

export interface Content {
  readonly text: string;
  readonly blocks: readonly Block[];
}

export interface ContentArguments {
  readonly text?: string | undefined;
  readonly markdown_text?: string | undefined;
  readonly blocks?: unknown;
  readonly attachments?: unknown;
}

/** The text of a message that came as blocks only: what Slack would read out in a notification. */
function textOfBlocks(blocks: readonly Block[]): string {
  const texts = blocks.flatMap((block) => {
    if (block.type === 'markdown') return [String(block.text)];
    const text = block.text;
    return typeof text === 'object' && text !== null && 'text' in text ? [String(text.text)] : [];
  });
  return texts.join('\n');
}

/** Checks what a message would consist of. Returns it in stored form, or Slack's refusal. */
export function readContent(args: ContentArguments, maxText: number): Content | Refusal {
  const { text, markdown_text: markdown, blocks, attachments } = args;
  if (markdown !== undefined && (text !== undefined || blocks !== undefined))
    return refuse('markdown_text_conflict');
  if (markdown !== undefined) {
    if (markdown.trim() === '') return refuse('no_text');
    if (markdown.length > TEXT_LIMITS.markdownText) return refuse('msg_too_long');
    return { text: markdown, blocks: [{ type: 'markdown', text: markdown }] };
  }
  if (text !== undefined && text.length > maxText) return refuse('msg_too_long');
  if (blocks !== undefined) {
    const refusal = checkBlocks(blocks);
    if (refusal !== undefined) return refusal;
  }
  if (attachments !== undefined && !Array.isArray(attachments)) return refuse('invalid_attachments');
  const list = (blocks ?? []) as readonly Block[];
  const hasAttachments = Array.isArray(attachments) && attachments.length > 0;
  if ((text ?? '').trim() === '' && list.length === 0 && !hasAttachments) return refuse('no_text');
  return { text: text ?? textOfBlocks(list), blocks: list };
}

export function isRefusal(value: object): value is Refusal {
  return 'ok' in value && value.ok === false;
}

/**
 * Checks the `metadata` argument. `undefined` = not given, `null` = an empty object, which removes metadata on update.
 * Refusals: `invalid_metadata_format`, `invalid_metadata_schema`, `metadata_too_large`.
 */
export function readMetadata(value: unknown): { readonly metadata: Metadata | null | undefined } | Refusal {
  if (value === undefined) return { metadata: undefined };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('invalid_metadata_format');
  if (Object.keys(value).length === 0) return { metadata: null };
  const { event_type: type, event_payload: payload } = value as Record<string, unknown>;
  if (typeof type !== 'string' || type === '' || type.length > 255) return refuse('invalid_metadata_format');
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    return refuse('invalid_metadata_schema');
  if (Buffer.byteLength(JSON.stringify(value)) > TEXT_LIMITS.metadata) return refuse('metadata_too_large');
  return { metadata: { event_type: type, event_payload: payload as Record<string, unknown> } };
}

export type Chunk =
  | { readonly type: 'markdown_text'; readonly text: string }
  | {
      readonly type: 'task_update';
      readonly id: string;
      readonly title: string;
      readonly status: TaskStatus;
      readonly details?: string;
      readonly output?: string;
      readonly sources?: readonly unknown[];
    }
  | { readonly type: 'plan_update'; readonly title: string }
  | { readonly type: 'blocks'; readonly blocks: readonly Block[] };

const STATUSES = ['pending', 'in_progress', 'complete', 'error'];

function checkTaskUpdate(chunk: Record<string, unknown>, at: string, problems: string[]): void {
  for (const field of ['id', 'title', 'status']) {
    if (typeof chunk[field] !== 'string' || chunk[field] === '') {
      problems.push(`[ERROR] missing required field: ${field} [json-pointer:${at}]`);
    }
  }
  if (typeof chunk.status === 'string' && !STATUSES.includes(chunk.status)) {
    problems.push(`[ERROR] must be a valid enum value [json-pointer:${at}/status]`);
  }
  for (const field of ['title', 'details', 'output']) {
    const value = chunk[field];
    if (value !== undefined && typeof value !== 'string') {
      problems.push(`[ERROR] must be a string [json-pointer:${at}/${field}]`);
    } else if (typeof value === 'string' && value.length > TEXT_LIMITS.chunkField) {
      problems.push(
        `[ERROR] must be less than ${TEXT_LIMITS.chunkField + 1} characters [json-pointer:${at}/${field}]`,
      );
    }
  }
  if (chunk.sources !== undefined && !Array.isArray(chunk.sources)) {
    problems.push(`[ERROR] must be an array [json-pointer:${at}/sources]`);
  }
}

/** Checks the `chunks` argument of the three stream methods. One malformed chunk refuses the whole call. */
export function readChunks(value: unknown): readonly Chunk[] | Refusal {
  if (!Array.isArray(value) || value.length === 0) {
    return refuse('invalid_arguments', '[ERROR] must have at least 1 item [json-pointer:/chunks]');
  }
  const problems: string[] = [];
  for (const [index, chunk] of value.entries()) {
    const at = `/chunks/${index}`;
    const type =
      typeof chunk === 'object' && chunk !== null ? (chunk as Record<string, unknown>).type : undefined;
    const fields = chunk as Record<string, unknown>;
    if (type === 'markdown_text') {
      if (typeof fields.text !== 'string')
        problems.push(`[ERROR] missing required field: text [json-pointer:${at}]`);
      else if (fields.text.length > TEXT_LIMITS.markdownText) return refuse('msg_too_long');
    } else if (type === 'task_update') {
      checkTaskUpdate(fields, at, problems);
    } else if (type === 'plan_update') {
      if (typeof fields.title !== 'string')
        problems.push(`[ERROR] missing required field: title [json-pointer:${at}]`);
      else if (fields.title.length > TEXT_LIMITS.chunkField) {
        problems.push(
          `[ERROR] must be less than ${TEXT_LIMITS.chunkField + 1} characters [json-pointer:${at}/title]`,
        );
      }
    } else if (type === 'blocks') {
      const refusal = checkBlocks(fields.blocks, `${at}/blocks`);
      if (refusal !== undefined) return refusal;
    } else {
      problems.push(`[ERROR] must be a valid chunk [json-pointer:${at}]`);
    }
  }
  return problems.length > 0 ? refuse('invalid_arguments', ...problems) : (value as Chunk[]);
}
