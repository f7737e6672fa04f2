import type { TalkEvent } from '../../src/contract/memory.ts';
import type { RunLog } from '../runs/registry.ts';
import type { MemoryApi, Place } from './memory-api.ts';

export interface Writer {
  /**
   * Writes in the background, after what came before. Resolves with `written`, or with `failing` once a try has failed and
   * others will follow. Never rejects.
   */
  write(place: Place, events: readonly TalkEvent[]): Promise<'written' | 'failing'>;
  /** Ends all waiting. Resolves when the last try has ended, or after so many milliseconds. */
  stop(graceMs: number): Promise<void>;
}

export interface WriterDeps {
  readonly api: Pick<MemoryApi, 'write'>;
  readonly log: RunLog;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Resolves after so many milliseconds, or when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Called while there is something to write: the process is to stay. The result ends that. */
  readonly busy: () => () => void;
}

const TRY_MS = 10_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** A turn that could not be written for so long is given up, and so are the oldest of too many. */
const GIVE_UP_MS = 15 * 60_000;
const MOST_WAITING = 500;

interface Job {
  readonly place: Place;
  readonly events: readonly TalkEvent[];
  readonly since: number;
  readonly tell: (state: 'written' | 'failing') => void;
}

/** Writes what was said to Memory, however long it is out of reach, within bounds. The order is kept. */
export function createWriter(deps: WriterDeps): Writer {
  const { api, log, now } = deps;
  const waiting: Job[] = [];
  const stopping = new AbortController();
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    const done = deps.busy();
    try {
      let waitMs = 0;
      for (let job = waiting[0]; job && !stopping.signal.aborted; job = waiting[0]) {
        try {
          await writeOnce(job);
          waitMs = 0;
          job.tell('written');
          waiting.shift();
        } catch (error) {
          job.tell('failing');
          if (isHopeless(error) || now() - job.since > GIVE_UP_MS) {
            log.error({ sessionId: job.place.sessionId, err: error }, 'a turn does not get into Memory');
            waiting.shift();
            continue;
          }
          if (waitMs === 0) log.warn({ err: error }, 'Memory takes nothing; it is tried again');
          waitMs = Math.min(LONGEST_WAIT_MS, waitMs === 0 ? FIRST_WAIT_MS : waitMs * 2);
          await deps.pause(waitMs * (0.5 + deps.random() / 2), stopping.signal);
        }
      }
    } finally {
      done();
      working = undefined;
    }
  }

  async function writeOnce({ place, events }: Job): Promise<void> {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(TRY_MS)]);
    for (const event of events) await api.write(place, event, signal);
  }

  return {
    write(place, events) {
      return new Promise((resolve) => {
        if (events.length === 0 || stopping.signal.aborted) return resolve('written');
        waiting.push({ place, events, since: now(), tell: resolve });
        if (waiting.length > MOST_WAITING) {
          // The first one is being written.
          waiting.splice(1, 1)[0]?.tell('failing');
          log.error({}, 'too many turns wait for Memory; the oldest is given up');
        }
        working ??= work();
      });
    },
    async stop(graceMs) {
      if (!working) return;
      const late = setTimeout(() => stopping.abort(new Error('the agent ends')), graceMs);
      await working;
      clearTimeout(late);
      stopping.abort(new Error('the agent ends'));
    },
  };
}

/** Memory will never take it: not for what it is, nor from us. Told by name: messages may quote what was sent. */
const HOPELESS = new Set(['ValidationException', 'InvalidInputException']);
const isHopeless = (error: unknown): boolean => error instanceof Error && HOPELESS.has(error.name);
