import type { Connection } from '../store/connection.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Lanes, RecordUnreadable } from './lanes.ts';
import { type Hold, keepLeases } from './leases.ts';
import { HandedOver } from './run-turn.ts';
import { createSlots } from './slots.ts';
import type { ClaimedTurn } from './turn.ts';
import { runOnWakes, type Wakes } from './wakes.ts';

const SWEEP_EVERY_MS = 1_000;
/** A lane that becomes ready while all slots are taken waits so long for one of them before others hear of it. */
const PASS_ON_MS = 25;

export interface TurnWorkerDeps {
  /** For BullMQ's blocking reads; closed by the caller. */
  readonly connection: Connection;
  readonly keyPrefix: string;
  /** Names this process in leases. */
  readonly name: string;
  readonly concurrency: number;
  readonly lanes: Lanes;
  readonly wakes: Wakes;
  readonly run: (turn: ClaimedTurn, hold: Hold) => Promise<void>;
  /** Milliseconds, monotonic. */
  readonly monotonic: () => number;
  readonly log: Logger;
}

/**
 * Takes ready lanes as wakes arrive, keeps their leases, and sweeps for lanes that others lost.
 *
 * A lane that becomes ready in this process needs no wake through the queue while there is room for it here, or will be
 * in a moment. Both ways share the slots of this worker; the queue is held to those that are left, so that no wake waits
 * here while another worker is free, and one slot is always its.
 */
