import type { Guardrail } from './client.ts';
import { unavailable, type Verdict } from './verdict.ts';

/** For what can be done without. Milliseconds. */
export interface Haste {
  /** So long is waited for all of it. What was not checked by then is not checked. */
  readonly withinMs: number;
  /** How long the calls of others may have to wait for one of these, in the quota that all processes share. */
  readonly mostAheadMs: number;
}

export interface BoundedCheckDeps {
  readonly check: Guardrail['check'];
  /** Calls back after so many milliseconds; answers how to take that back. */
  readonly after: (ms: number, run: () => void) => () => void;
}

/** Many texts of one turn leave room in the quota for the others. */
const MOST_CALLS = 8;

const TOO_LATE = 'it was not checked in time';

/** A check for many texts at once: a few calls at a time, the others in the order in which they came. */
export function createBoundedCheck(deps: BoundedCheckDeps, haste?: Haste) {
  const late = new AbortController();
  const overdue = Promise.withResolvers<Verdict>();
  const waiting: (() => void)[] = [];
  let free = MOST_CALLS;

  const cancel =
    haste &&
    deps.after(haste.withinMs, () => {
      late.abort(new Error(TOO_LATE));
      overdue.resolve(unavailable(TOO_LATE));
    });

  async function enter(): Promise<void> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function leave(): void {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }

  const check: Guardrail['check'] = async (source, texts, signal, more) => {
    await enter();
    try {
      const ends = AbortSignal.any([signal, late.signal]);
      if (ends.aborted) return unavailable(TOO_LATE);
      const asked = deps.check(source, texts, ends, { ...more, mostAheadMs: haste?.mostAheadMs });
      return await Promise.race([asked, overdue.promise]);
    } finally {
      leave();
    }
  };

  return {
    check,
    /** Nothing more is checked. */
    close: () => cancel?.(),
  };
}
