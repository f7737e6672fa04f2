import type { TurnEnd } from '../../src/turns/states.ts';

/** The states in which a turn is over. The type tells when the backend has others. */
const ENDS: Readonly<Record<TurnEnd, true>> = {
  done: true,
  failed: true,
  stopped: true,
  blocked: true,
  unknown: true,
};

export const hasEnded = (state: string): boolean => state in ENDS;
