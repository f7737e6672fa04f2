import type { NoticeCode } from '../chat/vocabulary.ts';
import { FAILURE_POLICY, type FailureCode, type RefusalCode } from './failure-policy.ts';
import type { Progress } from './progress.ts';
import type { TurnEnd } from './states.ts';

/** Why an exchange with the agent ended before its `end` event. */
export type Interruption =
  /** The invocation failed. `started: no` means that the agent has surely not begun. */
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly started: 'no' | 'maybe' }
  /** The stream closed or broke in the middle. */
  | { readonly kind: 'cut' }
  /** The agent process does not know the turn we wanted to attach to. */
  | { readonly kind: 'turn_unknown' }
  /** Another turn runs in the same session. */
  | { readonly kind: 'session_busy' }
  | { readonly kind: 'deadline' };

export interface Situation {
  /** Only our own protocol can attach; a generic agent is never invoked twice for one turn. */
  readonly canAttach: boolean;
  /** What the interrupted exchange was. One that wanted to attach may have a run behind it, whatever it was answered. */
  readonly mode: 'start' | 'attach';
  readonly progress: Pick<Progress, 'sawWrite' | 'gap'>;
  /** Starts and attaches made in this run so far. */
  readonly starts: number;
  readonly attaches: number;
}

export type NextStep =
  /** `fresh`: what was received so far is void, the answer begins anew. */
  | { readonly do: 'start'; readonly afterMs: number; readonly fresh: boolean }
  | { readonly do: 'attach'; readonly afterMs: number }
  | { readonly do: 'give_up'; readonly end: TurnEnd; readonly notice: NoticeCode };

/** The line of `FAILURE_POLICY` that an interruption stands for. */
export function failureOf(interruption: Interruption): FailureCode {
  return interruption.kind === 'refused' ? interruption.code : interruption.kind;
}

/**
 * What to do after an interruption, by `FAILURE_POLICY`. Pure; waits get their jitter from the caller.
 *
 * The rule behind all cases: a run that may have begun is only ever attached to, until the agent says that it does not
 * know it; and then it is begun anew only if nothing with effect can have happened.
 */
export function decideNext(interruption: Interruption, situation: Situation): NextStep {
  switch (interruption.kind) {
    case 'deadline':
      return giveUp('deadline', situation);
    case 'session_busy':
      return situation.mode === 'start'
        ? startAgain('session_busy', situation)
        : attachAgain('session_busy', situation);
    case 'turn_unknown':
      if (situation.progress.sawWrite || situation.progress.gap) return OUTCOME_UNKNOWN;
      // Only our own protocol says this; from any other agent it proves nothing.
      if (!situation.canAttach) return giveUp('turn_unknown', situation);
      return startAgain('turn_unknown', situation, true);
    case 'cut':
      return attachAgain('cut', situation);
    case 'refused':
      if (interruption.started === 'maybe') return attachAgain(interruption.code, situation);
      if (FAILURE_POLICY[interruption.code].startAfterMs.length === 0)
        return giveUp(interruption.code, situation);
      // It surely did not begin now, but the run that is looked for may have begun before.
      return situation.mode === 'attach'
        ? attachAgain(interruption.code, situation, FAILURE_POLICY.cut.attachAfterMs)
        : startAgain(interruption.code, situation);
    default:
      return interruption satisfies never;
  }
}

function startAgain(code: FailureCode, situation: Situation, fresh = false): NextStep {
  const afterMs =
    FAILURE_POLICY[code].startAfterMs[situation.starts - 1] ?? (situation.starts === 0 ? 0 : undefined);
  if (afterMs === undefined) return giveUp(code, situation);
  return { do: 'start', afterMs, fresh };
}

function attachAgain(
  code: FailureCode,
  situation: Situation,
  waits = FAILURE_POLICY[code].attachAfterMs,
): NextStep {
  const afterMs = waits[situation.attaches];
  if (!situation.canAttach || afterMs === undefined) return giveUp(code, situation);
  return { do: 'attach', afterMs };
}

const OUTCOME_UNKNOWN: NextStep = { do: 'give_up', end: 'unknown', notice: 'outcome_unknown' };

/** After a change was begun, no other notice is safe: most of them offer to ask again. */
function giveUp(code: FailureCode, situation: Situation): NextStep {
  if (situation.progress.sawWrite) return OUTCOME_UNKNOWN;
  const { end, notice = 'internal' } = FAILURE_POLICY[code];
  return { do: 'give_up', end, notice };
}
