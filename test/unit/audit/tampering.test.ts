import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditKey } from '../../../src/audit/audit-keys.ts';
import { canonicalJson } from '../../../src/audit/canonical-json.ts';
import { hashOf, readEntry, readHead, writeEntry, writeHead } from '../../../src/audit/chain.ts';
import { factsOf } from '../../../src/audit/facts.ts';
import { anyEvent, anyRecipe, brew, keyOf, type StoredLog, verdictOn } from './logs.ts';

const LOGS = 1_000;

type Dice = (below: number) => number;
type Tampering = (log: StoredLog, dice: Dice, foreign: StoredLog) => StoredLog;

const without = <T>(list: readonly T[], from: number, count = 1) => list.toSpliced(from, count);
const insert = <T>(list: readonly T[], at: number, what: T) => list.toSpliced(at, 0, what);

/** Writes a field of an entry anew, signature and chain untouched. */
function altered(line: string, change: (entry: Record<string, unknown>) => void): string {
  const entry = JSON.parse(line) as Record<string, unknown>;
  change(entry);
  return canonicalJson(entry);
}

/** What somebody may do who can write to Redis, or holds the exported file. */
const TAMPERINGS: Record<string, Tampering> = {
  'edit a character': ({ lines, head }, dice) => {
    const i = dice(lines.length);
    const line = lines[i] ?? '';
    const at = dice(line.length);
    const other = String.fromCharCode(33 + dice(90));
    return { lines: lines.with(i, line.slice(0, at) + other + line.slice(at + 1)), head };
  },
  'edit the white space': ({ lines, head }, dice) => {
    const i = dice(lines.length);
    return { lines: lines.with(i, (lines[i] ?? '').replace(',', ', ')), head };
  },
  'edit who it was': ({ lines, head }, dice) => {
    const i = dice(lines.length);
    const other = altered(lines[i] ?? '', (entry) => {
      entry.event = { ...(entry.event as object), who: 'person:aaaaaaaaaaaaaaaaaaaaaaaaaa' };
    });
    return { lines: lines.with(i, other), head };
  },
  'edit when it was': ({ lines, head }, dice) => {
    const i = dice(lines.length);
    return {
      lines: lines.with(
        i,
        altered(lines[i] ?? '', (entry) => (entry.at = Number(entry.at) + 1)),
      ),
      head,
    };
  },
  'name another key': ({ lines, head }, dice) => {
    const i = dice(lines.length);
    return {
      lines: lines.with(
        i,
        altered(lines[i] ?? '', (entry) => (entry.key = 'aaaaaaaaaaaa')),
      ),
      head,
    };
  },
  'edit the signature': ({ lines, head }, dice) => {
    const i = dice(lines.length);
    return {
      lines: lines.with(
        i,
        altered(lines[i] ?? '', (entry) => (entry.mac = entry.prev)),
      ),
      head,
    };
  },
  'delete an entry': ({ lines, head }, dice) => ({ lines: without(lines, dice(lines.length)), head }),
  'delete some in a row': ({ lines, head }, dice) => {
    const from = dice(lines.length);
    return { lines: without(lines, from, 1 + dice(lines.length - from)), head };
  },
  'cut off the beginning': ({ lines, head }, dice) => ({
    lines: lines.slice(1 + dice(lines.length - 1)),
    head,
  }),
  'cut off the end': ({ lines, head }, dice) => ({ lines: lines.slice(0, dice(lines.length)), head }),
  'cut off the end and adjust the head': ({ lines, head }, dice) => {
    const kept = lines.slice(0, 1 + dice(lines.length - 1));
    const last = readEntry(kept.at(-1) ?? '');
    const claimed = altered(head ?? '', (fields) => {
      Object.assign(fields, { seq: last?.seq, at: last?.at, hash: hashOf(kept.at(-1) ?? '') });
    });
    return { lines: kept, head: claimed };
  },
  'swap two': ({ lines, head }, dice) => {
    const [i, j] = [dice(lines.length), dice(lines.length)];
    return { lines: lines.with(i, lines[j] ?? '').with(j, lines[i] ?? ''), head };
  },
  'turn the order round': ({ lines, head }) => ({ lines: lines.toReversed(), head }),
  'add a copy': ({ lines, head }, dice) => ({
    lines: insert(lines, dice(lines.length + 1), lines[dice(lines.length)] ?? ''),
    head,
  }),
  'add a copy at the end': ({ lines, head }, dice) => ({
    lines: [...lines, lines[dice(lines.length)] ?? ''],
    head,
  }),
  'add an entry of another log': ({ lines, head }, dice, foreign) => ({
    lines: insert(lines, dice(lines.length + 1), foreign.lines[dice(foreign.lines.length)] ?? ''),
    head,
  }),
  'put an entry of another log in place of one': ({ lines, head }, dice, foreign) => {
    const i = dice(lines.length);
    return { lines: lines.with(i, foreign.lines[i % foreign.lines.length] ?? ''), head };
  },
  'replace everything by another log, signed with our secret': (_log, _dice, foreign) => foreign,
  'take the head away': ({ lines }) => ({ lines, head: undefined }),
  'take all entries away': ({ head }) => ({ lines: [], head }),
  'edit the head': ({ lines, head }, dice) => {
    const text = head ?? '';
    const at = dice(text.length);
    return { lines, head: text.slice(0, at) + String.fromCharCode(33 + dice(90)) + text.slice(at + 1) };
  },
};

