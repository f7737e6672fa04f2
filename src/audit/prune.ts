import type { Connection } from '../store/connection.ts';
import { AuditError } from './audit-error.ts';
import { hashOf, type Place, readEntry } from './chain.ts';
import { pageOf } from './read-log.ts';

const MOST_REMOVED = 10_000;

interface Pruning {
  readonly redis: Connection;
  readonly keyPrefix: string;
  /** The end of the log. */
  readonly place: Place;
  /** Entries from before this time go; epoch ms. */
  readonly before: number;
}

/** Entries to remove: from and up to which number, and the hash of the last of them. */
export interface Removal {
  readonly from: number;
  readonly upTo: number;
  readonly hash: string;
}

/**
 * Which entries are old enough to go; undefined when none is.
 *
 * @throws AuditError `damaged` when they do not hang together, with what follows them too.
 */
export async function planRemoval(pruning: Pruning): Promise<Removal | undefined> {
  const { redis, keyPrefix, place, before } = pruning;
  let found: Removal | undefined;
  for (let from = '-'; ; from = `(${found?.upTo}-0`) {
    const page = await pageOf(redis, keyPrefix, from);
    if (page.length === 0) {
      if (found && found.hash !== place.hash) throw unlinked();
      return found;
    }
    for (const { line } of page) {
      const entry = readEntry(line);
      if (!entry || (found && (entry.prev !== found.hash || entry.seq !== found.upTo + 1))) throw unlinked();
      const first = found?.from ?? entry.seq;
      if (entry.at >= before || entry.seq > place.seq || entry.seq - first >= MOST_REMOVED) return found;
      found = { from: first, upTo: entry.seq, hash: hashOf(line) };
    }
  }
}

const unlinked = () =>
  new AuditError(
    'damaged',
    'Old audit entries do not hang together, so they are kept. Run `npm run ops -- audit verify`.',
  );