export function startTurnWorker(deps: TurnWorkerDeps) {
  const active = new Set<Hold>();
  /** Every wake under way, also those that are still asking for a lane. */
  const wakesUnderWay = new Set<Promise<boolean>>();
  const slots = createSlots(deps.concurrency);
  let begunHere = 0;
  let begunByQueue = 0;
  /** Lanes that have become ready while all slots were taken, since others were woken last. */
  let owed = 0;
  let passingOn: NodeJS.Timeout | undefined;
  let closing = false;
  let handingOver = false;
  const leases = keepLeases({
    lanes: deps.lanes,
    now: deps.monotonic,
    onError: (error) => deps.log.warn({ err: error }, 'leases could not be renewed'),
  });

  const claimNext = async (): Promise<{ turn: ClaimedTurn; claimedAt: number } | undefined> => {
    for (;;) {
      const claimedAt = deps.monotonic();
      try {
        const turn = await deps.lanes.claim(deps.name);
        return turn && { turn, claimedAt };
      } catch (error) {
        // The wake is still good for what stands behind it.
        if (!(error instanceof RecordUnreadable)) throw error;
        deps.log.error({ err: error }, 'a turn was ended because its record cannot be read');
      }
    }
  };

  /** Answers whether there was a turn to run. */
  const runNext = async (): Promise<boolean> => {
    const claimed = await claimNext();
    if (!claimed) return false;
    const { turn, claimedAt } = claimed;
    const hold = leases.hold(turn, claimedAt);
    active.add(hold);
    if (handingOver) hold.abort(new HandedOver());
    try {
      await deps.run(turn, hold);
    } finally {
      // A run that failed before its own clean-up must not keep the lane for ever.
      hold.drop();
      active.delete(hold);
    }
    return true;
  };

  /** In a slot that was taken for it. */
  const runInSlot = async (): Promise<boolean> => {
    const underWay = runNext();
    wakesUnderWay.add(underWay);
    try {
      return await underWay;
    } finally {
      wakesUnderWay.delete(underWay);
      slots.release();
    }
  };

  const onWake = async () => {
    begunByQueue += 1;
    try {
      await slots.take();
      // A wake that arrives now is lost; another worker's sweep finds its lane.
      if (handingOver) slots.release();
      else await runInSlot();
    } finally {
      begunByQueue -= 1;
    }
  };

  const leaveToQueue = () => {
    worker.concurrency = Math.max(1, deps.concurrency - begunHere);
  };

  const runHere = async () => {
    begunHere += 1;
    leaveToQueue();
    let ran = false;
    try {
      await slots.take();
      ran = await runInSlot();
    } catch (error) {
      deps.log.error({ err: error }, 'a turn that was begun without a wake failed');
    } finally {
      begunHere -= 1;
      // The queue hears of the freed slot only when one of its own wakes ends; until then it is used from here.
      const queueIsFull = begunByQueue >= worker.concurrency;
      leaveToQueue();
      if (!closing && slots.free() > 0 && (owed > 0 || (ran && queueIsFull))) {
        owed = Math.max(0, owed - 1);
        void runHere();
      }
    }
  };

  const passOn = async () => {
    clearTimeout(passingOn);
    passingOn = undefined;
    if (owed === 0) return;
    owed = 0;
    try {
      // As many wakes as lanes; most of those that wait already are for lanes that were begun here since.
      await deps.wakes.topUp((await deps.lanes.depth()).readyLanes);
    } catch (error) {
      deps.log.warn({ err: error }, 'wakes were not added; the sweeper will do it');
    }
  };

  const worker = runOnWakes({
    connection: deps.connection,
    keyPrefix: deps.keyPrefix,
    concurrency: deps.concurrency,
    onWake,
    onError: (error) => deps.log.warn({ err: error }, 'the queue reported an error'),
  });
  worker.on('failed', (_job, error) => deps.log.error({ err: error }, 'a wake failed'));

  let sweeping: Promise<void> | undefined;
  const sweep = async () => {
    try {
      const { recovered, overlooked } = await deps.lanes.sweep({
        name: deps.name,
        slots: deps.concurrency,
      });
      if (recovered > 0) deps.log.warn({ recovered }, 'lanes of lost workers were taken back');
      if (recovered + overlooked > 0) await deps.wakes.topUp(recovered + overlooked);
    } catch (error) {
      deps.log.warn({ err: error }, 'the sweep failed; the next one follows');
    }
  };
  const sweeper = setInterval(() => {
    // One at a time: while Redis does not answer, sweeps must not queue up behind each other.
    sweeping ??= sweep().finally(() => {
      sweeping = undefined;
    });
  }, SWEEP_EVERY_MS);

  return {
    activeTurns: () => active.size,
    running: () => worker.isRunning(),
    /** A lane has become ready: it is begun here at once, or as soon as a slot is free, or others are woken for it. */
    async wake(): Promise<void> {
      // One slot stays free for the wake that the queue may be handing over just now.
      if (!closing && slots.free() >= 2) {
        void runHere();
        return;
      }
      owed += 1;
      if (closing) await passOn();
      else passingOn ??= setTimeout(() => void passOn(), PASS_ON_MS);
    },
    /**
     * Takes no new turn, lets the running ones end for `graceMs`, then hands the rest over to other workers.
     * BullMQ's own close has no time-out, so it is not waited for beyond the turns.
     */
    async close(graceMs: number): Promise<void> {
      clearInterval(sweeper);
      closing = true;
      const passedOn = passOn();
      // Takes no further wake. It waits for the last job to be put away, which without Redis is for ever.
      const paused = worker.pause().catch((error: unknown) => {
        deps.log.warn({ err: error }, 'the queue could not be paused');
      });
      await settled([...wakesUnderWay], graceMs);
      handingOver = true;
      if (wakesUnderWay.size > 0) {
        deps.log.info({ turns: wakesUnderWay.size }, 'the grace is over; running turns are handed over');
      }
      for (const hold of active) hold.abort(new HandedOver());
      await Promise.allSettled(wakesUnderWay);
      await sweeping;
      await leases.close();
      // What is still listed as active when BullMQ closes by force would come back as a stalled wake.
      await settled([paused, passedOn], CLOSE_LIMIT_MS);
      await settled([worker.close(true)], CLOSE_LIMIT_MS);
    },
  };
}

const CLOSE_LIMIT_MS = 2_000;

async function settled(promises: readonly Promise<unknown>[], limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([Promise.allSettled(promises), limit]);
  clearTimeout(timer);
}
