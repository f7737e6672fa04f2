const FIRST_AGAIN_MS = 1_000;
const LONGEST_AGAIN_MS = 10 * 60_000;

/** When an erasure that failed is taken up again. Milliseconds. Pure. */
export const againAfter = (tries: number): number =>
  Math.min(LONGEST_AGAIN_MS, FIRST_AGAIN_MS * 2 ** Math.min(tries - 1, 20));
