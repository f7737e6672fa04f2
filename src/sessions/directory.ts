import type { ConversationKey } from '../chat/vocabulary.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import { directoryId } from './directory-id.ts';
import { createDirectoryReads, nameToken } from './directory-reads.ts';
import { createEntryRecords, type EntryRecordsDeps } from './entry-record.ts';
import * as lua from './lua.ts';
import * as changes from './lua-changes.ts';
import type { Restorable } from './memory-events.ts';
import { createNameKey, type NameKey, type NameKeyDeps } from './name-key.ts';
import { KEPT_S, LIMITS } from './session-entry.ts';
import { cleanLine, cleanTag, cut, fold, joinName, nameFrom, splitName } from './session-name.ts';

export interface DirectoryDeps extends NameKeyDeps, EntryRecordsDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
}

/** A session that begins, or that is asked something again. */
export interface Touch {
  readonly session: string;
  /** The lane in which it begins, and the lane's generation. */
  readonly lane: string;
  readonly generation: number;
  readonly origin: ConversationKey;
  /** Empty: nothing was asked yet. */
  readonly question: string;
  /** Only where the person gave one. */
  readonly name?: string;
  /** A record, named without the prefix, that notes the session if it is there, so that its turn stays in it. */
  readonly notedIn?: string;
  /** The question is the person's first in a thread of this conversation, and may belong where `setNext` said. */
  readonly opens?: { readonly conversation: string; readonly askedAt: number };
}

export interface Touched {
  readonly created: boolean;
  readonly number: number;
  /** As it was made or given for a session that has just been created; another one may have been given since. */
  readonly name: string;
  /** How many sessions of the person are active now. */
  readonly active: number;
  /** What was asked belongs in this session, to which its lane is bound now: touch that one. */
  readonly instead?: string;
}

export type Directory = ReturnType<typeof createDirectory>;

/**
 * The sessions of each person, by the actor that they belong to. An id of another actor's session is as unknown as one
 * that does not exist. Whatever is asked for is done by one script, but for searches, which look through all names.
 */
