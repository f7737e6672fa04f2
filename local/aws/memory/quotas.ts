import { awsError } from '../aws-error.ts';

/** How often a second each operation may be called; what is left out has no limit. */
export interface MemoryQuotas {
  readonly createEventPerAccount?: number;
  /** Of one actor in one session. */
  readonly createEventPerSession?: number;
  /** Of Retrieve… and List…, each by itself. */
  readonly readsPerOperation?: number;
}

/** What AWS gives to every account. */
export const AWS_MEMORY_QUOTAS: MemoryQuotas = {
  createEventPerAccount: 10,
  createEventPerSession: 5,
  readsPerOperation: 30,
};

const WINDOW_MS = 1_000;
const MAX_WINDOWS = 10_000;

export type Gate = ReturnType<typeof createGate>;

/** Counts calls in sliding windows of one second. A call that is refused does not count. */
export function createGate(now: () => number) {
  const windows = new Map<string, number[]>();
  return {
    /** Throws ThrottledException when one of the windows is full; otherwise counts the call in all of them. */
    pass(wanted: readonly (readonly [name: string, limit: number | undefined])[]): void {
      const at = now();
      const open = wanted.flatMap(([name, limit]) => {
        if (limit === undefined) return [];
        const times = (windows.get(name) ?? []).filter((time) => at - time < WINDOW_MS);
        if (times.length >= limit) {
          throw awsError(429, 'ThrottledException', 'The request was denied due to request throttling');
        }
        return [[name, times] as const];
      });
      for (const [name, times] of open) {
        windows.delete(name);
        windows.set(name, [...times, at]);
      }
      const [oldest] = windows.keys();
      if (windows.size > MAX_WINDOWS && oldest !== undefined) windows.delete(oldest);
    },
    clear: () => windows.clear(),
  };
}
