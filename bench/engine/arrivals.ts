/** When things arrive that wait for nobody: an open loop. */

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
