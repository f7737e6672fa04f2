import { Queue, Worker } from 'bullmq';
import type { Connection } from '../store/connection.ts';

const QUEUE = 'wakes';
/** A wake carries nothing: which lane to run is decided when a worker is free for it. */
const WAKE = 'wake';
/** More wakes at once than this are added by the next sweep. */
const BATCH_LIMIT = 500;

export type Wakes = ReturnType<typeof createWakes>;

/**
 * The queue of anonymous wakes. A lost or doubled wake does no harm: lanes, not wakes, hold the questions, and the
 * sweeper wakes for every lane that was overlooked.
 *
 * `onError` hears what BullMQ passes on of `redis`; without a listener it would write to the console.
 */
export function createWakes(redis: Connection, keyPrefix: string, onError?: (error: Error) => void) {
  const queue = new Queue(QUEUE, {
    connection: redis,
    prefix: keyPrefix,
    skipVersionCheck: true,
    // Nobody reads them.
    streams: { events: { maxLen: 100 } },
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
  });
  queue.on('error', (error) => onError?.(error));
  return {
    queue,
    async add(): Promise<void> {
      await queue.add(WAKE, null);
    },
    /** Tops the waiting wakes up to `wanted`. */
    async topUp(wanted: number): Promise<number> {
      const missing = Math.min(wanted - (await queue.getWaitingCount()), BATCH_LIMIT);
      if (missing <= 0) return 0;
      await queue.addBulk(Array.from({ length: missing }, () => ({ name: WAKE, data: null })));
      return missing;
    },
    waiting: (): Promise<number> => queue.getWaitingCount(),
    close: (): Promise<void> => queue.close(),
  };
}

export interface WakeWorkerOptions {
  readonly connection: Connection;
  readonly keyPrefix: string;
  readonly concurrency: number;
  readonly onWake: () => Promise<void>;
  readonly onError: (error: Error) => void;
}

/** Runs `onWake` for each wake, at most `concurrency` at a time. */
export function runOnWakes(options: WakeWorkerOptions) {
  const worker = new Worker(QUEUE, () => options.onWake(), {
    connection: options.connection,
    prefix: options.keyPrefix,
    concurrency: options.concurrency,
    skipVersionCheck: true,
    // A worker that died in the middle of a wake: its lane is recovered by the lease, so the wake itself may idle.
    lockDuration: 30_000,
    stalledInterval: 30_000,
    maxStalledCount: 10,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  worker.on('error', options.onError);
  return worker;
}
