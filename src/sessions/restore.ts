import type { Connection } from '../store/connection.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Directory } from './directory.ts';
import { directoryId } from './directory-id.ts';
import type { LanePlaces } from './lane-places.ts';
import { type MemoryEvent, rebuildFrom, type Talk } from './memory-events.ts';
import { KEPT_S } from './session-entry.ts';

/** What Memory tells, by the ids under which it keeps people (`directoryId`). Whoever implements it keeps to the quotas. */
export interface MemoryReads {
  people(signal: AbortSignal): AsyncIterable<string>;
  sessions(person: string, signal: AbortSignal): AsyncIterable<string>;
  /** Everything that stands in a session, in any order. */
  events(person: string, session: string, signal: AbortSignal): AsyncIterable<SeenEvent>;
}

/** One event: something said, or a change of ours (`eventsFor`), or neither. `at`: epoch milliseconds. */
export interface SeenEvent {
  readonly at: number;
  readonly change?: Pick<MemoryEvent, 'metadata' | 'payload'>;
  /** A person said it. Events of the same `turn` are one question. */
  readonly asked?: { readonly turn: string };
}

export interface RestoreDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly reads: MemoryReads;
  readonly directory: Pick<Directory, 'loadInto'>;
  readonly places: Pick<LanePlaces, 'loadInto'>;
  /** Sessions that were not used for longer come back archived. Milliseconds. */
  readonly archiveAfterMs: number;
  /** Whether somebody's directory may be written just now: not while they are being forgotten. */
  readonly mayRestore: (person: string) => Promise<boolean>;
  /** Ends what goes on by itself. */
  readonly closing: AbortSignal;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

export interface Restored {
  /** How many sessions Memory knows, and how many of them were put back. */
  readonly sessions: number;
  readonly loaded: number;
  /** The same for lanes and their places. */
  readonly lanes: number;
  readonly placed: number;
  /** Events that nobody can read, or that belong to no session. */
  readonly skipped: number;
}

export type Restore = ReturnType<typeof createRestore>;

/** Sessions that are read at a time. Memory's quota lets them wait for each other. */
const AT_A_TIME = 8;
/** After so many entries it is asked again whether they may be written. */
const LOADED_AT_A_TIME = 50;
/** The field of `directory:<person>` that says: Memory knows nothing that is not here. */
const WHOLE = 'whole';
const RESTORE_WITHIN_MS = 10 * 60_000;
/** After a failure, somebody's directory is left alone for so long. */
const AGAIN_AFTER_MS = 60_000;
const MOST_FAILED = 10_000;

/**
 * Brings the directories of people back from Memory. Nothing that Redis knows is overwritten, so it may be done at any
 * time and again; one person is in memory at a time, without what was said.
 */
export function createRestore(deps: RestoreDeps) {
  const { redis, keyPrefix, reads, directory, places, log, now } = deps;
  const underWay = new Map<string, Promise<void>>();
  const failedUntil = new Map<string, number>();
  const keyOf = (person: string) => `${keyPrefix}:directory:${person}`;

  const isWhole = async (person: string): Promise<boolean> =>
    (await redis.hexists(keyOf(person), WHOLE)) === 1;

  async function read(person: string, signal: AbortSignal) {
    const events: MemoryEvent[] = [];
    const talks = new Map<string, Talk>();
    const ids: string[] = [];
    for await (const id of reads.sessions(person, signal)) ids.push(id);
    let next = 0;
    const reader = async () => {
      for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
        const turns = new Set<string>();
        let lastAt = 0;
        for await (const { at, change, asked } of reads.events(person, id, signal)) {
          if (change) events.push({ ...change, session: id, at });
          if (!asked) continue;
          turns.add(asked.turn);
          lastAt = Math.max(lastAt, at);
        }
        if (turns.size > 0) talks.set(id, { turns: turns.size, lastAt });
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, reader));
    return { events, talks };
  }

  async function rebuild(person: string, signal: AbortSignal): Promise<Restored> {
    const { events, talks } = await read(person, signal);
    const { sessions, lanes, skipped } = rebuildFrom(events, talks, now() - deps.archiveAfterMs);
    let [loaded, placed, written] = [0, 0, 0];
    const before = async () => {
      signal.throwIfAborted();
      if (written++ % LOADED_AT_A_TIME === 0 && !(await deps.mayRestore(person))) throw new BeingForgotten();
    };
    // The oldest first: numbers that are yet to be given follow the order in which sessions began.
    for (const session of sessions) {
      await before();
      if (await directory.loadInto(person, session)) loaded += 1;
    }
    for (const [lane, place] of lanes) {
      await before();
      if (await places.loadInto(person, lane, place)) placed += 1;
    }
    await before();
    await redis.multi().hset(keyOf(person), WHOLE, 1).expire(keyOf(person), KEPT_S).exec();
    return { sessions: sessions.length, loaded, lanes: lanes.size, placed, skipped };
  }

  async function once(person: string): Promise<void> {
    if ((failedUntil.get(person) ?? 0) > now() || (await isWhole(person))) return;
    const { loaded, placed } = await rebuild(
      person,
      AbortSignal.any([deps.closing, AbortSignal.timeout(RESTORE_WITHIN_MS)]),
    );
    failedUntil.delete(person);
    if (loaded + placed > 0) log.info({ loaded, placed }, 'sessions of a person came back from Memory');
  }

  return {
    /** Reads everything that Memory has of a person, and puts back what Redis lacks. @throws what Memory or Redis say. */
    rebuild,
    isWhole,
    people: reads.people,

    /**
     * Looks whether Redis may have lost something of this person, and if so brings it back: one cheap question in most
     * cases, and the same work for all who ask meanwhile. Never throws; who does not want to wait need not.
     */
    person(actor: string): Promise<void> {
      const person = directoryId(actor);
      const known = underWay.get(person);
      if (known) return known;
      const work = once(person)
        .catch((error: unknown) => {
          if (failedUntil.size >= MOST_FAILED) failedUntil.clear();
          failedUntil.set(person, now() + AGAIN_AFTER_MS);
          if (error instanceof BeingForgotten) return;
          log.warn(
            { err: error },
            'sessions of a person could not be brought back from Memory; tried again later',
          );
        })
        .finally(() => underWay.delete(person));
      underWay.set(person, work);
      return work;
    },

    /** Resolves when nothing is under way. */
    async settled(): Promise<void> {
      await Promise.all(underWay.values());
    },
  };
}

/** The person has asked to be forgotten: nothing of them is put back. */
export class BeingForgotten extends Error {
  constructor() {
    super('this person is being forgotten');
    this.name = 'BeingForgotten';
  }
}
