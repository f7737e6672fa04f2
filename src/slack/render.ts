import { splitText } from '../chat/split.ts';
import type { ReplyNotice, ReplyTask, ReplyView } from '../chat/vocabulary.ts';
import { escapeText } from './text.ts';

/** Blocks and chunks as plain data; Slack's types live in the client. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * Slack's limits for what we send. A markdown block, and `markdown_text`, holds 12,000 characters in all; a section
 * 3,000; a button's value 2,000. Source: Slack, Block Kit reference and chat.* methods.
 */
const PART_LIMIT = 11_500;
const TASK_TITLE_LIMIT = 250;
const TASK_DETAIL_LIMIT = 500;
const CONTEXT_LIMIT = 1_900;
const STATUS_LIMIT = 250;

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
  const text = tasks.map((task) => `${TASK_MARKS[task.state]} ${escapeText(task.title)}`).join('   ');
  return { type: 'context', elements: [{ type: 'mrkdwn', text: clip(text, CONTEXT_LIMIT) }] };
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

export function taskChunk(turnId: string, task: ReplyTask): Json {
  return {
    type: 'task_update',
    id: `${turnId}.t.${task.id}`.slice(0, 250),
    title: clip(escapeText(task.title), TASK_TITLE_LIMIT),
    status: task.state,
    ...(task.detail ? { details: clip(escapeText(task.detail), TASK_DETAIL_LIMIT) } : {}),
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
  return `${text.slice(0, limit - 1).replace(/&[a-z]{0,5}$/, '')}…`;
}
