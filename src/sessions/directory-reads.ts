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
  ): Promise<Chunk> {
    const list = archived ? 'archived' : 'sessions';
    const [total, at, id, ...entries] = (await scripts.list(redis, [
      person,
      list,
      order,
      after?.at ?? '',
      after?.id ?? '',
      most,
      KEPT_S,
    ])) as [number, string, string, ...unknown[]];
    return { total, next: id === '' ? undefined : { at, id }, raws: entries.map(readRaw) };
  }

  /** The newest entries that match, looked for from `after` on. */
  async function search(person: string, request: ListRequest, after: Cursor | undefined): Promise<Page> {
    const matches = matcher(request.words ?? '');
    const found: RawEntry[] = [];
    let from = after;
    for (;;) {
      const { raws, total, next } = await chunk(person, request.archived === true, 'newest', from, CHUNK);
      const labels = await Promise.all(raws.map((raw) => records.labels(person, raw)));
      found.push(...raws.filter((_, i) => labels[i] && matches(labels[i])));
      from = next;
      if (next && found.length <= request.most) continue;
      const page = found.slice(0, request.most);
      const last = page.at(-1);
      const more = found.length > page.length && last !== undefined;
      const cursor = more ? writeCursor({ at: String(last.lastAt), id: last.id }) : undefined;
      return {
        entries: await opened(person, page),
        total,
        ...(cursor === undefined ? {} : { next: cursor }),
      };
    }
  }

  /** All of them, archived or not, part by part. */
  async function* everything(person: string): AsyncGenerator<readonly RawEntry[]> {
    for (const archived of [false, true]) {
      let next: Cursor | undefined;
      do {
        const part: Chunk = await chunk(person, archived, 'newest', next, CHUNK);
        yield part.raws;
        next = part.next;
      } while (next);
    }
  }

  async function look(
    person: string,
    kind: 'id' | 'number' | 'name',
    what: string,
  ): Promise<SessionEntry | undefined> {
    const answer = await nameKey.with((key) => {
      const { base, suffix } = splitName(what);
      const name = `${nameToken(key, person, base)}:${String(suffix).padStart(9, '0')}`;
      return scripts.look(redis, [person, kind, kind === 'name' ? name : what, key.id]);
    });
    return answer ? (await opened(person, [readRaw(answer)]))[0] : undefined;
  }

  async function nearestTo(person: string, typed: string): Promise<SessionEntry[]> {
    const distance = distanceTo(typed);
    let near: { raw: RawEntry; far: number }[] = [];
    for await (const raws of everything(person)) {
      for (const raw of raws) {
        const far = distance(await records.labels(person, raw));
        if (far !== undefined) near.push({ raw, far });
      }
      near = near.toSorted((a, b) => a.far - b.far || b.raw.lastAt - a.raw.lastAt).slice(0, NEAR);
    }
    return opened(
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
      for await (const raws of everything(person)) yield* await opened(person, raws);
    },
  };
}

/** Where a page ends: the last activity of its last entry, as Redis wrote it, and its id. */
interface Cursor {
  readonly at: string;
  readonly id: string;
}

const writeCursor = ({ at, id }: Cursor): string => `${at}:${id}`;

/** Undefined, from the start, also for what is no cursor. */
function readCursor(text: string | undefined): Cursor | undefined {
  const [, at, id] = /^(\d{1,16}):([\w-]{1,100})$/.exec(text ?? '') ?? [];
  return at === undefined || id === undefined ? undefined : { at, id };
}
