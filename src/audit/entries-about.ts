import type { Connection } from '../store/connection.ts';
import type { AuditKeys } from './audit-keys.ts';
import { readEntry } from './chain.ts';
import type { Subject } from './events.ts';
import { pageOf } from './read-log.ts';

/** An entry as it is kept: with pseudonyms. */
export interface EntryAbout {
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly event: Readonly<Record<string, unknown>>;
}

/** The entries that name one of these, oldest first; without those whose keys are gone, for nobody can tell. */
export async function* entriesAbout(
  deps: { readonly redis: Connection; readonly keyPrefix: string; readonly keys: Pick<AuditKeys, 'find'> },
  subjects: readonly Subject[],
): AsyncGenerator<EntryAbout> {
  const { redis, keyPrefix, keys } = deps;
  const names = new Map<string, ReadonlySet<string>>();
  for (let from = '-'; ; ) {
    const page = await pageOf(redis, keyPrefix, from);
    for (const { line } of page) {
      const entry = readEntry(line);
      if (!entry) continue;
      let mine = names.get(entry.key);
      if (!mine) {
        const key = await keys.find(entry.key);
        mine = new Set(key ? subjects.map((subject) => key.pseudonym(subject)) : []);
        names.set(entry.key, mine);
      }
      const known = mine;
      if (Object.values(entry.event).some((value) => typeof value === 'string' && known.has(value)))
        yield { seq: entry.seq, at: entry.at, event: entry.event };
    }
    const last = page.at(-1);
    if (last === undefined) return;
    from = `(${last.id}`;
  }
}
