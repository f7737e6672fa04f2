/**
 * Works on what was claimed and keeps it meanwhile. The signal ends the work when the process closes, or when it can no
 * longer be kept.
 */
export async function held(
  keeping: { readonly everyMs: number; readonly keep: () => Promise<unknown>; readonly closing: AbortSignal },
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const lost = new AbortController();
  const timer = setInterval(() => {
    keeping.keep().catch((error: unknown) => lost.abort(error));
  }, keeping.everyMs);
  try {
    await work(AbortSignal.any([keeping.closing, lost.signal]));
  } finally {
    clearInterval(timer);
  }
}
