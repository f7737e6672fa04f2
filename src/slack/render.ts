import { nameOf } from '../chat/digest.ts';
import type { ReplyNotice, ReplyTask, ReplyView } from '../chat/vocabulary.ts';
import { feedbackBlocks, whyBlocks } from './feedback-blocks.ts';
import type { Json } from './json.ts';
import { type PartPlan, type PlanParts, planParts } from './markdown/plan-parts.ts';
import { blocksOf, fallbackText } from './markdown/sending.ts';
import { disarmed, escapeText } from './text.ts';

/**
 * Slack's limits for what we send beside the agent's text: a section holds 3,000 characters; a button's value 2,000;
 * a task's title and details 256 each. Source: Slack, Block Kit reference, chunks of the streaming methods, and
 * chat.* methods.
 */
const TASK_TITLE_LIMIT = 250;
const TASK_DETAIL_LIMIT = 250;
const CONTEXT_LIMIT = 1_900;
const STATUS_LIMIT = 250;
/** `chat.update` takes 4,000 bytes of `text`; the blocks hold the whole. */
export const EDIT_TEXT_BYTES = 3_900;
/** `chat.postMessage` takes 40,000 characters of it. */
const POST_TEXT_LIMIT = 39_000;

export const RETRY_ACTION = 'turn_retry';
export const STOP_ACTION = 'turn_stop';
/** Names our messages, so that one whose answer was lost can be found again. */
export const MARKER_EVENT = 'threadcore_reply';

/** One message of the reply. */
export interface PartView {
  readonly plan: PartPlan;
  readonly tasks: readonly ReplyTask[];
  readonly notice?: ReplyNotice;
  /** What else the reader has to know, such as a file that could not be attached. Plain text. */
  readonly remarks?: readonly string[];
  /** Ask what the reader thinks of the answer. */
  readonly feedback?: true;
  /** It takes a while, and this is what goes on; empty where the status line says it. Comes with a Stop button. */
  readonly long?: string;
}

/** What a message says that has nothing to show. */
export const NOTHING_YET = 'Working on it…';

/**
 * Cuts a view into messages. Text parts never change once the next one has begun; steps go with the first, the closing
 * notice and remarks with the last. `done` false: the text may still grow; then a planner of its own spares reading it
 * from the beginning each time.
 */
export function partsOf(
  view: ReplyView,
  done: boolean,
  remarks: readonly string[] = [],
  plan: PlanParts = planParts,
): PartView[] {
  const plans = plan(view.text, done);
  return plans.map((part, i) => ({
    plan: part,
    tasks: i === 0 ? view.tasks : [],
    ...(i === plans.length - 1 && view.notice ? { notice: view.notice } : {}),
    ...(i === plans.length - 1 && remarks.length > 0 ? { remarks } : {}),
    ...(i === plans.length - 1 && view.feedback ? { feedback: true } : {}),
    ...(i === plans.length - 1 && view.long && !done ? { long: view.status ?? '' } : {}),
  }));
}

export function hasWords(part: PartView): boolean {
  return blocksOf(part.plan).length > 0;
}

export function isBlank(part: PartView): boolean {
  return (
    !hasWords(part) &&
    part.tasks.length === 0 &&
    !part.notice &&
    !part.remarks?.length &&
    part.long === undefined
  );
}

/** A whole message, for `chat.postMessage` and `chat.update`. `text` is what notifications and screen readers use. */
export function messageOf(part: PartView, turnId: string): { text: string; blocks: Json[] } {
  const blocks = [
    ...(part.tasks.length > 0 ? [taskLine(part.tasks)] : []),
    ...blocksOf(part.plan),
    ...(part.long ? [contextOf(part.long)] : []),
    ...closingBlocks(part, turnId),
  ];
  const ending = [...(part.notice ? [part.notice.text] : []), ...(part.remarks ?? [])].join('\n');
  const text = fallbackText(part.plan) || escapeText(ending) || NOTHING_YET;
  if (blocks.length === 0) blocks.push({ type: 'context', elements: [{ type: 'mrkdwn', text }] });
  if (part.long !== undefined) blocks.push(stopBlock(turnId));
  return { text: clip(text, POST_TEXT_LIMIT), blocks };
}

/** The same for `chat.update`, which takes less `text`; readers see the blocks. */
export function editOf(part: PartView, turnId: string): { text: string; blocks: Json[] } {
  const message = messageOf(part, turnId);
  return { ...message, text: clipBytes(message.text, EDIT_TEXT_BYTES) };
}

/** All of it in words, for when Slack does not take the blocks. */
export function plainText(part: PartView): string {
  const ending = [...(part.notice ? [part.notice.text] : []), ...(part.remarks ?? [])].join('\n');
  const all = [fallbackText(part.plan), escapeText(ending)].filter((text) => text !== '');
  return clip(all.join('\n\n') || NOTHING_YET, POST_TEXT_LIMIT);
}

/** What stands below the text. Appended to a stream when it stops. */
export function closingBlocks(
  part: Pick<PartView, 'notice' | 'remarks' | 'feedback'>,
  turnId: string,
): Json[] {
  const blocks: Json[] = part.notice ? noticeBlocks(part.notice, turnId) : [];
  const remarks = (part.remarks ?? []).join('\n');
  if (remarks !== '') blocks.push(contextOf(remarks));
  if (part.feedback) blocks.push(...feedbackBlocks(turnId));
  return blocks;
}

function contextOf(text: string): Json {
  return { type: 'context', elements: [{ type: 'mrkdwn', text: clip(escapeText(text), CONTEXT_LIMIT) }] };
}

/** Stands below what takes a while, until it is final. */
export function stopBlock(turnId: string): Json {
  return {
    type: 'actions',
    elements: [
      {
        type: 'button',
        action_id: STOP_ACTION,
        value: turnId,
        text: { type: 'plain_text', text: 'Stop' },
        accessibility_label: 'Stop working on this question',
      },
    ],
  };
}

/** The closing notice, with its button. */
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
  if (notice.code === 'answer_blocked' || notice.code === 'question_blocked')
    blocks.push(...whyBlocks(turnId));
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

/**
 * The step that opens a streamed part: under way until the first words, and while the part takes long. Its id finds the
 * stream again when the answer to its start was lost.
 */
export function openingTask(turnId: string, index: number, part: PartView, last: boolean): Json {
  const goesOn = !last && (!hasWords(part) || part.long);
  const title = goesOn && part.long ? part.long : index === 0 ? 'Thinking' : 'Continued';
  return {
    type: 'task_update',
    id: openingTaskId(turnId, index),
    title: clip(escapeText(title), TASK_TITLE_LIMIT),
    status: goesOn ? 'in_progress' : 'complete',
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
    // Whoever answers chooses this id, and nobody has looked at it.
    id: `${turnId}.t.${nameOf([task.id]).slice(0, 26)}`,
    title: clip(titleOf(task), TASK_TITLE_LIMIT),
    status: task.state,
    ...(detail
      ? { details: clip(escapeText(before?.detail ? `\n${detail}` : detail), TASK_DETAIL_LIMIT) }
      : {}),
  };
}

export function markerOf(turnId: string, part: number): Json {
  return { event_type: MARKER_EVENT, event_payload: { turn: turnId, part } };
}

export function statusText(status: string): string {
  return clip(disarmed(status), STATUS_LIMIT);
}

function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${unbroken(text.slice(0, limit - 1))}…`;
}

/** Slack counts after it has escaped: a `>` that was left for a quote takes four bytes. */
export function clipBytes(text: string, limit: number): string {
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
