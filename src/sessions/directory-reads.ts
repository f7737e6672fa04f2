import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import { directoryId } from './directory-id.ts';
import { type EntryRecords, type RawEntry, type Resealed, readRaw } from './entry-record.ts';
import { LIST, LOOK } from './lua.ts';
import { RESEAL } from './lua-changes.ts';
import type { NameKey, NameKeys } from './name-key.ts';
import { KEPT_S, type SessionEntry } from './session-entry.ts';
import { distanceTo, fold, matcher, sameBase, splitName } from './session-name.ts';

export interface ListRequest {
  readonly archived?: boolean;
  /** Each has to be in the name, the tags or the project. */
  readonly words?: string;
  /** `next` of the page before. */
  readonly after?: string;
  readonly most: number;
}

export interface Page {
  readonly entries: readonly SessionEntry[];
  /** How many there are in all, whatever the words. */
  readonly total: number;
  /** Undefined: there are no more. */
  readonly next?: string;
}

export type Found =
  | { readonly kind: 'found'; readonly entry: SessionEntry }
  /** There is none of that number or name; these may have been meant, the nearest first. */
  | { readonly kind: 'none'; readonly near: readonly SessionEntry[] };

export interface DirectoryReadsDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly nameKey: NameKeys;
  readonly records: EntryRecords;
}

/** So many entries are looked through at a time. */
const CHUNK = 250;
const NEAR = 5;

/** By what a name is found, whoever wrote it how. */
export const nameToken = (key: NameKey, person: string, base: string): string =>
  key.token(person, `name ${sameBase(base)}`);

/** As the scripts write it (`in_order`). */
const suffixInOrder = (suffix: number): string => `${String(suffix).length}${suffix}`;

