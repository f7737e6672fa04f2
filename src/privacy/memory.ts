/** What erasing and exporting ask of Memory, by the ids under which it keeps people. */
export interface MemoryOfPeople {
  sessions(person: string, signal: AbortSignal): AsyncIterable<string>;
  /** By the writer's time; epoch milliseconds. */
  eventIds(
    person: string,
    session: string,
    signal: AbortSignal,
  ): AsyncIterable<{ readonly id: string; readonly at: number }>;
  /** Newest first. */
  events(person: string, session: string, signal: AbortSignal): AsyncIterable<PersonalEvent>;
  /** What was learnt of a person, wherever it is kept. `ours`: only where our strategies put it, which is cheaper. */
  records(person: string, signal: AbortSignal, ours?: 'ours'): AsyncIterable<PersonalRecord>;
  /** Both resolve also when it is gone already. */
  deleteEvent(person: string, session: string, event: string, signal: AbortSignal): Promise<void>;
  deleteRecord(record: string, signal: AbortSignal): Promise<void>;
}

export interface PersonalEvent {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly said: readonly { readonly role: string; readonly text: string }[];
  /** What is no talk: names that were given, and such. */
  readonly other: readonly unknown[];
}

export interface PersonalRecord {
  readonly id: string;
  /** When it was learnt, by Memory's clock. Epoch milliseconds. */
  readonly at: number;
  readonly text: string;
  readonly namespace: string;
  /** Where it is about one session only. */
  readonly session?: string;
}

/** Deletions under way at a time; the quota lets ten begin each second. */
const AT_A_TIME = 10;

/**
 * Deletes all that Memory keeps of a person, and tells of it in between. Events go first: what was learnt is learnt from
 * them. Answers how many of both were deleted since it told last.
 */
export async function eraseMemory(
  memory: MemoryOfPeople,
  people: readonly string[],
  how: { readonly gone: (count: number) => Promise<void>; readonly signal: AbortSignal },
): Promise<number> {
  const { signal } = how;
  let count = 0;
  const told = async () => {
    count += 1;
    if (count < AT_A_TIME) return;
    const since = count;
    count = 0;
    await how.gone(since);
  };
  for (const person of people) {
    for await (const session of memory.sessions(person, signal)) {
      await each(memory.eventIds(person, session, signal), async ({ id }) => {
        await memory.deleteEvent(person, session, id, signal);
        await told();
      });
    }
    await each(memory.records(person, signal), async ({ id }) => {
      await memory.deleteRecord(id, signal);
      await told();
    });
  }
  return count;
}

/** Clocks of different machines are as much apart at most. */
const APART_MS = 5_000;

/**
 * Deletes what Memory was told or has learnt late of a person who was erased at `before`, and nothing of what they have
 * begun since: events from before; and what was learnt before they wrote anything anew, or learnt of a session before
 * anything anew was said in it, for that can only be about what was erased. `now` is by the clock of who asks. Answers
 * how many were deleted.
 */
export async function eraseLate(
  memory: MemoryOfPeople,
  person: string,
  how: {
    readonly before: number;
    readonly now: number;
    readonly ours?: 'ours' | undefined;
    readonly signal: AbortSignal;
  },
): Promise<number> {
  const { before, signal } = how;
  let count = 0;
  /** When they first wrote anew, by session. */
  const anew = new Map<string, number>();
  for await (const session of memory.sessions(person, signal)) {
    await each(memory.eventIds(person, session, signal), async ({ id, at }) => {
      if (at >= before) {
        anew.set(session, Math.min(at, anew.get(session) ?? at));
        return;
      }
      await memory.deleteEvent(person, session, id, signal);
      count += 1;
    });
  }
  // What they write while we look may be learnt while we look.
  const first = Math.min(how.now, ...anew.values()) - APART_MS;
  await each(memory.records(person, signal, how.ours), async ({ id, at, session }) => {
    const until = session === undefined ? first : Math.min(how.now, anew.get(session) ?? how.now) - APART_MS;
    if (at >= until) return;
    await memory.deleteRecord(id, signal);
    count += 1;
  });
  return count;
}

/** Takes all there are before the first of them goes: a list that gets shorter while it is read may skip some. */
async function each<T>(source: AsyncIterable<T>, work: (one: T) => Promise<void>): Promise<void> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  let next = 0;
  const hand = async () => {
    for (let i = next++; i < all.length; i = next++) await work(all[i] as T);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, hand));
}
