import { createAuditKeys } from '../../src/audit/audit-keys.ts';
import { type Entry, readEntry } from '../../src/audit/chain.ts';
import type { Subject } from '../../src/audit/events.ts';
import { newestOf } from '../../src/audit/read-log.ts';
import type { LogAtHand } from './with-audit.ts';

export interface Wanted {
  readonly limit: number;
  readonly who?: Subject;
  /** A type, or what stands before the dot of it. */
  readonly type?: string;
  /** None from before; epoch milliseconds. */
  readonly since?: number;
}

/** The newest entries that are wanted, oldest first. Those that cannot be read are left to `verify`. */
export async function latestEntries({ redis, place }: LogAtHand, wanted: Wanted): Promise<Entry[]> {
  const { find } = createAuditKeys(redis, place.keyPrefix, place.dataKeys);
  const pseudonyms = new Map<string, string | undefined>();
  /** Each key has pseudonyms of its own, so it depends on the entry how somebody is called in it. */
  async function isAbout(entry: Entry, who: Subject): Promise<boolean> {
    if (!pseudonyms.has(entry.key)) pseudonyms.set(entry.key, (await find(entry.key))?.pseudonym(who));
    const pseudonym = pseudonyms.get(entry.key);
    return pseudonym !== undefined && Object.values(entry.event).includes(pseudonym);
  }
  const { who, type, limit, since = 0 } = wanted;
  const found: Entry[] = [];
  for (let before = '+'; ; ) {
    const page = await newestOf(redis, place.keyPrefix, before);
    for (const { line } of page) {
      const entry = readEntry(line);
      if (entry && entry.at < since) return found;
      if (!entry || (who && !(await isAbout(entry, who)))) continue;
      if (type !== undefined && entry.event.type !== type && !entry.event.type.startsWith(`${type}.`))
        continue;
      found.unshift(entry);
      if (found.length === limit) return found;
    }
    const last = page.at(-1);
    if (!last) return found;
    before = `(${last.id}`;
  }
}

/** A row an entry: number, time, type, and the rest as name=value. */
export function entriesTable(entries: readonly Entry[]): string {
  const rows = entries.map(({ seq, at, event: { type, ...facts } }) => [
    String(seq),
    new Date(at).toISOString(),
    type,
    Object.entries(facts)
      .map(([name, value]) => `${name}=${String(value)}`)
      .join(' '),
  ]);
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')).join('\n');
}
