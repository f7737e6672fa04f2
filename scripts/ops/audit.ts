import { once } from 'node:events';
import { open, rm } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import type { Subject } from '../../src/audit/events.ts';
import { endLine } from '../../src/audit/export.ts';
import { readLog } from '../../src/audit/read-log.ts';
import type { Anchor } from '../../src/audit/verify.ts';
import { loadKeysConfig } from '../../src/config.ts';
import { checkFile, checkRedis, describeVerdict } from './audit-check.ts';
import { entriesTable, latestEntries, type Wanted } from './audit-table.ts';
import { Complaint, configured } from './redis.ts';
import { type LogAtHand, operatorHere, withAudit, withKeys, withLog } from './with-audit.ts';

const DAY_MS = 86_400_000;

/** `audit verify | tail | export | prune`. */
export function auditCommand(): Command {
  const audit = new Command('audit').description(
    'The record of who did what: check it, read it, take it along.',
  );
  const json = ['--json', 'one JSON document instead of text'] as const;

  audit
    .command('verify')
    .description('whether anything was changed, removed, moved or added; ends with 1 if so')
    .option('--file <path>', 'an exported log instead of the one in Redis')
    .option('--anchor <seq:hash>', 'a place noted earlier, to be found again; may be repeated', addAnchor, [])
    .option(...json, false)
    .action(async ({ file, anchor, json }: { file?: string; anchor: Anchor[]; json: boolean }) => {
      const verdict = file
        ? await withKeys(await configured(loadKeysConfig), (dataKeys) => checkFile(file, dataKeys, anchor))
        : await withLog((log) => checkRedis(log, anchor));
      process.stdout.write(`${json ? JSON.stringify(verdict) : describeVerdict(verdict)}\n`);
      if (!verdict.ok) process.exitCode = 1;
    });

  audit
    .command('tail')
    .description('the newest entries; people stand there under pseudonyms')
    .option('--limit <n>', 'at most so many', wholeNumber, 20)
    .option(
      '--who <subject>',
      'about one only: slack:T…:U…, operator:<name>, account:<provider>:<sub>',
      readSubject,
    )
    .option('--type <type>', 'of one type only, like link.created, or of a family, like link')
    .option(...json, false)
    .action(async ({ json, ...wanted }: Wanted & { json: boolean }) => {
      const entries = await withLog((log) => latestEntries(log, wanted));
      const text = () => (entries.length === 0 ? 'Nothing of that is on record.' : entriesTable(entries));
      process.stdout.write(`${json ? JSON.stringify(entries) : text()}\n`);
    });

  audit
    .command('export')
    .description('all of it as JSON lines, to keep elsewhere and for verify --file')
    .option('--out <path>', 'a new file instead of standard output')
    .option('--json', 'JSON lines it is, with or without this', false)
    .action(async ({ out }: { out?: string }) => {
      if (out === undefined) {
        await withLog((log) => exportTo(print, log));
        return;
      }
      const file = await open(out, 'wx', 0o600).catch((error: Error) => {
        throw new Complaint(`${out} cannot be written: ${error.message}`);
      });
      try {
        const count = await withLog((log) => exportTo((text) => file.appendFile(text), log));
        process.stdout.write(`${count} entries are in ${out}.\n`);
      } catch (error) {
        // A part of a log is none, and would keep the next try from this name.
        await rm(out);
        throw error;
      } finally {
        await file.close();
      }
    });

  audit
    .command('prune')
    .description('removes entries older than AUDIT_RETENTION_DAYS, and puts on record that it did')
    .action(async () => {
      const removed = await withAudit(async ({ audit, config }) => {
        const next = () => audit.prune(config.audit.retentionDays * DAY_MS, operatorHere());
        let sum = 0;
        for (let some = await next(); some > 0; some = await next()) sum += some;
        return sum;
      });
      process.stdout.write(`${removed} entries were removed.\n`);
    });

  return audit;
}

/** Answers how many entries were written. */
async function exportTo(
  write: (text: string) => Promise<void>,
  { redis, place }: LogAtHand,
): Promise<number> {
  let count = 0;
  const end = await readLog(redis, place.keyPrefix, async ({ line }) => {
    await write(`${line}\n`);
    count += 1;
  });
  if (!end)
    throw new Complaint('Old entries were removed meanwhile, so the export is not whole. Do it again.');
  await write(`${endLine(place.keyPrefix, end)}\n`);
  return count;
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

function addAnchor(text: string, earlier: readonly Anchor[]): Anchor[] {
  const [, seq, hash] = /^(\d{1,15}):([\w-]{43})$/.exec(text) ?? [];
  if (hash === undefined)
    throw new InvalidArgumentError('It is what verify prints: a number, a colon and a hash.');
  return [...earlier, { seq: Number(seq), hash }];
}

function readSubject(text: string): Subject {
  const [kind, first = '', ...rest] = text.split(':');
  const others = rest.join(':');
  if ((kind === 'slack' || kind === 'teams') && others) {
    return { kind: 'person', platform: kind, tenant: first, user: others };
  }
  if (kind === 'operator' && first) return { kind, name: text.slice('operator:'.length) };
  if (kind === 'account' && others) return { kind, provider: first, sub: others };
  if (kind === 'address' && first) return { kind, ip: text.slice('address:'.length) };
  throw new InvalidArgumentError(
    'It is slack:T…:U…, operator:<name>, account:<provider>:<sub> or address:<ip>.',
  );
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000)
    throw new InvalidArgumentError('It must be a whole number from 1 to 10000.');
  return value;
}
