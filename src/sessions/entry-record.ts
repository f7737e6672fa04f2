import { z } from 'zod';
import type { ConversationKey } from '../chat/vocabulary.ts';
import type { Sealer, SealOwner } from '../store/sealed.ts';
import { SealedError } from '../store/sealed-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SessionEntry } from './session-entry.ts';
import { joinName } from './session-name.ts';

/** An entry with what people wrote still sealed. */
export interface RawEntry {
  readonly id: string;
  readonly lastAt: number;
  readonly archived: boolean;
  readonly number: number;
  readonly fields: ReadonlyMap<string, string>;
}

/** Reads an entry as the scripts answer it: id, last activity, archived, number, fields and values of its record. */
export function readRaw(answer: unknown): RawEntry {
  const [id, lastAt, archived, number, pairs] = answer as [string, string, number, string, string[]];
  const parts = new Map<string, string>();
  for (let i = 0; i + 1 < pairs.length; i += 2) parts.set(pairs[i] ?? '', pairs[i + 1] ?? '');
  const fields = new Map<string, string>();
  for (const [name, first] of parts) if (!name.includes('.')) fields.set(name, whole(parts, name, first));
  return {
    id,
    lastAt: Number(lastAt),
    archived: archived === 1,
    number: Number(number),
    fields,
  };
}

/** Longer texts stand in pieces: `name`, `name.1`, `name.2`. */
function whole(parts: ReadonlyMap<string, string>, name: string, first: string): string {
  let text = first;
  for (let piece = 1; ; piece += 1) {
    const more = parts.get(`${name}.${piece}`);
    if (more === undefined) return text;
    text += more;
  }
}

/** What is known of a session from its beginning. */
export interface Opening {
  readonly question: string;
  readonly origin: ConversationKey;
  /** So much of the question is its name; undefined: that is kept apart. UTF-16 units. */
  readonly named?: number | undefined;
}

const PLATFORMS = { s: 'slack', t: 'teams' } as const;
const openingSchema = z.tuple([
  z.string().regex(/^\d*$/),
  z.enum(['s', 't']),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
]);

/** As it is sealed: lines, which are short. Ids have no line breaks; a question may. */
function writeOpening({ question, origin, named }: Opening): string {
  const { platform, tenant, conversation, thread } = origin;
  const ids = [tenant, conversation, thread].map((id) => id.replaceAll('\n', ' '));
  return [named ?? '', platform === 'slack' ? 's' : 't', ...ids, question].join('\n');
}

function readOpening(text: string): Opening {
  const [named, platform, tenant, conversation, thread, ...question] = text.split('\n');
  const parts = [named, platform, tenant, conversation, thread, question.join('\n')];
  const known = openingSchema.parse(parts);
  return {
    question: known[5],
    origin: { platform: PLATFORMS[known[1]], tenant: known[2], conversation: known[3], thread: known[4] },
    named: known[0] === '' ? undefined : Number(known[0]),
  };
}

/** A field that was sealed with an older key, or not at all, and the same sealed anew. */
export interface Resealed {
  readonly id: string;
  readonly field: string;
  readonly was: string;
  readonly now: string;
}

export interface EntryRecordsDeps {
  /** Undefined: nothing is sealed. */
  readonly sealer: Sealer | undefined;
  readonly log: Logger;
}

export type EntryRecords = ReturnType<typeof createEntryRecords>;

/** Writes and reads what people wrote in an entry. An envelope opens only for its person, session and field. */
export function createEntryRecords({ sealer, log }: EntryRecordsDeps) {
  async function seal(person: string, id: string, field: string, text: string): Promise<string> {
    return sealer ? sealer.seal(ownerOf(person, id, field), text) : `${PLAIN}${text}`;
  }

  /** Undefined: it is not there, or cannot be read any more. */
  async function open(
    person: string,
    { id, fields }: RawEntry,
    field: string,
    resealed?: Resealed[],
  ): Promise<string | undefined> {
    const was = fields.get(field);
    if (was === undefined) return undefined;
    try {
      const plain = was.startsWith(PLAIN) ? was.slice(PLAIN.length) : undefined;
      if (!sealer) return plain;
      const { plaintext, stale } =
        plain === undefined
          ? await sealer.open(ownerOf(person, id, field), was)
          : { plaintext: plain, stale: true };
      const text = plaintext.toString();
      if (stale && resealed) resealed.push({ id, field, was, now: await seal(person, id, field, text) });
      return text;
    } catch (error) {
      if (!(error instanceof SealedError) || error.code === 'key_unavailable') throw error;
      log.error({ code: error.code, field }, 'a part of a session’s entry cannot be opened');
      return undefined;
    }
  }

  async function opening(person: string, raw: RawEntry, resealed?: Resealed[]): Promise<Opening | undefined> {
    const text = await open(person, raw, 'o', resealed);
    return text === undefined ? undefined : readOpening(text);
  }

  const baseIn = (begun: Opening | undefined): string | undefined =>
    begun?.named === undefined ? undefined : begun.question.slice(0, begun.named);

  async function tagsOf(person: string, raw: RawEntry, resealed?: Resealed[]): Promise<string[]> {
    const fields = [...raw.fields.keys()].filter((field) => field.startsWith('tag:'));
    const tags = await Promise.all(fields.map((field) => open(person, raw, field, resealed)));
    return tags.filter((tag) => tag !== undefined).toSorted((a, b) => (a < b ? -1 : 1));
  }

  function nameOf(raw: RawEntry, base: string | undefined): string {
    // It cannot be read any more: the number is still the person's.
    if (base === undefined) return `Session ${raw.number}`;
    return joinName({ base, suffix: Number(raw.fields.get('suffix') ?? 1) });
  }

  return {
    seal,
    sealOpening: (person: string, id: string, begun: Opening) => seal(person, id, 'o', writeOpening(begun)),

    /** Only what a list is searched by: cheaper than all of it. */
    async labels(person: string, raw: RawEntry): Promise<Pick<SessionEntry, 'name' | 'tags' | 'project'>> {
      const base = raw.fields.has('name') ? open(person, raw, 'name') : opening(person, raw).then(baseIn);
      const name = nameOf(raw, await base);
      if (!raw.fields.has('tagged')) return { name, tags: [], project: '' };
      const [tags, project] = await Promise.all([tagsOf(person, raw), open(person, raw, 'project')]);
      return { name, tags, project: project ?? '' };
    },

    /** The whole entry; what should be sealed anew is added to `resealed`. @throws SealedError `key_unavailable`. */
    async entry(person: string, raw: RawEntry, resealed: Resealed[]): Promise<SessionEntry> {
      const [base, begun, tags, project] = await Promise.all([
        open(person, raw, 'name', resealed),
        opening(person, raw, resealed),
        tagsOf(person, raw, resealed),
        open(person, raw, 'project', resealed),
      ]);
      return {
        id: raw.id,
        number: raw.number,
        name: nameOf(raw, raw.fields.has('name') ? base : baseIn(begun)),
        tags,
        project: project ?? '',
        createdAt: Number(raw.fields.get('c')),
        lastAt: raw.lastAt,
        turns: Number(raw.fields.get('t')),
        question: begun?.question ?? '',
        archived: raw.archived,
        origin: begun?.origin,
      };
    },
  };
}

/** Marks what is not sealed; no envelope begins with it. */
const PLAIN = 'plain:';

/** JSON keeps the borders between the parts. */
const ownerOf = (person: string, id: string, field: string): SealOwner => ({
  tenant: 'people',
  user: JSON.stringify([person, id, field]),
  provider: 'sessions',
  version: 1,
});
