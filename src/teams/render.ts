import type { ReplyNotice, ReplyTask, ReplyView } from '../chat/vocabulary.ts';
import { attached, type Json, retryCard, stopCard, withheldCard } from './cards.ts';
import { type Citation, citationsOf, claimOf } from './citations.ts';
import type { FileChoice, Picture } from './pictures.ts';
import { splitText } from './split.ts';
import { suggestionsFor } from './suggestions.ts';
import { liftTables, type Table, tableCard, tableWords } from './tables.ts';
import { escapeText, plainText } from './text.ts';

/** One message of the reply. */
export interface PartView {
  /** The agent's words, safe for Teams. */
  readonly text: string;
  /** What goes on; for the time before there are words. Plain. */
  readonly status: string;
  readonly tasks: readonly ReplyTask[];
  readonly notice?: ReplyNotice;
  /** What else the reader has to know. Plain. */
  readonly remarks?: readonly string[];
  readonly pictures?: readonly Picture[];
  /** Those that the words only name. */
  readonly tables?: readonly Table[];
  /** What the answer refers to. */
  readonly citations?: readonly Citation[];
  /** Offer what can be said next. */
  readonly suggest?: true;
  /** Ask what the reader thinks of the answer, with Teams' own thumbs. */
  readonly feedback?: true;
  /** It takes a while. Comes with a Stop button. */
  readonly long?: true;
}

/** Source: Teams, "Stream bot messages": informative updates have 1,000 characters at most. */
const STATUS_LIMIT = 1_000;
const TASKS_LIMIT = 1_500;
const TITLE_LIMIT = 150;
const WORKING = 'Working on it…';

/** What a view does not say itself. */
export interface Ending {
  readonly files?: FileChoice;
  /** In a personal chat, where what is suggested is said by whom it is suggested to. */
  readonly direct?: boolean;
  /** In smaller messages. */
  readonly small?: boolean;
}

/** Of a message, pictures apart. Teams takes 28 KB, and the end of a stream names the stream besides. */
const ROOM_BYTES = 27_000;
/** Of a message, where Teams has not taken what should have fitted: it counts differently, or now takes less. */
const SMALL = 0.4;
const NO_FILES: FileChoice = { pictures: [], remarks: [] };

/**
 * Cuts a view into messages. Steps, the closing notice and remarks stand below the last words: a stream takes nothing
 * back, so that whatever is added comes behind.
 */
export function partsOf(view: ReplyView, done: boolean, ending: Ending = {}): PartView[] {
  const { pictures, remarks } = ending.files ?? NO_FILES;
  const sources = done ? citationsOf(view.text) : undefined;
  const below = [...(sources?.line ? [sources.line] : []), ...remarks];
  const { text: words, tables } = liftTables(view.text, done);
  const share = ending.small ? SMALL : 1;
  const pieces = splitText(escapeText(words), share);
  const parts = pieces.map(({ text }, i) => {
    const last = i === pieces.length - 1;
    return {
      text,
      status: standingAlone(view.status ?? ''),
      tasks: last ? view.tasks : [],
      ...(last && view.notice ? { notice: view.notice } : {}),
      ...(last && below.length > 0 ? { remarks: below } : {}),
      ...(last && pictures.length > 0 ? { pictures } : {}),
      ...(last && done && tables.length > 0 ? { tables } : {}),
      ...(last && sources && sources.list.length > 0 ? { citations: sources.list } : {}),
      ...(last && done && ending.direct ? { suggest: true } : {}),
      ...(last && view.feedback && done ? { feedback: true } : {}),
      ...(last && view.long && !done ? { long: true } : {}),
    } satisfies PartView;
  });
  return done ? parts.flatMap((part) => fitting(part, ROOM_BYTES * share)) : parts;
}

/** What does not fit below the last words stands in messages of its own: each table, and then the rest. */
function fitting(part: PartView, room: number): PartView[] {
  if (bytesOf(part) <= room) return [part];
  const { text, status, tables = [], feedback, ...rest } = part;
  const below = { ...rest, text: '', status };
  const parts: PartView[] = [
    ...(text === '' ? [] : [{ text, status, tasks: [] }]),
    ...tables.map((table) => ({ text: '', status, tasks: [], tables: [table] })),
    ...(isBlank(below) ? [] : [below]),
  ];
  return parts.map((one, i) => (feedback && i === parts.length - 1 ? { ...one, feedback } : one));
}

const bytesOf = ({ pictures: _pictures, ...part }: PartView): number =>
  Buffer.byteLength(JSON.stringify(messageOf(part, ANY_TURN)));

const ANY_TURN = 'x'.repeat(40);

export const isBlank = ({ text, tasks, notice, remarks, long, ...part }: PartView): boolean =>
  text.trim() === '' && tasks.length === 0 && !notice && !remarks?.length && !long && !hasMore(part);

/** What the agent has said besides its words. */
const hasMore = ({ pictures, tables }: Pick<PartView, 'pictures' | 'tables'>): boolean =>
  pictures !== undefined || tables !== undefined;

/** What we say of our own work is worded to follow the bot's name, as Slack shows it; Teams shows it by itself. */
const standingAlone = (status: string): string =>
  status.replace(/^is (?=(?:think|work)ing\b)./, (own) => own.slice(3).toUpperCase());

