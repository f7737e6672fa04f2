import type { AuditKey } from './audit-keys.ts';
import { BEGINNING, type Entry, entryIsSigned, hashOf, headIsSigned, readEntry, readHead } from './chain.ts';
import { factsSchema } from './events.ts';

/** What can be wrong with a log, and what it means. */
export const FINDINGS = {
  unreadable: 'is no entry, or was changed',
  misplaced: 'does not stand at the place that its number says',
  out_of_sequence: 'does not follow the number before it: entries were removed, added or moved',
  broken_link: 'does not follow the content before it: that was changed, or this',
  forged: 'was not signed with our key',
  time_reversed: 'is older than the entry before it',
  beginning_missing: 'is the first one, and no pruning explains what became of those before it',
  pruning_differs: 'tells of a pruning that does not go on where the one before it ended',
  rolled_back: 'tells that entries at the end were lost before it',
  unproven: 'and all after it are signed with no key that is known here',
  entries_missing: 'is what the head names as the end, but the log has no entries',
  head_missing: 'is the last one, and no head confirms it',
  head_unreadable: 'is the last one, and the head cannot be read',
  head_forged: 'is the last one, and the head was not signed with our key',
  head_differs: 'is not the end that the head names',
  anchor_differs: 'is not what it was, or not there any more',
} as const;
export type FindingKind = keyof typeof FINDINGS;

export interface Finding {
  /** The entry that it is about, by its number or else by its place; 0 when there is none. */
  readonly seq: number;
  readonly kind: FindingKind;
}

/** A place that somebody wrote down earlier. */
export interface Anchor {
  readonly seq: number;
  readonly hash: string;
}

export interface Verdict {
  readonly ok: boolean;
  readonly entries: number;
  /** Numbers and times (epoch ms) of the first and the last entry. */
  readonly first: { readonly seq: number; readonly at: number } | undefined;
  readonly last: { readonly seq: number; readonly at: number; readonly hash: string } | undefined;
  /** Our keys vouch for every entry and for the end. False without keys: then only accidents would have been found. */
  readonly proven: boolean;
  /** At most 100; `more` says how many there are besides. */
  readonly findings: readonly Finding[];
  readonly more: number;
}

export interface VerifierDeps {
  readonly find: (id: string) => Promise<AuditKey | undefined>;
  /** The keys are real: entries at the end that none of them signed are a finding. False where none is configured. */
  readonly demandProof: boolean;
  readonly anchors?: readonly Anchor[];
}

const MOST_FINDINGS = 100;

/**
 * Checks a log line by line, in order. A signature vouches for all before it, so entries signed with keys that were
 * retired since are proven by a later entry. Finds every change by whoever has not our keys, except that the whole
 * log is put back to an earlier state of itself: that takes an anchor.
 */
export function createVerifier({ find, demandProof, anchors = [] }: VerifierDeps) {
  const findings: Finding[] = [];
  const keys = new Map<string, AuditKey | undefined>();
  let more = 0;
  let entries = 0;
  let first: Entry | undefined;
  let last: { seq: number; at: number; hash: string } | undefined;
  let unprovenFrom: number | undefined;
  let prunedUpTo: number | undefined;
  let prunedHash: string | undefined;
  const open = new Map(anchors.map((anchor) => [anchor, false]));

  function report(seq: number, kind: FindingKind): void {
    if (findings.length < MOST_FINDINGS) findings.push({ seq, kind });
    else more += 1;
  }

  async function keyOf(id: string): Promise<AuditKey | undefined> {
    if (!keys.has(id)) keys.set(id, await find(id));
    return keys.get(id);
  }

  async function checkSignature(entry: Entry): Promise<void> {
    const key = await keyOf(entry.key);
    if (!key) unprovenFrom ??= entry.seq;
    else if (entryIsSigned(entry, key)) unprovenFrom = undefined;
    else report(entry.seq, 'forged');
  }

  function checkFacts(entry: Entry): void {
    if (!entry.event.type.startsWith('audit.')) return;
    const { data } = factsSchema.safeParse(entry.event);
    if (data?.type === 'audit.rolled_back') report(entry.seq, 'rolled_back');
    if (data?.type !== 'audit.pruned') return;
    if (prunedUpTo !== undefined && data.from !== prunedUpTo + 1) report(entry.seq, 'pruning_differs');
    prunedUpTo = data.upTo;
    prunedHash = data.hash;
  }

  return {
    /** The next line. `id`: what it is kept under, where that is known. */
    async add(line: string, id?: string): Promise<void> {
      entries += 1;
      const hash = hashOf(line);
      const expected = last === undefined ? undefined : last.seq + 1;
      const entry = readEntry(line);
      if (!entry) {
        const seq = expected ?? entries;
        report(seq, 'unreadable');
        last = { seq, at: last?.at ?? 0, hash };
        return;
      }
      const { seq, at } = entry;
      if (id !== undefined && id !== `${seq}-0`) report(seq, 'misplaced');
      if (expected !== undefined && seq !== expected) report(seq, 'out_of_sequence');
      if (last && entry.prev !== last.hash) report(seq, 'broken_link');
      if (last && at < last.at) report(seq, 'time_reversed');
      await checkSignature(entry);
      checkFacts(entry);
      for (const anchor of anchors) if (anchor.seq === seq && anchor.hash === hash) open.set(anchor, true);
      if (entries === 1) first = entry;
      last = { seq, at, hash };
    },

    /** After the last line: what the log says is its end. */
    async end(headText: string | undefined): Promise<Verdict> {
      const end = last?.seq ?? 0;
      if (first) {
        const isBeginning = first.seq === 1 && first.prev === BEGINNING.hash && prunedUpTo === undefined;
        const isExplained = first.seq - 1 === prunedUpTo && first.prev === prunedHash;
        if (!isBeginning && !isExplained) report(first.seq, 'beginning_missing');
      }
      if (unprovenFrom !== undefined && demandProof) report(unprovenFrom, 'unproven');
      const headProven = await checkHead(headText, end);
      for (const [anchor, met] of open) {
        const wasPruned = anchor.seq <= (prunedUpTo ?? 0);
        if (!met && !(wasPruned && (anchor.seq < (prunedUpTo ?? 0) || anchor.hash === prunedHash))) {
          report(anchor.seq, 'anchor_differs');
        }
      }
      return {
        ok: findings.length === 0,
        entries,
        first: first && { seq: first.seq, at: first.at },
        last,
        proven:
          demandProof && entries > 0 && findings.length === 0 && unprovenFrom === undefined && headProven,
        findings,
        more,
      };
    },
  };

  /** Whether our key vouches for the end. */
  async function checkHead(text: string | undefined, end: number): Promise<boolean> {
    if (text === undefined) {
      if (last) report(end, 'head_missing');
      return last === undefined;
    }
    const head = readHead(text);
    if (!head) {
      report(end, 'head_unreadable');
      return false;
    }
    if (!last) report(head.seq, 'entries_missing');
    else if (head.seq !== last.seq || head.hash !== last.hash || head.at !== last.at)
      report(end, 'head_differs');
    const key = await keyOf(head.key);
    if (key && headIsSigned(head, key)) return true;
    if (key || demandProof) report(end, 'head_forged');
    return false;
  }
}
