import type { AgentEvent } from '../../src/contract/events.ts';

/**
 * The newest events of a run, bounded by number and by bytes.
 *
 * The oldest are dropped first and numbers are never reused, so that a reader who comes too late sees a jump in
 * `seq` instead of a whole that is not one.
 */
export interface ReplayBuffer {
  /** `event.seq` must be one more than the last; `bytes` is its size on the wire. */
  append(event: AgentEvent, bytes: number): void;
  /** The first kept event with a `seq` greater than `seq`. */
  nextAfter(seq: number): AgentEvent | undefined;
  /** `seq` of the newest event ever appended; 0 before the first. */
  readonly last: number;
  /** `seq` of the oldest event that is still kept; `last + 1` when none is. */
  readonly oldest: number;
  readonly bytes: number;
}

export interface ReplayLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

export const REPLAY_LIMITS: ReplayLimits = { maxEvents: 2_000, maxBytes: 2_000_000 };

export function createReplayBuffer(limits: ReplayLimits = REPLAY_LIMITS): ReplayBuffer {
  let kept: { readonly event: AgentEvent; readonly bytes: number }[] = [];
  /** Index in `kept` of the oldest live entry; the array is cut only now and then, since shift() is linear. */
  let start = 0;
  let bytes = 0;
  let last = 0;

  const trim = () => {
    // The newest event always stays, even when it alone is over the limit: it may be the end.
    while (kept.length - start > 1 && (kept.length - start > limits.maxEvents || bytes > limits.maxBytes)) {
      bytes -= kept[start]?.bytes ?? 0;
      start += 1;
    }
    if (start > limits.maxEvents) {
      kept = kept.slice(start);
      start = 0;
    }
  };

  return {
    append(event, size) {
      if (event.seq !== last + 1) {
        throw new RangeError(`Event ${event.seq} does not follow ${last}.`);
      }
      last = event.seq;
      kept.push({ event, bytes: size });
      bytes += size;
      trim();
    },
    nextAfter(seq) {
      const oldest = kept[start]?.event.seq;
      if (oldest === undefined) return undefined;
      return kept[start + Math.max(0, seq + 1 - oldest)]?.event;
    },
    get last() {
      return last;
    },
    get oldest() {
      return kept[start]?.event.seq ?? last + 1;
    },
    get bytes() {
      return bytes;
    },
  };
}
