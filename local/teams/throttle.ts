/** Calls in one thread, and of one bot in all of them. Source: Teams, "Rate limiting for bots". Periods in seconds. */
const LIMITS = [
  { periodS: 1, calls: 7 },
  { periodS: 2, calls: 8 },
  { periodS: 30, calls: 60 },
  { periodS: 3_600, calls: 1_800 },
];
const OF_A_BOT = [{ periodS: 1, calls: 50 }];

/** Seconds to wait, or undefined when a call may go on. A refused call is not counted. */
export function createThrottle(on: boolean, now: () => number) {
  const calls = new Map<string, number[]>();
  const recently = (name: string, at: number) => {
    const recent = (calls.get(name) ?? []).filter((time) => at - time < 3_600_000);
    calls.set(name, recent);
    return recent;
  };
  return (thread: string): number | undefined => {
    if (!on) return undefined;
    const at = now();
    const [ofThread, ofBot] = [recently(`thread ${thread}`, at), recently('bot', at)];
    for (const [recent, limits] of [[ofThread, LIMITS] as const, [ofBot, OF_A_BOT] as const])
      for (const { periodS, calls: most } of limits) {
        const oldest = recent.at(-most);
        if (oldest !== undefined && at - oldest < periodS * 1000)
          return Math.max(1, Math.ceil((oldest + periodS * 1000 - at) / 1000));
      }
    ofThread.push(at);
    ofBot.push(at);
    return undefined;
  };
}
