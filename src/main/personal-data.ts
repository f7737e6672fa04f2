import { randomBytes } from 'node:crypto';
import { createAuditKeys } from '../audit/audit-keys.ts';
import { entriesAbout } from '../audit/entries-about.ts';
import { logPlace } from '../audit/log-place.ts';
import type { Examples } from '../guardrails/examples.ts';
import { personSubject, whomOf } from '../privacy/erase.ts';
import type { Parts } from '../privacy/export.ts';
import type { MemoryOfPeople } from '../privacy/memory.ts';
import { type Account, actorsOf, type Person } from '../privacy/person.ts';
import type { Directory } from '../sessions/directory.ts';
import { directoryId } from '../sessions/directory-id.ts';
import type { Connection } from '../store/connection.ts';
import type { DataKeys } from '../store/data-keys.ts';
import type { TurnEraser } from '../turns/erase-turns.ts';
import { placeKept, reasonOf } from '../turns/turn.ts';

export interface PersonalDataDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly dataKeys: DataKeys | undefined;
  readonly directory: Pick<Directory, 'export'>;
  readonly memory: MemoryOfPeople | undefined;
  readonly turns: Pick<TurnEraser, 'turnsOf' | 'feedbackOf'>;
  readonly examples: Pick<Examples, 'of'>;
  /** The link of an account, without tokens; undefined: there is none. */
  readonly describe: (account: Account) => Promise<object | undefined>;
  readonly settingsOf: (account: Account) => Promise<object>;
}

/** Everything that is held about a person, part by part. */
export const personalData =
  (deps: PersonalDataDeps) =>
  (person: Person, signal: AbortSignal): Parts => {
    const { redis, keyPrefix, dataKeys, directory, memory, turns } = deps;
    const actors = actorsOf(person);
    const iso = (at: number) => new Date(at).toISOString();

    async function* account() {
      for (const one of person.accounts) {
        const link = await deps.describe(one);
        const linkedAt = link && 'linkedAt' in link ? { linkedAt: iso(Number(link.linkedAt)) } : {};
        yield {
          platform: one.platform,
          workspace: one.tenant,
          user: one.id,
          link: link ? { ...link, ...linkedAt } : 'none',
        };
      }
    }
    async function* settings() {
      for (const one of person.accounts)
        yield { platform: one.platform, user: one.id, ...(await deps.settingsOf(one)) };
    }
    async function* sessions() {
      for (const actor of actors)
        for await (const entry of directory.export(actor))
          yield { actsAs: actor, ...entry, createdAt: iso(entry.createdAt), lastAt: iso(entry.lastAt) };
    }
    async function* history() {
      if (!memory) return;
      for (const id of actors.map(directoryId))
        for await (const session of memory.sessions(id, signal)) {
          const events = [];
          for await (const event of memory.events(id, session, signal)) events.push(event);
          for (const { at, said, other } of events.toReversed())
            yield {
              session,
              at: iso(at),
              ...(said.length > 0 ? { said } : {}),
              ...(other.length > 0 ? { other } : {}),
            };
        }
    }
    async function* notes() {
      if (!memory) return;
      for (const id of actors.map(directoryId))
        for await (const { at, text, namespace } of memory.records(id, signal))
          yield { at: iso(at), text, namespace };
    }
    async function* feedback() {
      for await (const { at, ...said } of turns.feedbackOf(person.accounts)) yield { ...said, at: iso(at) };
    }
    async function* questions() {
      for await (const { id, open, receivedAt, fields } of turns.turnsOf(person.accounts)) {
        const message: unknown = fields.message === undefined ? undefined : readableOf(fields.message);
        const { state } = fields;
        yield {
          turn: id,
          open,
          askedAt: iso(receivedAt),
          state,
          reason: reasonOf(fields),
          ...(message ? { message } : { place: placeKept(fields) }),
        };
      }
    }
    async function* minded() {
      for await (const { at, ...example } of deps.examples.of(person.accounts))
        yield { ...example, at: iso(at) };
    }
    async function* record() {
      const log = await logPlace(redis, keyPrefix, dataKeys, randomBytes);
      const keys = createAuditKeys(redis, log.keyPrefix, log.dataKeys);
      const subjects = [...person.accounts.map(personSubject), whomOf(person)];
      for await (const { at, ...entry } of entriesAbout({ redis, keyPrefix: log.keyPrefix, keys }, subjects))
        yield { ...entry, at: iso(at) };
    }
    return [
      { name: 'account', rows: account },
      { name: 'settings', rows: settings },
      { name: 'sessions', rows: sessions },
      { name: 'history', rows: history },
      { name: 'notes', rows: notes },
      { name: 'feedback', rows: feedback },
      { name: 'questions', rows: questions },
      { name: 'minded', rows: minded },
      { name: 'record', rows: record },
    ];
  };

/** A question as it is kept, without the addresses of its files: those are as good as keys to them. */
function readableOf(kept: string): unknown {
  const { sources: _addresses, ...message } = JSON.parse(kept) as Readonly<Record<string, unknown>>;
  return message;
}
