import type { NoticeCode } from '../chat/vocabulary.ts';
import type { Progress } from './progress.ts';
import type { TurnEnd } from './turn.ts';

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

export type RefusalCode =
  | 'agent_unreachable'
  | 'agent_throttled'
  | 'agent_quota'
  | 'agent_denied'
  | 'agent_not_found'
  | 'agent_conflict'
  | 'agent_invalid'
  | 'agent_failed'
  | 'agent_internal'
  | 'agent_timeout'
  | 'agent_cancelled'
  | 'agent_protocol';

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

const START_BACKOFF_MS = [500, 1_500, 4_000] as const;
const ATTACH_BACKOFF_MS = [200, 1_000, 3_000] as const;
/** A refusal that says the agent itself failed rarely mends: one look whether it runs after all, no more. */
const ATTACH_AFTER_FAILURE = 1;

/**
 * What to do after an interruption. Pure; back-off gets its jitter from the caller.
 *
 * The rule behind all cases: a run that may have begun is only ever attached to, until the agent says that it does not
 * know it; and then it is begun anew only if nothing with effect can have happened.
 */
export function decideNext(interruption: Interruption, situation: Situation): NextStep {
  switch (interruption.kind) {
    case 'deadline':
      return giveUp(situation, 'agent_timeout');
    case 'session_busy':
      return situation.mode === 'start'
        ? startAgain(situation, 'agent_busy')
        : attachAgain(situation, ATTACH_BACKOFF_MS.length, 'agent_busy');
    case 'turn_unknown':
      if (situation.progress.sawWrite || situation.progress.gap) return OUTCOME_UNKNOWN;
      // Only our own protocol says this; from any other agent it proves nothing.
      if (!situation.canAttach) return giveUp(situation, 'agent_cut_off');
      return startAgain(situation, 'agent_cut_off', true);
    case 'cut':
      return attachAgain(situation, ATTACH_BACKOFF_MS.length, 'agent_cut_off');
    case 'refused':
      return afterRefusal(interruption, situation);
    default:
      return interruption satisfies never;
  }
}

function afterRefusal(refusal: Extract<Interruption, { kind: 'refused' }>, situation: Situation): NextStep {
  const notice = REFUSAL_NOTICE[refusal.code];
  if (refusal.started === 'no') {
    if (!PASSING.has(refusal.code)) return giveUp(situation, notice);
    if (situation.mode === 'attach') return attachAgain(situation, ATTACH_BACKOFF_MS.length, notice);
    return startAgain(situation, notice);
  }
  const limit = refusal.code === 'agent_unreachable' ? ATTACH_BACKOFF_MS.length : ATTACH_AFTER_FAILURE;
  return attachAgain(situation, limit, notice);
}

function startAgain(situation: Situation, notice: NoticeCode, fresh = false): NextStep {
  const afterMs = START_BACKOFF_MS[situation.starts - 1] ?? (situation.starts === 0 ? 0 : undefined);
  if (afterMs === undefined) return giveUp(situation, notice);
  return { do: 'start', afterMs, fresh };
}

function attachAgain(situation: Situation, limit: number, notice: NoticeCode): NextStep {
  const afterMs = ATTACH_BACKOFF_MS[situation.attaches];
  if (!situation.canAttach || situation.attaches >= limit || afterMs === undefined) {
    return giveUp(situation, notice);
  }
  return { do: 'attach', afterMs };
}

const OUTCOME_UNKNOWN: NextStep = { do: 'give_up', end: 'unknown', notice: 'outcome_unknown' };

/** After a change was begun, no other notice is safe: most of them offer to ask again. */
function giveUp(situation: Situation, notice: NoticeCode): NextStep {
  return situation.progress.sawWrite ? OUTCOME_UNKNOWN : { do: 'give_up', end: 'failed', notice };
}

/** Refusals that pass by themselves. */
const PASSING: ReadonlySet<RefusalCode> = new Set(['agent_unreachable', 'agent_throttled', 'agent_conflict']);

const REFUSAL_NOTICE: Record<RefusalCode, NoticeCode> = {
  agent_unreachable: 'agent_unreachable',
  agent_throttled: 'agent_busy',
  agent_quota: 'agent_busy',
  agent_denied: 'agent_misconfigured',
  agent_not_found: 'agent_misconfigured',
  agent_conflict: 'agent_busy',
  agent_invalid: 'agent_misconfigured',
  agent_failed: 'agent_failed',
  agent_internal: 'agent_failed',
  agent_timeout: 'agent_timeout',
  agent_cancelled: 'stopped',
  agent_protocol: 'agent_failed',
};
