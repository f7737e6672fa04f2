import { failpoint } from './failpoints.ts';
import type { Member } from './member.ts';
import type { Fate, Passage } from './passage.ts';
import type { HarmStep, Step } from './steps.ts';

export interface Traps {
  /** From now on passages count. */
  arm(): void;
  /** What becomes of a passage; where a step was waiting for it, its harm is done. */
  decide(member: Member, passage: Passage): Fate;
}

/** How a turn is named in what passes. */
const TURN = /turn-[a-z0-9]{15,}/;

/**
 * Waits for the moments of a schedule. `spring` does the harm and answers what becomes of the passage; undefined when
 * the member was down already, and the trap stays set.
 */
export function setTraps(
  steps: readonly Step[],
  spring: (step: HarmStep, member: Member) => Fate | undefined,
): Traps {
  const traps = steps.flatMap((step) =>
    'at' in step
      ? [{ step, point: failpoint(step.at), before: step.nth - 1, left: step.times, turn: '' }]
      : [],
  );
  let armed = false;

  return {
    arm() {
      armed = true;
    },
    decide(member, passage) {
      if (!armed) return 'pass';
      for (const trap of traps) {
        const { point, step } = trap;
        if (trap.left === 0 || point.member !== member.role || !point.matches(passage)) continue;
        if (trap.before > 0) {
          trap.before -= 1;
          continue;
        }
        const turn = TURN.exec(passage.request ?? passage.text)?.[0] ?? '';
        if (trap.turn !== '' && turn !== trap.turn) continue;
        const fate = spring(step, member);
        if (fate === undefined) continue;
        trap.left -= 1;
        trap.turn = turn;
        return fate;
      }
      return 'pass';
    },
  };
}