/** What a stream says before there are words. */
export function statusOf({ status, tasks }: PartView): string {
  const running = tasks.findLast(({ state }) => state === 'in_progress');
  return clip(plainText(status || (running && titleOf(running)) || 'Thinking…'), STATUS_LIMIT);
}

/** A whole message. `done`: no step of it will move any more. */
export function messageOf(part: PartView, turnId: string): Json {
  const { notice, remarks = [], pictures = [], tables = [], tasks, long, status } = part;
  const cards = [
    ...(notice?.retry ? [retryCard(turnId)] : []),
    ...(notice?.code === 'answer_blocked' || notice?.code === 'question_blocked'
      ? [withheldCard(turnId)]
      : []),
    ...(long ? [stopCard(turnId, status)] : []),
  ];
  const suggestions = part.suggest && suggestionsFor(notice?.code);
  const attachments = [...tables.map(tableCard), ...pictures.map(inline), ...cards.map(attached)];
  const below = [taskLine(tasks), escapeText(notice?.text ?? ''), ...remarks.map(escapeText)];
  const text = joined(
    part.text,
    below.filter((words) => words !== ''),
  );
  return {
    type: 'message',
    textFormat: 'markdown',
    text: text.trim() === '' && !hasMore(part) ? WORKING : text,
    ...(attachments.length > 0 ? { attachments } : {}),
    ...(part.text.trim() === '' && !part.citations && !part.tables ? {} : { entities: [labelOf(part)] }),
    ...(suggestions ? { suggestedActions: suggestions } : {}),
    ...(part.feedback ? { channelData: { feedbackLoop: { type: 'default' } } } : {}),
  };
}

/** All that it says in words, for where Teams does not take it as it is meant to look. */
export function wordsOf({ text, status, tasks, notice, remarks, tables = [] }: PartView): Json {
  const words = [text, ...tables.map((table) => escapeText(tableWords(table)))].filter((one) => one !== '');
  const bare: PartView = {
    text: words.join('\n\n'),
    status,
    tasks,
    ...(notice ? { notice } : {}),
    ...(remarks ? { remarks } : {}),
  };
  const { attachments: _cards, ...message } = messageOf(bare, '');
  return message;
}

/** Source: Teams, "Send and receive inline images". */
const inline = ({ name, mediaType, base64 }: Picture): Json => ({
  contentType: mediaType,
  contentUrl: `data:${mediaType};base64,${base64}`,
  name,
});

/** More of a stream. `streamId` undefined: its beginning. */
export function streamChunk(
  part: PartView,
  stream: { readonly id: string | undefined; readonly sequence: number },
): Json {
  // Many an answer begins with empty lines, and a while may pass until its first word.
  const informative = part.text.trim() === '';
  return {
    type: 'typing',
    text: informative ? statusOf(part) : part.text,
    textFormat: 'markdown',
    entities: [
      {
        type: 'streaminfo',
        ...(stream.id === undefined ? {} : { streamId: stream.id }),
        streamType: informative ? 'informative' : 'streaming',
        streamSequence: stream.sequence,
      },
    ],
  };
}

/** The end of a stream: an ordinary message, that names the stream it takes the place of. */
export function streamEnd(message: Json, streamId: string): Json {
  const labels = Array.isArray(message.entities) ? (message.entities as Json[]) : [];
  return { ...message, entities: [{ type: 'streaminfo', streamId, streamType: 'final' }, ...labels] };
}

/** Source: Teams, "Bot messages with AI-generated content". */
const AI_GENERATED: Json = {
  type: 'https://schema.org/Message',
  '@type': 'Message',
  '@context': 'https://schema.org',
  '@id': '',
  additionalType: ['AIGeneratedContent'],
};

const labelOf = ({ citations }: PartView): Json =>
  citations ? { ...AI_GENERATED, citation: citations.map(claimOf) } : AI_GENERATED;

/** A block of code or a list that is still open must not swallow what stands below. */
function joined(text: string, below: readonly string[]): string {
  if (below.length === 0) return text;
  if (text.trim() === '') return below.join('\n\n');
  const open = openFence(text);
  const end = open === undefined ? '' : `${text.endsWith('\n') ? '' : '\n'}${open}`;
  return `${text}${end}\n\n---\n\n${below.join('\n\n')}`;
}

/** The mark of a block of code that was never closed. */
function openFence(text: string): string | undefined {
  let open: string | undefined;
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark === undefined) continue;
    if (open === undefined) open = mark;
    else if (mark.startsWith(open) && line.trim() === mark) open = undefined;
  }
  return open;
}

const TASK_MARKS: Record<ReplyTask['state'], string> = {
  pending: '○',
  in_progress: '…',
  complete: '✓',
  error: '✗',
};

function taskLine(tasks: readonly ReplyTask[]): string {
  return clip(
    tasks.map((task) => `${TASK_MARKS[task.state]} ${escapeText(titleOf(task))}`).join(' · '),
    TASKS_LIMIT,
  );
}

const titleOf = ({ title }: ReplyTask): string =>
  clip(title.replaceAll(/\s+/g, ' ').trim() || 'Step', TITLE_LIMIT);

function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
