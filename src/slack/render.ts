import { splitText } from '../chat/split.ts';
import type { ReplyNotice, ReplyTask, ReplyView } from '../chat/vocabulary.ts';
import { escapeText } from './text.ts';

/** Blocks and chunks as plain data; Slack's types live in the client. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * Slack's limits for what we send. A markdown block, and `markdown_text`, holds 12,000 characters in all; a section
 * 3,000; a button's value 2,000; a task's title and details 256 each. Source: Slack, Block Kit reference, chunks of
 * the streaming methods, and chat.* methods.
 */
const PART_LIMIT = 11_500;
const TASK_TITLE_LIMIT = 250;
const TASK_DETAIL_LIMIT = 250;
const CONTEXT_LIMIT = 1_900;
const STATUS_LIMIT = 250;
/** `chat.update` takes 4,000 bytes of `text`; the blocks hold the whole. */
const EDIT_TEXT_BYTES = 3_900;

export const RETRY_ACTION = 'turn_retry';
/** Names our messages, so that one whose answer was lost can be found again. */
export const MARKER_EVENT = 'threadcore_reply';

/** One message of the reply. */
export interface PartView {
  /** Escaped, ready to send; at most `PART_LIMIT` characters. */
  readonly text: string;
  readonly tasks: readonly ReplyTask[];
  readonly notice?: ReplyNotice;
}

/** Cuts a view into messages. Text parts never change once the next one has begun; tasks go with the first. */
export function partsOf(view: ReplyView): PartView[] {
  const texts = splitText(escapeText(view.text), PART_LIMIT);
  return texts.map((text, i) => ({
    text,
    tasks: i === 0 ? view.tasks : [],
    ...(i === texts.length - 1 && view.notice ? { notice: view.notice } : {}),
  }));
}

export function isBlank(part: PartView): boolean {
  return part.text.trim() === '' && part.tasks.length === 0 && part.notice === undefined;
}

/** A whole message, for `chat.postMessage` and `chat.update`. `text` is what notifications and screen readers use. */
export function messageOf(part: PartView, turnId: string): { text: string; blocks: Json[] } {
  const blocks: Json[] = [];
  if (part.tasks.length > 0) blocks.push(taskLine(part.tasks));
  if (part.text.trim() !== '') blocks.push({ type: 'markdown', text: part.text });
  if (part.notice) blocks.push(...noticeBlocks(part.notice, turnId));
  const text =
    part.text.trim() === '' ? (part.notice ? escapeText(part.notice.text) : 'Working on it…') : part.text;
  if (blocks.length === 0) blocks.push({ type: 'context', elements: [{ type: 'mrkdwn', text }] });
  return { text, blocks };
}

/** The same for `chat.update`, which takes less `text`; readers see the blocks. */
export function editOf(part: PartView, turnId: string): { text: string; blocks: Json[] } {
  const message = messageOf(part, turnId);
  return { ...message, text: clipBytes(message.text, EDIT_TEXT_BYTES) };
}

/** The closing remark, with its button. Appended to a stream when it stops. */
export function noticeBlocks(notice: ReplyNotice, turnId: string): Json[] {
  const blocks: Json[] = [{ type: 'section', text: { type: 'mrkdwn', text: escapeText(notice.text) } }];
  if (notice.retry) {
    blocks.push({
      type: 'actions',
      elements: [
        {
          type: 'button',
          action_id: RETRY_ACTION,
          value: turnId,
          text: { type: 'plain_text', text: 'Retry' },
          accessibility_label: 'Ask the same question again',
        },
      ],
    });
  }
  return blocks;
}

const TASK_MARKS: Record<ReplyTask['state'], string> = {
  pending: '○',
  in_progress: '…',
  complete: '✓',
  error: '✗',
};

function taskLine(tasks: readonly ReplyTask[]): Json {
  const text = tasks.map((task) => `${TASK_MARKS[task.state]} ${titleOf(task)}`).join('   ');
  return { type: 'context', elements: [{ type: 'mrkdwn', text: clip(text, CONTEXT_LIMIT) }] };
}

/** On one line, and never empty: Slack refuses a step without a title. */
function titleOf(task: ReplyTask): string {
  return escapeText(task.title.replaceAll(/\s+/g, ' ').trim() || 'Step');
}

/** The step that opens a streamed part. Its id finds the stream again when the answer to its start was lost. */
export function openingTask(turnId: string, part: number, state: 'in_progress' | 'complete'): Json {
  return {
    type: 'task_update',
    id: openingTaskId(turnId, part),
    title: part === 0 ? 'Thinking' : 'Continued',
    status: state,
  };
}

export function openingTaskId(turnId: string, part: number): string {
  return `${turnId}.${part}`;
}

/** A step as it is now. Slack adds details to those it has, so only what `before` had not shown is sent. */
export function taskChunk(turnId: string, task: ReplyTask, before?: ReplyTask): Json {
  const detail = task.detail === before?.detail ? '' : (task.detail ?? '');
  return {
    type: 'task_update',
    id: `${turnId}.t.${task.id}`.slice(0, 250),
    title: clip(titleOf(task), TASK_TITLE_LIMIT),
    status: task.state,
    ...(detail
      ? { details: clip(escapeText(before?.detail ? `\n${detail}` : detail), TASK_DETAIL_LIMIT) }
      : {}),
  };
}

export function textChunk(text: string): Json {
  return { type: 'markdown_text', text };
}

export function markerOf(turnId: string, part: number): Json {
  return { event_type: MARKER_EVENT, event_payload: { turn: turnId, part } };
}

export function statusText(status: string): string {
  return clip(status, STATUS_LIMIT);
}

function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${unbroken(text.slice(0, limit - 1))}…`;
}

/** Slack counts after it has escaped: a `>` that was left for a quote takes four bytes. */
function clipBytes(text: string, limit: number): string {
  let bytes = 0;
  let length = 0;
  for (const character of text) {
    bytes += character === '>' ? 4 : Buffer.byteLength(character);
    if (bytes > limit) return `${unbroken(text.slice(0, length))}…`;
    length += character.length;
  }
  return text;
}

/** Without a surrogate or a character reference that was cut in two. */
function unbroken(text: string): string {
  return text.replace(/(?:&[a-z]{0,5}|[\ud800-\udbff])$/, '');
}
