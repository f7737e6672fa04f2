/** What erasing and exporting ask of Memory, by the ids under which it keeps people. */
export interface MemoryOfPeople {
  sessions(person: string, signal: AbortSignal): AsyncIterable<string>;
  eventIds(person: string, session: string, signal: AbortSignal): AsyncIterable<string>;
  /** Newest first. */
  events(person: string, session: string, signal: AbortSignal): AsyncIterable<PersonalEvent>;
  /** What was learnt of a person, wherever it is kept. */
  records(person: string, signal: AbortSignal): AsyncIterable<PersonalRecord>;
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
  /** Epoch milliseconds. */
  readonly at: number;
  readonly text: string;
  readonly namespace: string;
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
      await each(memory.eventIds(person, session, signal), async (event) => {
        await memory.deleteEvent(person, session, event, signal);
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
