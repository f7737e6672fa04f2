import { open } from 'node:fs/promises';
import { createAuditKeys, createKeyFinder } from '../../src/audit/audit-keys.ts';
import { type ExportEnd, readEndLine } from '../../src/audit/export.ts';
import { readLog } from '../../src/audit/read-log.ts';
import { type Anchor, createVerifier, FINDINGS, type Verdict } from '../../src/audit/verify.ts';
import { type DataKeys, localDataKeys } from '../../src/store/data-keys.ts';
import { Complaint } from './redis.ts';
import type { LogAtHand } from './with-audit.ts';

/** Old entries are removed once in a while, and then a check begins again. */
const ATTEMPTS = 5;

export async function checkRedis({ redis, place }: LogAtHand, anchors: readonly Anchor[]): Promise<Verdict> {
  const { keyPrefix, dataKeys, signed } = place;
  const { find } = createAuditKeys(redis, keyPrefix, dataKeys);
  for (let i = 0; i < ATTEMPTS; i += 1) {
    const verifier = createVerifier({ find, demandProof: signed, anchors });
    const end = await readLog(redis, keyPrefix, ({ id, line }) => verifier.add(line, id));
    if (end) return verifier.end(end.head);
  }
  throw new Complaint(
    'Entries are removed from the audit log all the time, so it could not be read at rest.',
  );
}

/** An exported log, without Redis. */
export async function checkFile(
  path: string,
  dataKeys: DataKeys | undefined,
  anchors: readonly Anchor[],
): Promise<Verdict> {
  const end = await endOf(path);
  const { find } = createKeyFinder(dataKeys ?? NO_KEYS, end?.log ?? '', async (id) => end?.keys[id]);
  const verifier = createVerifier({ find, demandProof: dataKeys !== undefined, anchors });
  let held: string | undefined;
  for await (const line of linesOf(path)) {
    if (held !== undefined) await verifier.add(held);
    held = line;
  }
  if (held !== undefined && !end) await verifier.add(held);
  // A file without its last line was cut off: that is no log without a head.
  return verifier.end(end ? (end.head ?? undefined) : '');
}

const NO_KEYS: DataKeys = localDataKeys([]);

async function endOf(path: string): Promise<ExportEnd | undefined> {
  let last = '';
  for await (const line of linesOf(path)) last = line;
  return readEndLine(last);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    const file = await open(path);
    yield* file.readLines();
  } catch (error) {
    throw new Complaint(`${path} cannot be read: ${(error as Error).message}`);
  }
}

/** The verdict in words, and what to keep of it. */
export function describeVerdict(verdict: Verdict): string {
  const { ok, entries, first, last, proven, findings, more } = verdict;
  if (entries === 0 && ok) {
    return 'The log is empty: nothing was recorded yet, or all of it was removed. An anchor would tell (--anchor).';
  }
  const range = first && last ? `, ${first.seq} to ${last.seq}, ${time(first.at)} to ${time(last.at)}` : '';
  const lines = [`${entries} ${entries === 1 ? 'entry' : 'entries'}${range}`];
  if (ok && proven) lines.push('Unbroken, and signed with our keys.');
  if (ok && !proven) {
    lines.push(
      'Unbroken, but not proven: without ENCRYPTION_KEYS or KMS_KEY_ID the signatures cannot be checked, and whoever can write to Redis can write such a log.',
    );
  }
  if (!ok) lines.push('BROKEN:');
  for (const { seq, kind } of findings) lines.push(`  entry ${seq} ${FINDINGS[kind]} (${kind})`);
  if (more > 0) lines.push(`  and ${more} more`);
  if (ok && last)
    lines.push(
      `Keep this, it proves later that nothing up to here was changed: --anchor ${last.seq}:${last.hash}`,
    );
  return lines.join('\n');
}

const time = (at: number) => new Date(at).toISOString();
