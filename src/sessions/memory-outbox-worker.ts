import { SealedError } from '../store/sealed-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { MemoryOutbox, OutboxBatch, QueuedEntry } from './memory-outbox.ts';

export interface OutboxWorkerDeps {
  readonly outbox: MemoryOutbox;
  /** Writes one event; the same client token again writes nothing. */
  readonly write: (entry: QueuedEntry, signal: AbortSignal) => Promise<unknown>;
  /** Memory will never take this one as it is, whereas others may go through. */
  readonly isHopeless: (error: unknown) => boolean;
  /** `written`, `failed`, `refused` or `given_up`. */
  readonly observe?: ((outcome: string) => void) | undefined;
  /** From 0 up to 1: workers that failed together do not come back together. */
  readonly random: () => number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

export interface OutboxWorker {
  /** Something has been added: look now. */
  wake(): void;
  /** Takes nothing new, gives what is under way so many milliseconds, and leaves the rest to others. */
  close(graceMs?: number): Promise<void>;
}

/** Sessions at a time. Memory takes ten events a second. */
const HANDS = 4;
const LOOK_EVERY_MS = 1_000;
/** One write may wait for the quota, and be tried again. */
const WRITE_MS = 45_000;
const LEASE_MS = 60_000;
/** While Memory is out of reach all wait, longer each time, so that one try stands for all. */
const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 30_000;
/** What Memory refuses for what it is. It may be that the memory is only being changed. */
const REFUSED_AGAIN_MS = 10 * 60_000;
const GIVE_UP_MS = 30 * 86_400_000;

/** Writes what waits in the outbox, session by session. Any number of processes may do so. */
export function startOutboxWorker(deps: OutboxWorkerDeps): OutboxWorker {
  const { outbox, log, now, observe = () => undefined } = deps;
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();
  let restMs = 0;
  let restUntil = 0;
  let closed = false;

  const timer = setInterval(look, LOOK_EVERY_MS);

  function look(): void {
    // After a failure one try shows whether Memory is back.
    const hands = restMs > 0 ? 1 : HANDS;
    if (closed || now() < restUntil || underWay.size >= hands) return;
    const work = drain()
      .catch((error: unknown) => {
        rest();
        log.warn({ err: error }, 'the outbox of Memory could not be read');
      })
      .finally(() => underWay.delete(work));
    underWay.add(work);
  }

  /** Session after session, until there is none. */
  async function drain(): Promise<void> {
    while (!closed && now() >= restUntil) {
      const batch = await outbox.claim(LEASE_MS);
      if (!batch) return;
      // There may be more for others to do.
      look();
      await writeAll(batch);
    }
  }

  async function writeAll(batch: OutboxBatch): Promise<void> {
    let refused = 0;
    for (const sealed of batch.sealed) {
      const outcome = closed ? 'failed' : await writeOne(batch, sealed);
      if (outcome === 'failed') {
        await outbox.leave(batch, restMs, false);
        return;
      }
      if (outcome === 'refused') refused += 1;
      else if (!(await outbox.done(batch, sealed.token, LEASE_MS))) {
        // What else this worker holds of the session may be erased as well: whatever is left is taken anew.
        await outbox.leave(batch, 0, false);
        return;
      }
    }
    const onlyRefused = refused === batch.sealed.length;
    await outbox.leave(batch, onlyRefused ? REFUSED_AGAIN_MS : 0, onlyRefused);
  }

  async function writeOne(
    batch: OutboxBatch,
    sealed: OutboxBatch['sealed'][number],
  ): Promise<'written' | 'failed' | 'refused' | 'given_up'> {
    let entry: QueuedEntry | undefined;
    try {
      entry = await outbox.open(batch, sealed);
      await deps.write(entry, AbortSignal.any([closing.signal, AbortSignal.timeout(WRITE_MS)]));
      if (restMs > 0) log.info('AgentCore Memory takes events again');
      restMs = 0;
      restUntil = 0;
      observe('written');
      return 'written';
    } catch (error) {
      if (closing.signal.aborted) return 'failed';
      const unreadable = entry === undefined && !isPassing(error);
      if (unreadable || deps.isHopeless(error)) return refuse(error, batch, sealed.token, entry);
      if (restMs === 0) log.warn({ err: error }, 'AgentCore Memory takes no events; they wait');
      rest();
      observe('failed');
      return 'failed';
    }
  }

  /** It stays behind the others, for as long as anything is kept. */
  async function refuse(error: unknown, batch: OutboxBatch, token: string, entry: QueuedEntry | undefined) {
    const fields = { err: error, session: entry?.session };
    if (entry !== undefined && now() - entry.at > GIVE_UP_MS) {
      log.error(fields, 'an event that AgentCore Memory has refused for 30 days is given up');
      observe('given_up');
      return 'given_up';
    }
    log.error(fields, 'an event is refused by AgentCore Memory, or cannot be read; it is tried again later');
    observe('refused');
    await outbox.setBack(batch, token);
    return 'refused';
  }

  function rest(): void {
    restMs = Math.min(LONGEST_REST_MS, restMs === 0 ? FIRST_REST_MS : restMs * 2);
    restUntil = now() + restMs * (0.5 + deps.random() / 2);
  }

  return {
    wake: look,
    async close(graceMs = 5_000) {
      closed = true;
      clearInterval(timer);
      const late = setTimeout(() => closing.abort(new Error('the process ends')), graceMs);
      await Promise.all(underWay);
      clearTimeout(late);
    },
  };
}

const isPassing = (error: unknown): boolean =>
  error instanceof SealedError && error.code === 'key_unavailable';
