import type { ReplayLimits } from './replay-buffer.ts';
import { createRun, type Run } from './run.ts';

/** What a run does. Events go to `run`; `end` is added when the work did not publish one. */
export type Work = (run: Run) => Promise<void>;

export interface RunLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Runs {
  /**
   * Begins a run that no HTTP connection owns. A turn that is known is not begun again: its run is returned as it
   * is. `busy` when another turn of the same session is at work.
   */
  start(
    id: { readonly sessionId: string; readonly turnId: string },
    work: Work,
  ): { readonly kind: 'started' | 'known'; readonly run: Run } | { readonly kind: 'busy' };
  /** The run of this turn in this session, at work or lately ended. A turn of another session is never found. */
  find(id: { readonly sessionId: string; readonly turnId: string }): Run | undefined;
  /** Asks one run to stop; true when it was at work. It ends with `end: cancelled`. */
  cancel(id: { readonly sessionId: string; readonly turnId: string }): boolean;
  /** Asks every run to stop and resolves when all have ended. Nothing new starts afterwards. */
  stop(): Promise<void>;
  /** Forgets runs that ended long ago. */
  sweep(): void;
  readonly active: number;
}

interface Entry {
  readonly run: Run;
  readonly done: Promise<void>;
  endedAt: number | undefined;
}

export function createRuns(deps: {
  readonly now: () => number;
  readonly log: RunLog;
  /** Called when a run begins; the result is called when it has ended. */
  readonly onBegin?: (turnId: string) => () => void;
  readonly limits?: ReplayLimits;
  /** How long an ended run can still be replayed, in milliseconds. */
  readonly keepMs?: number;
  /** How many ended runs are kept at most. */
  readonly keepCount?: number;
  /** Silence after which a `status` event says that the work goes on, in milliseconds. */
  readonly heartbeatMs?: number;
  /** How long cancelled work may take to stop before its end is published without it, in milliseconds. */
  readonly cancelGraceMs?: number;
}): Runs {
  const keepMs = deps.keepMs ?? 15 * 60_000;
  const keepCount = deps.keepCount ?? 200;
  const heartbeatMs = deps.heartbeatMs ?? 10_000;
  const cancelGraceMs = deps.cancelGraceMs ?? 3_000;
  const entries = new Map<string, Entry>();
  const busy = new Map<string, Entry>();
  let stopping = false;

  const keyOf = (id: { sessionId: string; turnId: string }) => JSON.stringify([id.sessionId, id.turnId]);

  const sweep = () => {
    const ended = [...entries].filter(([, entry]) => entry.endedAt !== undefined);
    const surplus = ended.length - keepCount;
    for (const [index, [key, entry]] of ended.entries()) {
      const old = (entry.endedAt ?? 0) + keepMs <= deps.now();
      if (old || index < surplus) entries.delete(key);
    }
  };

  const begin = (id: { sessionId: string; turnId: string }, work: Work): Run => {
    const heart = createHeartbeat(heartbeatMs, (text) => run.publish({ type: 'status', text }));
    const run: Run = createRun(id, {
      ...(deps.limits ? { limits: deps.limits } : {}),
      onPublish: () => heart.beat(),
    });
    const watched: Run = {
      ...run,
      get finished() {
        return run.finished;
      },
      get last() {
        return run.last;
      },
      publish(body) {
        if (body.type === 'status') heart.step(body.text);
        if (body.type === 'tool' && body.state === 'started') heart.step(body.title);
        return run.publish(body);
      },
    };
    const ended = deps.onBegin?.(id.turnId);
    heart.beat();
    const settle = () => {
      heart.stop();
      ended?.();
      busy.delete(id.sessionId);
      entry.endedAt = deps.now();
      // Ended runs are kept in the order of their end, so that the oldest end is dropped first.
      entries.delete(keyOf(id));
      entries.set(keyOf(id), entry);
      sweep();
    };
    const done = toTheEnd(watched, work, cancelGraceMs, deps.log).then(settle);
    const entry: Entry = { run: watched, done, endedAt: undefined };
    entries.set(keyOf(id), entry);
    busy.set(id.sessionId, entry);
    return watched;
  };

  return {
    start(id, work) {
      sweep();
      const known = entries.get(keyOf(id));
      if (known) return { kind: 'known', run: known.run };
      if (stopping || busy.has(id.sessionId)) return { kind: 'busy' };
      return { kind: 'started', run: begin(id, work) };
    },
    find(id) {
      sweep();
      return entries.get(keyOf(id))?.run;
    },
    cancel(id) {
      const entry = entries.get(keyOf(id));
      if (!entry || entry.endedAt !== undefined) return false;
      entry.run.cancel();
      return true;
    },
    async stop() {
      stopping = true;
      const atWork = [...busy.values()];
      for (const entry of atWork) entry.run.cancel();
      await Promise.all(atWork.map((entry) => entry.done));
    },
    sweep,
    get active() {
      return busy.size;
    },
  };
}

/** Runs the work and makes sure that exactly one `end` closes it, whatever happens. Never rejects. */
async function toTheEnd(run: Run, work: Work, cancelGraceMs: number, log: RunLog): Promise<void> {
  const fields = { turnId: run.turnId, sessionId: run.sessionId };
  let grace: NodeJS.Timeout | undefined;
  const abandoned = new Promise<'abandoned'>((resolve) => {
    run.signal.addEventListener('abort', () => {
      grace = setTimeout(() => resolve('abandoned'), cancelGraceMs);
    });
  });
  try {
    const outcome = await Promise.race([work(run), abandoned]);
    if (outcome === 'abandoned')
      log.warn(fields, 'cancelled work did not stop in time; it is ended without it');
  } catch (error) {
    log.error({ ...fields, err: error }, 'the work of a run failed');
    if (!run.finished) {
      run.publish({ type: 'error', code: 'internal', message: INTERNAL_MESSAGE, retryable: false });
    }
  } finally {
    clearTimeout(grace);
    if (!run.finished) run.publish({ type: 'end', stop: run.signal.aborted ? 'cancelled' : 'end' });
  }
}

export const INTERNAL_MESSAGE =
  'The agent failed unexpectedly. The reason is in the log of the agent, under the id of this turn.';

/** Speaks up after a time of silence and names the step that is at work. */
function createHeartbeat(everyMs: number, say: (text: string) => void) {
  let step = 'thinking';
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const beat = () => {
    clearTimeout(timer);
    if (stopped) return;
    timer = setTimeout(() => say(`Still working: ${step}`), everyMs);
    timer.unref();
  };
  return {
    beat,
    step(text: string) {
      step = text;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
