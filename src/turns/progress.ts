import type { NoticeCode, ReplyFile, ReplyTask, ReplyView } from '../chat/vocabulary.ts';
import { EMPTY_VIEW } from '../chat/vocabulary.ts';
import { type AgentEvent, MEMORY_UNAVAILABLE } from '../contract/events.ts';
import type { TurnEnd } from './states.ts';

type EndEvent = Extract<AgentEvent, { type: 'end' }>;
type ErrorEvent = Extract<AgentEvent, { type: 'error' }>;

/** What is known of a turn's run after some of its events. */
export interface Progress {
  readonly view: ReplyView;
  readonly lastSeq: number;
  /** A tool that changes things has been started, or was seen to end. */
  readonly sawWrite: boolean;
  /** Events are missing in between: what is shown cannot be trusted to be the whole answer. */
  readonly gap: boolean;
  /** The first half of a character, whose other half has not come yet. */
  readonly half: string;
  readonly error?: Pick<ErrorEvent, 'code' | 'message' | 'retryable'>;
  readonly stop?: EndEvent['stop'];
  /** What a complete answer closes with. */
  readonly remark?: NoticeCode;
}

export const NO_PROGRESS: Progress = {
  view: EMPTY_VIEW,
  lastSeq: 0,
  sawWrite: false,
  gap: false,
  half: '',
};

/** Adds one event. Events already seen (a replay after attach) change nothing. What is to be shown has whole characters only. */
export function advance(progress: Progress, event: AgentEvent): Progress {
  if (event.seq <= progress.lastSeq) return progress;
  const next: Progress = {
    ...progress,
    lastSeq: event.seq,
    gap: progress.gap || event.seq !== progress.lastSeq + 1,
  };
  const { view } = next;
  switch (event.type) {
    case 'status':
      return { ...next, view: { ...view, status: event.text.toWellFormed() } };
    case 'text': {
      const words = progress.half + event.text;
      const half = /[\ud800-\udbff]$/.exec(words)?.[0] ?? '';
      const whole = words.slice(0, words.length - half.length).toWellFormed();
      return { ...next, half, view: { ...view, text: view.text + whole } };
    }
    case 'tool':
      return {
        ...next,
        sawWrite: next.sawWrite || event.effect === 'write',
        view: { ...view, tasks: withTask(view.tasks, toolTask(event)) },
      };
    case 'file':
      return { ...next, view: { ...view, files: withFile(view.files ?? [], event) } };
    case 'error':
      return { ...next, error: { code: event.code, message: event.message, retryable: event.retryable } };
    case 'end':
      return { ...next, stop: event.stop };
    case 'notice':
      return event.code === MEMORY_UNAVAILABLE ? { ...next, remark: 'memory_unavailable' } : next;
    case 'approval':
    case 'usage':
      return next;
    default:
      return event satisfies never;
  }
}

/** The steps of an ended turn: none goes on spinning. */
export function closeTasks(view: ReplyView, end: TurnEnd): ReplyView {
  const open = (task: ReplyTask) => task.state === 'in_progress' || task.state === 'pending';
  if (!view.tasks.some(open)) return view;
  const state = end === 'done' ? 'complete' : 'error';
  return { ...view, tasks: view.tasks.map((task) => (open(task) ? { ...task, state } : task)) };
}

function toolTask(event: Extract<AgentEvent, { type: 'tool' }>): ReplyTask {
  const states = { started: 'in_progress', finished: 'complete', failed: 'error' } as const;
  const detail = event.detail === undefined ? {} : { detail: event.detail.toWellFormed() };
  return { id: event.id, title: event.title.toWellFormed(), state: states[event.state], ...detail };
}

/** Nobody is sent more files than these; of the others only the names are kept. */
const KEPT_FILES = 10;

function withFile(
  files: readonly ReplyFile[],
  { name, mediaType, base64, title, alt }: Extract<AgentEvent, { type: 'file' }>,
): ReplyFile[] {
  return [...files, { name, mediaType, base64: files.length < KEPT_FILES ? base64 : '', title, alt }];
}

function withTask(tasks: readonly ReplyTask[], task: ReplyTask): ReplyTask[] {
  const known = tasks.some((t) => t.id === task.id);
  return known ? tasks.map((t) => (t.id === task.id ? task : t)) : [...tasks, task];
}
