/** When things arrive that wait for nobody: an open loop. */

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` arrivals at `perSecond` on average, as of people who know nothing of each other (Poisson). Milliseconds. */
export function arrivals(count: number, perSecond: number, random: () => number): number[] {
  let at = 0;
  return Array.from({ length: count }, () => {
    at += (-Math.log(1 - random()) * 1000) / perSecond;
    return at;
  });
}

/** Begins `work` for each offset when its time has come, whatever became of the others. */
export async function onArrival<T>(
  offsetsMs: readonly number[],
  work: (index: number) => Promise<T>,
): Promise<T[]> {
  const startedAt = performance.now();
  return Promise.all(
    offsetsMs.map(async (offset, i) => {
      await new Promise((resolve) =>
        setTimeout(resolve, Math.max(0, startedAt + offset - performance.now())),
      );
      return work(i);
    }),
  );
}

/** Runs `work` for 0 … count − 1, at most `atOnce` at a time. */
export async function pooled(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}
