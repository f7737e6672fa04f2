/**
 * How often a call to a platform is repeated whose outcome stays unknown, before the turn is left to a later worker, which
 * counts as a lost one. `outage`: for ten minutes, while the platform is not there. `few`: where it may be this very call that
 * it cannot carry out, or each try may leave a trace.
 */
export const TRIES = { outage: 80, few: 6 } as const;

const WAITS_MS = [250, 500, 1_000, 2_000, 4_000] as const;
const LONGEST_WAIT_MS = 8_000;

/** Before the next try, when so many have failed before this one. Milliseconds. */
export const waitAfterTry = (failedBefore: number): number => WAITS_MS[failedBefore] ?? LONGEST_WAIT_MS;