export function createDirectory(deps: DirectoryDeps) {
  const { redis, keyPrefix } = deps;
  const define = (source: string) => defineScript(source, keyPrefix);
  const scripts = {
    touch: define(lua.TOUCH),
    rename: define(changes.RENAME),
    tag: define(changes.TAG),
    untag: define(changes.UNTAG),
    setProject: define(changes.SET_PROJECT),
    archive: define(changes.ARCHIVE),
    restore: define(changes.RESTORE),
    archiveIdle: define(changes.ARCHIVE_IDLE),
    remove: define(changes.REMOVE),
    erase: define(changes.ERASE),
    load: define(lua.LOAD),
  };
  const nameKey = createNameKey(deps);
  const records = createEntryRecords(deps);
  const tagToken = (key: NameKey, person: string, tag: string) => key.token(person, `tag ${fold(tag)}`);

  return {
    ...createDirectoryReads({ redis, keyPrefix, nameKey, records }),

    /**
     * The session begins, or is known: one Redis command. An archived one is active again. Retention, and what `new` and
     * `resume` left for the lane, begin anew. Turns are counted where they end. @throws SealedError `key_unavailable`, and what Redis says.
     */
    async touch(actor: string, touch: Touch): Promise<Touched> {
      const person = directoryId(actor);
      const { session, lane, generation, origin, opens } = touch;
      const { base, suffix } = splitName(touch.name ?? nameFrom(touch.question));
      const question = cut(touch.question, LIMITS.question);
      // Mostly the name is the question, or its beginning, and is kept only once.
      const named = touch.name === undefined && question.startsWith(base) ? base.length : undefined;
      const sealed = await records.sealOpening(person, session, { origin, question, named });
      const name = named === undefined ? await records.seal(person, session, 'name', base) : '';
      const how = [touch.name === undefined ? 0 : 1, touch.question === '' ? 0 : 1, touch.notedIn ?? ''];
      const [created, number, given, active, instead] = (await nameKey.with((key) =>
        scripts.touch(redis, [
          ...[person, key.id, KEPT_S, session, lane, generation],
          ...[nameToken(key, person, base), suffix, sealed, name, ...how],
          ...[opens?.conversation ?? '', opens?.askedAt ?? 0],
        ]),
      )) as [number, number, number, number, string];
      return {
        created: created === 1,
        number,
        name: joinName({ base, suffix: given }),
        active,
        ...(instead === '' ? {} : { instead }),
      };
    },

    /** The name that it got, with a number behind it where the wanted one is taken; undefined: there is no such session. */
    async rename(actor: string, session: string, name: string): Promise<string | undefined> {
      const person = directoryId(actor);
      const { base, suffix } = splitName(name);
      const sealed = await records.seal(person, session, 'name', base);
      const given = await nameKey.with((key) =>
        scripts.rename(redis, [
          ...[person, key.id, KEPT_S, session],
          ...[nameToken(key, person, base), suffix, sealed],
        ]),
      );
      return given === null ? undefined : joinName({ base, suffix: Number(given) });
    },

    async tag(actor: string, session: string, tag: string): Promise<'ok' | 'unknown' | 'full' | 'empty'> {
      const person = directoryId(actor);
      const clean = cleanTag(tag);
      if (clean === '') return 'empty';
      const answer = await nameKey.with(async (key) => {
        const token = tagToken(key, person, clean);
        const sealed = await records.seal(person, session, `tag:${token}`, clean);
        return scripts.tag(redis, [person, key.id, session, token, sealed, LIMITS.tags]);
      });
      return answer as 'ok' | 'unknown' | 'full';
    },

    /** Whether it had this tag. */
    async untag(actor: string, session: string, tag: string): Promise<boolean> {
      const person = directoryId(actor);
      const answer = await nameKey.with((key) =>
        scripts.untag(redis, [person, key.id, session, tagToken(key, person, cleanTag(tag))]),
      );
      return answer === 1;
    },

    /** Empty: none. False: there is no such session. */
    async setProject(actor: string, session: string, project: string): Promise<boolean> {
      const person = directoryId(actor);
      const clean = cleanLine(project, LIMITS.project);
      const sealed = clean === '' ? '' : await records.seal(person, session, 'project', clean);
      return (await scripts.setProject(redis, [person, session, sealed])) === 1;
    },

    /** Whether it was active. */
    archive: async (actor: string, session: string) =>
      (await scripts.archive(redis, [directoryId(actor), session])) === 1,

    /** Whether it was archived. It counts as used now. */
    restore: async (actor: string, session: string) =>
      (await scripts.restore(redis, [directoryId(actor), session, KEPT_S])) === 1,

    /** Archives sessions of whomever that had no turn for so long, `most` at a time; answers how many. Milliseconds. */
    archiveIdle: async (idleMs: number, most: number) =>
      Number(await scripts.archiveIdle(redis, [idleMs, most])),

    /**
     * Threads that went on in it are where they were before `resume`; the one where it began goes on in a fresh one. Busy:
     * something is asked in one of them just now, and nothing was done.
     */
    remove: async (actor: string, session: string) =>
      (await scripts.remove(redis, [directoryId(actor), session])) as 'removed' | 'unknown' | 'busy',

    /** Leaves nothing of a person; answers how many sessions there were. */
    erase: async (actor: string) => Number(await scripts.erase(redis, [directoryId(actor)])),

    /**
     * Puts an entry back that Redis has lost, with its number and name where they are still free; false: it is known, or
     * too old.
     */
    load: (actor: string, entry: Restorable) => load(directoryId(actor), entry),

    /** The same for who is known by the name of their directory only. */
    loadInto: load,
  };

  async function load(person: string, entry: Restorable): Promise<boolean> {
    const { id, origin } = entry;
    const { base, suffix } = splitName(entry.name);
    const question = cut(entry.question, LIMITS.question);
    const opening = await records.sealOpening(person, id, { origin, question });
    const name = await records.seal(person, id, 'name', base);
    const project = entry.project === '' ? '' : await records.seal(person, id, 'project', entry.project);
    const answer = await nameKey.with(async (key) => {
      const tags = entry.tags.slice(0, LIMITS.tags).map(async (tag) => {
        const token = tagToken(key, person, tag);
        return [token, await records.seal(person, id, `tag:${token}`, tag)];
      });
      return scripts.load(redis, [
        ...[person, key.id, KEPT_S, id, nameToken(key, person, base), suffix, opening, name, project],
        ...[entry.createdAt, entry.lastAt, entry.turns, entry.number, entry.archived ? 1 : 0],
        ...(await Promise.all(tags)).flat(),
      ]);
    });
    return answer === 1;
  }
}