/** What can be read of the directory. Whatever was sealed with an older key is sealed anew on the way. */
export function createDirectoryReads({ redis, keyPrefix, nameKey, records }: DirectoryReadsDeps) {
  const scripts = {
    list: defineScript(LIST, keyPrefix),
    look: defineScript(LOOK, keyPrefix),
    reseal: defineScript(RESEAL, keyPrefix),
  };

  async function opened(person: string, raws: readonly RawEntry[]): Promise<SessionEntry[]> {
    const resealed: Resealed[] = [];
    const entries = await Promise.all(raws.map((raw) => records.entry(person, raw, resealed)));
    await Promise.all(
      resealed.map(({ id, field, was, now }) => scripts.reseal(redis, [person, id, field, was, now])),
    );
    return entries;
  }

  interface Chunk {
    readonly raws: readonly RawEntry[];
    readonly total: number;
    readonly next: Cursor | undefined;
  }

  async function chunk(
    person: string,
    archived: boolean,
    order: 'newest' | 'oldest',
    after: Cursor | undefined,
    most: number,
    what: 'labels' | 'all' = 'all',
  ): Promise<Chunk> {
    const list = archived ? 'archived' : 'sessions';
    const from = [after?.at ?? '', after?.number ?? ''];
    const answer = await scripts.list(redis, [person, list, order, ...from, most, KEPT_S, what]);
    const [total, at, number, ...entries] = answer as [number, string, string, ...unknown[]];
    return { total, next: number === '' ? undefined : { at, number }, raws: entries.map(readRaw) };
  }

  /** The list from `after` on, part by part. The first part is mostly enough; later, the next is on its way meanwhile. */
  async function* parts(
    person: string,
    archived: boolean,
    what: 'labels' | 'all',
    after?: Cursor,
  ): AsyncGenerator<Chunk> {
    const read = (from: Cursor | undefined) => chunk(person, archived, 'newest', from, CHUNK, what);
    let ahead: Promise<Chunk> | undefined = read(after);
    try {
      for (let looked = 0; ahead; looked += 1) {
        const part: Chunk = await ahead;
        const follow = () => part.next && read(part.next);
        ahead = looked > 0 ? follow() : undefined;
        yield part;
        ahead ??= follow();
      }
    } finally {
      // Nobody wants it any more, whatever it is.
      await Promise.allSettled([ahead]);
    }
  }

  const labelsOf = (person: string, raws: readonly RawEntry[]) =>
    Promise.all(raws.map(async (raw) => ({ raw, labels: await records.labels(person, raw) })));

  /** The entries of which only the labels are known; without those that have just gone. */
  async function whole(person: string, raws: readonly RawEntry[]): Promise<SessionEntry[]> {
    const entries = await Promise.all(raws.map(({ id }) => look(person, 'id', id)));
    return entries.filter((entry) => entry !== undefined);
  }

  /** The newest entries that match, looked for from `after` on. */
  async function search(person: string, request: ListRequest, after: Cursor | undefined): Promise<Page> {
    const matches = matcher(request.words ?? '');
    const found: RawEntry[] = [];
    let total = 0;
    for await (const part of parts(person, request.archived === true, 'labels', after)) {
      total = part.total;
      for (const { raw, labels } of await labelsOf(person, part.raws)) if (matches(labels)) found.push(raw);
      if (found.length > request.most) break;
    }
    const page = found.slice(0, Math.max(1, request.most));
    const last = found.length > page.length ? page.at(-1) : undefined;
    const next = last && writeCursor({ at: String(last.lastAt), number: String(last.number) });
    return { entries: await whole(person, page), total, ...(next === undefined ? {} : { next }) };
  }

  /** All of them, archived or not, part by part. */
  async function* everything(person: string, what: 'labels' | 'all'): AsyncGenerator<readonly RawEntry[]> {
    for (const archived of [false, true])
      for await (const { raws } of parts(person, archived, what)) yield raws;
  }

  async function look(
    person: string,
    kind: 'id' | 'number' | 'name',
    what: string,
  ): Promise<SessionEntry | undefined> {
    const answer = await nameKey.with((key) => {
      const { base, suffix } = splitName(what);
      const name = `${nameToken(key, person, base)}:${suffixInOrder(suffix)}`;
      return scripts.look(redis, [person, kind, kind === 'name' ? name : what, key.id]);
    });
    return answer ? (await opened(person, [readRaw(answer)]))[0] : undefined;
  }

  async function nearestTo(person: string, typed: string): Promise<SessionEntry[]> {
    const distance = distanceTo(typed);
    let near: { raw: RawEntry; far: number }[] = [];
    for await (const raws of everything(person, 'labels')) {
      for (const { raw, labels } of await labelsOf(person, raws)) {
        const far = distance(labels);
        if (far !== undefined) near.push({ raw, far });
      }
      near = near.toSorted((a, b) => a.far - b.far || b.raw.lastAt - a.raw.lastAt).slice(0, NEAR);
    }
    return whole(
      person,
      near.map(({ raw }) => raw),
    );
  }

  return {
    /** Newest activity first. Nothing is on two pages, even if it is used meanwhile. */
    async list(actor: string, request: ListRequest): Promise<Page> {
      const person = directoryId(actor);
      const after = readCursor(request.after);
      if (fold(request.words ?? '') !== '') return search(person, request, after);
      const { raws, total, next } = await chunk(
        person,
        request.archived === true,
        'newest',
        after,
        Math.max(1, request.most),
      );
      return {
        entries: await opened(person, raws),
        total,
        ...(next ? { next: writeCursor(next) } : {}),
      };
    },

    get: (actor: string, session: string) => look(directoryId(actor), 'id', session),

    /** By its number, or by its name in any case. Digits that are no number of a session may be a name. */
    async find(
      actor: string,
      wanted: { readonly number: number } | { readonly title: string },
    ): Promise<Found> {
      const person = directoryId(actor);
      const title = 'number' in wanted ? String(wanted.number) : wanted.title;
      const entry =
        ('number' in wanted ? await look(person, 'number', title) : undefined) ??
        (await look(person, 'name', title));
      if (entry) return { kind: 'found', entry };
      return { kind: 'none', near: await nearestTo(person, title) };
    },

    activeCount: (actor: string) => redis.zcard(`${keyPrefix}:sessions:${directoryId(actor)}`),

    /** The active ones that were not used for longest. */
    async oldestIdle(actor: string, most: number): Promise<SessionEntry[]> {
      const person = directoryId(actor);
      const { raws } = await chunk(person, false, 'oldest', undefined, most);
      return opened(person, raws);
    },

    /** Everything that is kept of a person's sessions, part by part. */
    async *export(actor: string): AsyncGenerator<SessionEntry> {
      const person = directoryId(actor);
      for await (const raws of everything(person, 'all')) yield* await opened(person, raws);
    },
  };
}

/** Where a page ends: the last activity of its last entry, as Redis wrote it, and its number. */
interface Cursor {
  readonly at: string;
  readonly number: string;
}

const writeCursor = ({ at, number }: Cursor): string => `${at}:${number}`;

/** Undefined, from the start, also for what is no cursor. */
function readCursor(text: string | undefined): Cursor | undefined {
  const [, at, number] = /^(\d{1,16}):(\d{1,16})$/.exec(text ?? '') ?? [];
  return at === undefined || number === undefined ? undefined : { at, number };
}
