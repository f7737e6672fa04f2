import type { AgentEvent } from '../../src/contract/events.ts';
import { createReplayBuffer, type ReplayLimits } from './replay-buffer.ts';

type WithoutSeq<T> = T extends unknown ? Omit<T, 'seq'> : never;

/** An event before it got its number. */
export type EventBody = WithoutSeq<AgentEvent>;

/** One turn at work, independent of who reads it. Readers come and go; the work does not notice. */
export interface Run {
  readonly sessionId: string;
  readonly turnId: string;
  /** Aborted when the run shall stop. */
  readonly signal: AbortSignal;
  readonly finished: boolean;
  /** `seq` of the newest event; 0 before the first. */
  readonly last: number;
  /** Numbers the event, keeps it for replay and wakes the readers. Returns its `seq`. Nothing is published after `end`. */
  publish(body: EventBody): number;
  /**
   * Resolves when every connected reader has handed event `seq` to its socket. A reader that does not take it
   * within `patienceMs` is cut off (its stream closes without `end`), so that no slow reader can hold up the work
   * or believe that it saw everything.
   */
  delivered(seq: number, patienceMs: number): Promise<void>;
  /** Events that the slowest connected reader has not taken yet. */
  backlog(): number;
  /** Events after `afterSeq`: first those that were kept, then live ones until the run ends. */
  follow(afterSeq: number): AsyncGenerator<AgentEvent, void, undefined>;
  cancel(): void;
}

interface Reader {
  taken: number;
  lost: boolean;
  wake: () => void;
}

const nobodyWaits = () => undefined;

export function createRun(
  id: { readonly sessionId: string; readonly turnId: string },
  options: { readonly limits?: ReplayLimits; readonly onPublish?: () => void } = {},
): Run {
  const buffer = createReplayBuffer(options.limits);
  const abort = new AbortController();
  const readers = new Set<Reader>();
  const progress = new Set<() => void>();
  let finished = false;

  const progressed = () => {
    for (const check of [...progress]) check();
  };

  return {
    ...id,
    signal: abort.signal,
    get finished() {
      return finished;
    },
    get last() {
      return buffer.last;
    },

    publish(body) {
      if (finished) throw new Error(`Turn ${id.turnId} has ended; a ${body.type} event came too late.`);
      const event = { ...body, seq: buffer.last + 1 } as AgentEvent;
      buffer.append(event, Buffer.byteLength(JSON.stringify(event)));
      finished = event.type === 'end';
      for (const reader of readers) reader.wake();
      options.onPublish?.();
      return event.seq;
    },

    delivered(seq, patienceMs) {
      const behind = () => [...readers].filter((reader) => reader.taken < seq);
      // The turn of the event loop lets a response that was just written leave the process.
      const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
      if (behind().length === 0) return settle();
      return new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          progress.delete(check);
          resolve(settle());
        };
        const check = () => {
          if (behind().length === 0) done();
        };
        const timer = setTimeout(() => {
          for (const reader of behind()) {
            reader.lost = true;
            readers.delete(reader);
            reader.wake();
          }
          done();
        }, patienceMs);
        progress.add(check);
      });
    },

    backlog() {
      let most = 0;
      for (const reader of readers) most = Math.max(most, buffer.last - reader.taken);
      return most;
    },

    async *follow(afterSeq) {
      const reader: Reader = { taken: afterSeq, lost: false, wake: nobodyWaits };
      readers.add(reader);
      try {
        while (!reader.lost) {
          const event = buffer.nextAfter(reader.taken);
          if (event) {
            yield event;
            // Whoever consumes us asks for more only after the event was written.
            reader.taken = event.seq;
            progressed();
            continue;
          }
          if (finished) return;
          await new Promise<void>((resolve) => {
            reader.wake = resolve;
          });
          reader.wake = nobodyWaits;
        }
      } finally {
        readers.delete(reader);
        progressed();
      }
    },

    cancel() {
      abort.abort();
    },
  };
}
