import { isEnd, TURN_STATES } from '../../src/turns/states.ts';

const ENDS: ReadonlySet<string> = new Set(TURN_STATES.filter(isEnd));

/** Whether a turn in this state is over. */
export const hasEnded = (state: string): boolean => ENDS.has(state);