/** How much effort is made to hide it: nothing, or everything written anew that can be without our key. */
const COVERS: Record<string, (log: StoredLog, attacker: AuditKey) => StoredLog> = {
  'as it is': (log) => log,
  'with the chain mended': (log) => rechained(log, undefined),
  'with the chain mended and signed with a key of theirs': (log, attacker) => rechained(log, attacker),
  'with the chain mended and signed with a key of theirs under our name': (log, attacker) => {
    const ours = readHead(log.head ?? '')?.key;
    return rechained(log, { ...attacker, id: ours ?? attacker.id });
  },
};

/** Numbers and links in order, from the first line on. Without a key the old signatures stay. */
function rechained({ lines, head }: StoredLog, key: AuditKey | undefined): StoredLog {
  const read = lines.map((line) => readEntry(line));
  let place = { seq: (read[0]?.seq ?? 1) - 1, hash: read[0]?.prev ?? '', at: 0 };
  const mended = lines.map((line, i) => {
    const entry = read[i];
    if (!entry) return line;
    const { event, at } = entry;
    if (key) {
      const written = writeEntry(place, Math.max(at, place.at), event as never, key);
      place = written.place;
      return written.line;
    }
    const linked = canonicalJson({ ...entry, seq: place.seq + 1, prev: place.hash });
    place = { seq: place.seq + 1, hash: hashOf(linked), at };
    return linked;
  });
  if (head === undefined || mended.length === 0) return { lines: mended, head };
  if (key) return { lines: mended, head: writeHead(place, 'nonce', key) };
  const old = readHead(head);
  return { lines: mended, head: old ? canonicalJson({ ...old, ...place }) : head };
}

const same = (a: StoredLog, b: StoredLog) => JSON.stringify(a) === JSON.stringify(b);

