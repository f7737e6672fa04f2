import { maskPersonalData } from '../chat/personal-data.ts';
import type { ReplyView } from '../chat/vocabulary.ts';
import type { Invocation } from '../contract/invocation.ts';
import { agentErrorCode, FAILURE_POLICY, type FailureCode } from './failure-policy.ts';
import { type FollowDeps, followRun, heardSoFar } from './follow-run.ts';
import { StopRequested } from './leases.ts';
import { NO_PROGRESS, type Progress } from './progress.ts';
import { decideNext, failureOf, type Interruption } from './recovery-decision.ts';
import type { Outcome, StopReason } from './turn.ts';

export interface AskAgentDeps extends FollowDeps {
  /** Ends the runtime session, so that a run that goes on in it does not block the next question. */
  readonly stopSession: () => Promise<void>;
  readonly canAttach: boolean;
  /** The whole turn may take this long, through all its exchanges. Milliseconds. */
  readonly totalMs: number;
  readonly onInterruption: (interruption: Interruption) => void;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** From 0 up to 1; spreads tries that would otherwise all come at once. */
  readonly random: () => number;
}

/** Waits between tries vary by so much of their length, up and down. */
const JITTER = 0.25;

/** What another worker, which may have begun this turn already, put on record. */
export interface Earlier {
  readonly sawWrite: boolean;
  /** It left a stream open, which only its own words can end. */
  readonly streaming: boolean;
}

/**
 * Asks the agent and follows its answer to the end, through broken connections: it attaches to the run it began,
 * and begins anew only where nothing with effect can have happened.
 */
export async function askAgent(deps: AskAgentDeps, earlier?: Earlier): Promise<Outcome> {
  let progress: Progress = { ...NO_PROGRESS, sawWrite: earlier?.sawWrite ?? false };
  let mode: Invocation['mode'] = earlier && deps.canAttach ? 'attach' : 'start';
  const tries = { start: 0, attach: 0 };
  const total = new AbortController();
  const timer = setTimeout(
    () => total.abort(new DOMException('the turn took too long', 'TimeoutError')),
    deps.totalMs,
  );
  const { signal } = total;
  // Many a turn: `AbortSignal.any` takes ten times the time of these listeners.
  const ends = [deps.signal, deps.stop].map((one) => {
    const follow = () => total.abort(one.reason);
    if (one.aborted) follow();
    else one.addEventListener('abort', follow, { once: true });
    return () => one.removeEventListener('abort', follow);
  });
  try {
    for (;;) {
      if (deps.stop.aborted) {
        const asked = tries.start + tries.attach > 0;
        if (!asked && earlier?.streaming && deps.canAttach) progress = await heardSoFar(deps, progress);
        return await stopped(deps, progress, asked || earlier !== undefined);
      }
      tries[mode] += 1;
      const outcome = await followRun(deps, mode, progress, signal);
      // Tries are counted without progress in between: a long answer may be cut more often.
      if (outcome.progress.lastSeq > progress.lastSeq) tries.attach = 0;
      progress = outcome.progress;
      if (outcome.interruption === undefined) return concluded(progress);
      if (deps.stop.aborted) continue;
      deps.onInterruption(outcome.interruption);
      const step = decideNext(outcome.interruption, {
        canAttach: deps.canAttach,
        mode,
        progress,
        starts: tries.start,
        attaches: tries.attach,
      });
      if (step.do === 'give_up') {
        const reason = failureOf(outcome.interruption);
        if (FAILURE_POLICY[reason].stopsSession) await deps.stopSession();
        return { end: step.end, view: progress.view, notice: step.notice, reason };
      }
      if (step.do === 'start' && step.fresh) progress = NO_PROGRESS;
      mode = step.do;
      await pauseUnlessStopped(deps, step.afterMs * (1 - JITTER + 2 * JITTER * deps.random()));
    }
  } finally {
    clearTimeout(timer);
    for (const end of ends) end();
  }
}

const STOPPED = {
  person: 'stopped_by_person',
  operator: 'stopped_by_operator',
  newer_question: 'stopped_for_newer',
} as const satisfies Record<StopReason, FailureCode>;

/**
 * Ends the run, so that the next question of the session meets none; what was said so far is the answer. Where nobody
 * has begun, the session keeps what it remembers.
 */
async function stopped(deps: AskAgentDeps, progress: Progress, begun: boolean): Promise<Outcome> {
  const { view, sawWrite, gap, lastSeq } = progress;
  if (begun) await deps.stopSession();
  const outcome = stoppedBefore(deps.stop, view);
  // A change that is not known to have ended may have happened or not; so may one that nobody heard of.
  const open = lastSeq === 0 || view.tasks.some((task) => task.state === 'in_progress');
  const changing = gap || (sawWrite && open);
  return changing ? { ...outcome, notice: 'stopped_in_change' } : outcome;
}

/** The end of a turn that somebody stopped. */
export function stoppedBefore(stop: AbortSignal, view: ReplyView): Outcome {
  const reason: unknown = stop.reason;
  return ended(reason instanceof StopRequested ? STOPPED[reason.why] : 'cancelled', view);
}

async function pauseUnlessStopped(deps: AskAgentDeps, ms: number): Promise<void> {
  try {
    await deps.pause(ms, AbortSignal.any([deps.signal, deps.stop]));
  } catch (error) {
    deps.signal.throwIfAborted();
    if (!deps.stop.aborted) throw error;
  }
}

function concluded({ view, error, stop, gap, remark }: Progress): Outcome {
  if (error) {
    const outcome = ended(agentErrorCode(error.code), view);
    return outcome.reason === error.code
      ? outcome
      : { ...outcome, reason: maskPersonalData(`${outcome.reason}: ${error.code}`) };
  }
  if (gap) return ended('events_missing', view);
  switch (stop) {
    case 'limit':
      return ended('length_limit', view);
    case 'guardrail':
      return ended('guardrail', view);
    case 'cancelled':
      return ended('cancelled', view);
    case 'approval':
      return ended('approval', view);
    case 'end':
    case undefined:
      if (view.text.trim() === '' && !view.files?.length) return ended('empty_answer', view);
      return { end: 'done', view, ...(remark ? { notice: remark } : {}), reason: 'answered' };
    default:
      return stop satisfies never;
  }
}

/** How a turn ends after this failure. */
export function ended(code: FailureCode, view: ReplyView): Outcome {
  const { end, notice } = FAILURE_POLICY[code];
  return { end, view, ...(notice ? { notice } : {}), reason: code };
}
