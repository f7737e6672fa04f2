import type { NoticeCode, ReplyView } from '../chat/vocabulary.ts';
import { type AgentEvent, TURN_UNKNOWN } from '../contract/events.ts';
import type { Invocation } from '../contract/invocation.ts';
import { advance, NO_PROGRESS, type Progress } from './progress.ts';
import { decideNext, type Interruption } from './recovery-decision.ts';
import type { TurnEnd } from './turn.ts';

export interface Exchange {
  readonly mode: 'start' | 'attach';
  readonly afterSeq: number;
  readonly signal: AbortSignal;
}

/** One invocation, decoded. Failures before or within the stream are thrown. */
export type OpenExchange = (exchange: Exchange) => AsyncIterable<AgentEvent>;

export interface AskAgentDeps {
  readonly open: OpenExchange;
  /** Translates a thrown error; undefined for one that is not the agent's (a bug, or a lost lane): it is thrown on. */
  readonly interruptionOf: (error: unknown) => Interruption | undefined;
  /** Ends the runtime session of a run that went silent, so that it does not block the next question. */
  readonly stopSession: () => Promise<void>;
  readonly canAttach: boolean;
  /** The whole turn may take this long, through all its exchanges. */
  readonly totalMs: number;
  readonly signal: AbortSignal;
  readonly onView: (view: ReplyView) => void;
  /** Before a tool that changes things is shown as started. */
  readonly onWrite: () => Promise<void>;
  readonly onInterruption: (interruption: Interruption) => void;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface Answer {
  readonly end: TurnEnd;
  readonly view: ReplyView;
  readonly notice?: NoticeCode;
  /** For the operator: why the turn ended as it did. */
  readonly reason: string;
}

/**
 * Asks the agent and follows its answer to the end, through broken connections: it attaches to the run it began,
 * and begins anew only where nothing with effect can have happened.
 *
 * `earlier`: another worker may have begun this turn already, and this is what it put on record.
 */
export async function askAgent(
  deps: AskAgentDeps,
  earlier?: { readonly sawWrite: boolean },
): Promise<Answer> {
  let progress: Progress = { ...NO_PROGRESS, sawWrite: earlier?.sawWrite ?? false };
  let mode: Invocation['mode'] = earlier && deps.canAttach ? 'attach' : 'start';
  const tries = { start: 0, attach: 0 };
  const total = new AbortController();
  const timer = setTimeout(
    () => total.abort(new DOMException('the turn took too long', 'TimeoutError')),
    deps.totalMs,
  );
  const signal = AbortSignal.any([deps.signal, total.signal]);
  try {
    for (;;) {
      tries[mode] += 1;
      const outcome = await follow(deps, mode, progress, signal);
      // Tries are counted without progress in between: a long answer may be cut more often.
      if (outcome.progress.lastSeq > progress.lastSeq) tries.attach = 0;
      progress = outcome.progress;
      if (outcome.interruption === undefined) return concluded(progress);
      deps.onInterruption(outcome.interruption);
      const step = decideNext(outcome.interruption, {
        canAttach: deps.canAttach,
        mode,
        progress,
        starts: tries.start,
        attaches: tries.attach,
      });
      if (step.do === 'give_up') {
        if (outcome.interruption.kind === 'deadline') await deps.stopSession();
        return {
          end: step.end,
          view: progress.view,
          notice: step.notice,
          reason: reasonOf(outcome.interruption),
        };
      }
      if (step.do === 'start' && step.fresh) progress = NO_PROGRESS;
      mode = step.do;
      await deps.pause(step.afterMs, deps.signal);
    }
  } finally {
    clearTimeout(timer);
  }
}

interface Followed {
  readonly progress: Progress;
  readonly interruption?: Interruption;
}

async function follow(
  deps: AskAgentDeps,
  mode: Invocation['mode'],
  from: Progress,
  signal: AbortSignal,
): Promise<Followed> {
  let progress = from;
  try {
    const events = deps.open({ mode, afterSeq: from.lastSeq, signal });
    for await (const event of events) {
      signal.throwIfAborted();
      const refusal = event.type === 'error' ? refusalOf(event.code) : undefined;
      if (refusal) return { progress, interruption: refusal };
      const before = progress;
      progress = advance(progress, event);
      if (progress.sawWrite && !before.sawWrite) await deps.onWrite();
      if (progress.view !== before.view) deps.onView(progress.view);
      if (progress.stop !== undefined) return { progress };
    }
    signal.throwIfAborted();
    // An error event without an end is an answer too: waiting for more would show the person nothing.
    return progress.error ? { progress } : { progress, interruption: { kind: 'cut' } };
  } catch (error) {
    deps.signal.throwIfAborted();
    if (signal.aborted) return { progress, interruption: { kind: 'deadline' } };
    const interruption = deps.interruptionOf(error);
    if (interruption === undefined) throw error;
    return { progress, interruption };
  }
}

/** Error codes of our protocol that speak about the run itself, not about the answer. */
function refusalOf(code: string): Interruption | undefined {
  if (code === TURN_UNKNOWN) return { kind: 'turn_unknown' };
  if (code === 'session_busy') return { kind: 'session_busy' };
  return undefined;
}

function concluded(progress: Progress): Answer {
  const { view, error, stop } = progress;
  if (error)
    return { end: 'failed', view, notice: noticeOf(error.code), reason: `agent error: ${error.code}` };
  if (progress.gap) {
    return {
      end: 'unknown',
      view,
      notice: 'outcome_unknown',
      reason: 'events are missing',
    };
  }
  switch (stop) {
    case 'limit':
      return { end: 'done', view, notice: 'answer_limited', reason: 'length limit' };
    case 'guardrail':
      return { end: 'blocked', view, notice: 'answer_blocked', reason: 'guardrail of the model' };
    case 'cancelled':
      return { end: 'stopped', view, notice: 'stopped', reason: 'cancelled by the agent' };
    case 'approval':
      return { end: 'failed', view, notice: 'approval_unsupported', reason: 'approval asked for' };
    case 'end':
    case undefined:
      if (view.text.trim() === '' && !view.files?.length)
        return { end: 'failed', view, notice: 'agent_failed', reason: 'empty answer' };
      return { end: 'done', view, reason: 'answered' };
    default:
      return stop satisfies never;
  }
}

function noticeOf(code: string): NoticeCode {
  switch (code) {
    case 'model_throttled':
      return 'agent_busy';
    case 'model_auth':
      return 'agent_misconfigured';
    case 'model_unavailable':
      return 'agent_unreachable';
    default:
      return 'agent_failed';
  }
}

function reasonOf(interruption: Interruption): string {
  return interruption.kind === 'refused' ? interruption.code : interruption.kind;
}
