/** Calls in one thread. Source: Teams, "Rate limiting for bots", send to conversation. Periods in seconds. */
const LIMITS = [
  { periodS: 1, calls: 7 },
  { periodS: 2, calls: 8 },
  { periodS: 30, calls: 60 },
  { periodS: 3_600, calls: 1_800 },
] as const;

/** Seconds to wait, or undefined when a call may go on. A refused call is not counted. */
export function createThrottle(on: boolean, now: () => number) {
  const calls = new Map<string, number[]>();
  return (thread: string): number | undefined => {
    if (!on) return undefined;
    const at = now();
    const recent = (calls.get(thread) ?? []).filter((time) => at - time < 3_600_000);
    calls.set(thread, recent);
    for (const { periodS, calls: most } of LIMITS) {
      const oldest = recent.at(-most);
      if (oldest !== undefined && at - oldest < periodS * 1000)
        return Math.max(1, Math.ceil((oldest + periodS * 1000 - at) / 1000));
    }
    recent.push(at);
    return undefined;
  };
}