describe(`${LOGS} logs`, () => {
  it('that nobody touched are never accused, also after rotations and prunings', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecipe, async (recipe) => {
        const log = await brew(recipe);
        expect(await verdictOn(log)).toMatchObject({ ok: true, proven: true, findings: [] });
        // Who has only the newest key can still prove all of it.
        expect(await verdictOn(log, ['new'])).toMatchObject({ ok: true, proven: true });
        // Who has none can see that it hangs together, and is told that this proves little.
        expect(await verdictOn(log, [])).toMatchObject({ ok: true, proven: false });
      }),
      { numRuns: LOGS },
    );
  });

  it('that were tampered with are all found out, whatever was done to hide it', async () => {
    const attacker = await keyOf('attacker');
    const seen = new Map<string, number>();
    let tampered = 0;
    await fc.assert(
      fc.asyncProperty(
        anyRecipe,
        anyRecipe,
        fc.constantFrom(...Object.keys(TAMPERINGS)),
        fc.constantFrom(...Object.keys(COVERS)),
        fc.infiniteStream(fc.nat({ max: 2 ** 30 })),
        fc.constantFrom(['new'] as const, ['old', 'new'] as const),
        async (recipe, other, what, cover, numbers, known) => {
          const log = await brew(recipe);
          const dice: Dice = (below) => (numbers.next().value ?? 0) % Math.max(1, below);
          const touched = TAMPERINGS[what]?.(log, dice, await brew(other, '{tc-staging}')) ?? log;
          const hidden = COVERS[cover]?.(touched, attacker) ?? touched;
          fc.pre(!same(hidden, log) && log.lines.length > 1);
          tampered += 1;
          seen.set(what, (seen.get(what) ?? 0) + 1);
          const verdict = await verdictOn(hidden, known);
          expect(verdict, `${what}, ${cover}`).toMatchObject({ ok: false, proven: false });
          expect(verdict.findings.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: LOGS },
    );
    expect(tampered).toBe(LOGS);
    expect([...seen.keys()].sort()).toEqual(Object.keys(TAMPERINGS).sort());
  });

  it('that were put back to an earlier state of themselves are found out by a place noted since', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyRecipe,
        fc.array(anyEvent, { minLength: 1, maxLength: 5 }),
        async (recipe, since) => {
          const earlier = await brew({ ...recipe, pruned: 0, later: [] });
          const now = await brew({ ...recipe, pruned: 0, later: since });
          const { last } = await verdictOn(now);
          const anchor = { seq: last?.seq ?? 0, hash: last?.hash ?? '' };
          expect((await verdictOn(now, ['new'], [anchor])).ok).toBe(true);
          expect((await verdictOn(earlier, ['old', 'new'], [anchor])).findings).toEqual([
            { seq: anchor.seq, kind: 'anchor_differs' },
          ]);
          // Without it there is nothing to find: docs/decisions/0010-audit.md says so.
          expect((await verdictOn(earlier)).ok).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('single things', () => {
  const events = fc.sample(anyEvent, { numRuns: 8, seed: 7 });
  const plain = { events, rotatedAt: 0, pruned: 0, later: [] };

  it('every character of every line and of the head counts', async () => {
    const log = await brew({ ...plain, events: events.slice(0, 3) });
    const unnoticed: string[] = [];
    const flipped = (text: string, at: number) =>
      text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1);
    for (const [i, line] of log.lines.entries()) {
      for (let at = 0; at < line.length; at += 1) {
        const verdict = await verdictOn({ ...log, lines: log.lines.with(i, flipped(line, at)) });
        if (verdict.ok) unnoticed.push(`line ${i}, ${at}`);
      }
    }
    for (let at = 0; at < (log.head?.length ?? 0); at += 1) {
      if ((await verdictOn({ ...log, head: flipped(log.head ?? '', at) })).ok) unnoticed.push(`head, ${at}`);
    }
    expect(unnoticed).toEqual([]);
  });

  it('a changed entry is told by its number, though everything behind it was written anew to fit', async () => {
    const log = await brew(plain);
    const changed = altered(log.lines[2] ?? '', (entry) => {
      entry.event = { ...(entry.event as object), who: 'person:aaaaaaaaaaaaaaaaaaaaaaaaaa' };
    });
    const hidden = rechained({ ...log, lines: log.lines.with(2, changed) }, undefined);
    expect((await verdictOn(hidden)).findings[0]).toEqual({ seq: 3, kind: 'forged' });
  });

  it('an entry that is written in another way than the one right way is none', async () => {
    const log = await brew(plain);
    const spaced = log.lines.with(2, (log.lines[2] ?? '').replace(',', ', '));
    expect((await verdictOn({ ...log, lines: spaced })).findings[0]).toEqual({ seq: 3, kind: 'unreadable' });
    const twice = log.lines.with(2, (log.lines[2] ?? '').replace('{', '{"at":1,'));
    expect((await verdictOn({ ...log, lines: twice })).findings[0]).toEqual({ seq: 3, kind: 'unreadable' });
  });

  it('a log without any entry is well, and proves nothing', async () => {
    expect(await verdictOn({ lines: [], head: undefined })).toMatchObject({
      ok: true,
      proven: false,
      entries: 0,
    });
  });

  it('a log whose newest entries are signed by nobody we know is not proven', async () => {
    const log = await brew({ ...plain, rotatedAt: 0 });
    const verdict = await verdictOn(log, ['old']);
    expect(verdict.findings.map(({ kind }) => kind)).toEqual(['unproven', 'head_forged']);
    expect(verdict.findings[0]?.seq).toBe(1);
  });

  it('a note of lost entries in the log is a finding', async () => {
    const lost = {
      type: 'audit.rolled_back',
      who: { kind: 'system' },
      seq: 9,
      hash: 'A'.repeat(43),
    } as const;
    const log = await brew({ ...plain, later: [lost] });
    expect((await verdictOn(log)).findings).toEqual([{ seq: 9, kind: 'rolled_back' }]);
  });

  it('a deletion stays found after a later pruning of what was around it', async () => {
    const log = await brew({ ...plain, pruned: 3 });
    const key = await keyOf('new');
    const entries = log.lines.map((line) => readEntry(line));
    // Entries 4 and 5 are deleted; somebody prunes up to 6.
    const sixth = log.lines[2] ?? '';
    const head = readHead(log.head ?? '');
    const facts = factsOf(
      { type: 'audit.pruned', who: { kind: 'system' }, from: 6, upTo: 6, hash: hashOf(sixth) },
      key,
    );
    const pruned = writeEntry(
      { seq: head?.seq ?? 0, at: head?.at ?? 0, hash: head?.hash ?? '' },
      head?.at ?? 0,
      facts,
      key,
    );
    expect(entries[2]?.seq).toBe(6);
    const verdict = await verdictOn({
      lines: [...log.lines.slice(3), pruned.line],
      head: writeHead(pruned.place, 'nonce', key),
    });
    expect(verdict.findings.map(({ kind }) => kind)).toEqual(['pruning_differs']);
  });

  it('of very many findings the first hundred are told, and the number of the others', async () => {
    const log = await brew({
      ...plain,
      events: Array.from({ length: 150 }, (_, i) => events[i % 8] as never),
    });
    const verdict = await verdictOn({ ...log, lines: log.lines.map(() => 'nothing') });
    expect([verdict.findings.length, verdict.more]).toEqual([100, 51]);
  });
});
