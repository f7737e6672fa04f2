export interface LatelyDeps {
  /** No more than so many are remembered, the newest. */
  readonly most: number;
  /** Each is remembered for so long. Milliseconds. */
  readonly keptMs: number;
  /** Milliseconds. */
  readonly now: () => number;
}

type Lately<T> = ReturnType<typeof createLately<T>>;

/** What this process has learnt lately, by name. It never grows without bound, whatever comes in. */
export function createLately<T>({ most, keptMs, now }: LatelyDeps) {
  /** In the order in which they came, so that the first one is always the next to go. */
  const kept = new Map<string, { readonly value: T; readonly until: number }>();

  return {
    /** Undefined: not known, or not any more. */
    get(name: string): T | undefined {
      const found = kept.get(name);
      return found && found.until > now() ? found.value : undefined;
    },

    /** It is remembered from now on, also where it was known. */
    set(name: string, value: T): void {
      const at = now();
      kept.delete(name);
      kept.set(name, { value, until: at + keptMs });
      for (const [oldest, { until }] of kept) {
        if (until > at && kept.size <= most) return;
        kept.delete(oldest);
      }
    },

    /** Forgets it, if it is still this one. */
    drop(name: string, value: T): void {
      if (kept.get(name)?.value === value) kept.delete(name);
    },

    clear(): void {
      kept.clear();
    },
  };
}

/** What is being asked, or was asked lately: once, however many want to know. What failed is asked again; whoever waits for it hears of the failure. */
export function askedLately<T>(lately: Lately<Promise<T>>, name: string, ask: () => Promise<T>): Promise<T> {
  const known = lately.get(name);
  if (known) return known;
  const asked = ask();
  lately.set(name, asked);
  asked.catch(() => lately.drop(name, asked));
  return asked;
}
