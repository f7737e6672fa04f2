import { type Held, type Lanes, LEASE_MS } from './lanes.ts';
import { LaneLost } from './reply.ts';
import type { ClaimedTurn, StopReason } from './turn.ts';

/** How soon a worker hears that a turn shall end. */
const LISTEN_EVERY_MS = 500;

/** Somebody wants this turn to end: what was answered so far is kept. */
export class StopRequested extends Error {
  readonly why: StopReason;
  constructor(why: StopReason) {
    super(`the turn is to be stopped (${why})`);
    this.name = 'StopRequested';
    this.why = why;
  }
}

/** A worker's hold on one lane. */
export interface Hold {
  /** Aborts with `LaneLost` when the lane is gone, or with another reason when the run is given up. */
  readonly signal: AbortSignal;
  /** Aborts with `StopRequested` when somebody wants the turn to end; the lane is still held, to say so. */
  readonly stop: AbortSignal;
  assertHeld(): void;
  abort(reason: Error): void;
  /** Ends renewal. The lane itself is freed by `finish` or `release`. */
  drop(): void;
}

export interface LeaseDeps {
  readonly lanes: Pick<Lanes, 'renew'>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
  readonly leaseMs?: number;
}

/**
 * Renews all lanes of this worker in one call, at least three times a lease, and hears by the way which turns shall end.
 * A hold counts from *before* the call that won or renewed it, so that this worker gives up no later than Redis does,
 * even while Redis cannot be reached.
 */
export function keepLeases(deps: LeaseDeps) {
  const leaseMs = deps.leaseMs ?? LEASE_MS;
  const holds = new Map<
    string,
    {
      readonly fence: string;
      readonly controller: AbortController;
      readonly stop: AbortController;
      until: number;
    }
  >();
  let renewing: Promise<void> | undefined;

  const lose = (lane: string) => {
    holds.get(lane)?.controller.abort(new LaneLost(lane));
    holds.delete(lane);
  };

  const renewAll = async () => {
    const asked: Held[] = [...holds].map(([lane, hold]) => ({ lane, fence: hold.fence }));
    if (asked.length === 0) return;
    const before = deps.now();
    try {
      const { lost, stops } = await deps.lanes.renew(asked);
      for (const { lane, fence } of asked) {
        const hold = holds.get(lane);
        if (hold?.fence !== fence) continue;
        if (lost.includes(lane)) {
          lose(lane);
          continue;
        }
        hold.until = before + leaseMs;
        const why = stops.get(lane);
        if (why) hold.stop.abort(new StopRequested(why));
      }
    } catch (error) {
      deps.onError(error);
    }
  };

  const giveUpExpired = () => {
    for (const [lane, hold] of holds) if (hold.until <= deps.now()) lose(lane);
  };

  const timer = setInterval(
    () => {
      // Never behind a call that Redis does not answer: the clock alone decides when a hold is over.
      giveUpExpired();
      renewing ??= renewAll().finally(() => {
        giveUpExpired();
        renewing = undefined;
      });
    },
    Math.min(leaseMs / 3, LISTEN_EVERY_MS),
  );

  return {
    /** `claimedAt`: `now()` before the claim was sent. */
    hold(turn: ClaimedTurn, claimedAt: number): Hold {
      const { lane } = turn;
      // This worker has lost the lane and won it back without noticing: the run before this one is over.
      lose(lane);
      const entry = {
        fence: turn.fence,
        controller: new AbortController(),
        stop: new AbortController(),
        until: claimedAt + leaseMs,
      };
      if (turn.stop) entry.stop.abort(new StopRequested(turn.stop));
      holds.set(lane, entry);
      return {
        signal: entry.controller.signal,
        stop: entry.stop.signal,
        assertHeld() {
          entry.controller.signal.throwIfAborted();
          if (entry.until <= deps.now()) throw new LaneLost(lane);
        },
        abort: (reason) => entry.controller.abort(reason),
        drop() {
          if (holds.get(lane) === entry) holds.delete(lane);
        },
      };
    },
    async close(): Promise<void> {
      clearInterval(timer);
      await renewing;
    },
  };
}
