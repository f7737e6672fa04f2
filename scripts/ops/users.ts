import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { createExamples } from '../../src/guardrails/examples.ts';
import { createLinkViews } from '../../src/identity/link-views.ts';
import { createLinks } from '../../src/identity/links.ts';
import { memoryOfPeople } from '../../src/main/memory-of-people.ts';
import { personalData } from '../../src/main/personal-data.ts';
import { whomOf } from '../../src/privacy/erase.ts';
import { createErasureJobs, type ErasureJobs } from '../../src/privacy/erasure-jobs.ts';
import { pieces } from '../../src/privacy/export.ts';
import { type Account, actorsOf, type Person } from '../../src/privacy/person.ts';
import { createDirectory } from '../../src/sessions/directory.ts';
import { directoryId } from '../../src/sessions/directory-id.ts';
import { createHomePeople } from '../../src/slack/home-people.ts';
import { createConfirmation } from '../../src/store/durability.ts';
import { createSealer, type Sealer } from '../../src/store/sealed.ts';
import { createTurnEraser } from '../../src/turns/erase-turns.ts';
import { createOperator } from '../../src/turns/operator.ts';
import { latestEntries } from './audit-table.ts';
import { Complaint, HELP_HINT } from './redis.ts';
import { type LogAtHand, operatorHere, whoami, withAudit } from './with-audit.ts';
import { opsLog, withMemory } from './with-memory.ts';

interface Whom {
  readonly user?: string;
  readonly sub?: string;
  readonly json: boolean;
}

/** A worker that is there begins within seconds. */
const BEGINS_WITHIN_MS = 20_000;
const LOOK_MS = 500;

/** `users export | erase`. */
export function usersCommand(): Command {
  const users = new Command('users')
    .description('What is kept about a person: give it to them, or erase it.')
    .showHelpAfterError(HELP_HINT);
  const about = (command: Command) =>
    command
      .option('--user <account>', 'by a chat account: slack:T…:U…')
      .option('--sub <sub>', 'by the sub of their company account')
      .option('--json', 'one JSON document instead of text', false);

  about(users.command('export'))
    .description('writes everything that is kept about a person into files that only you can read')
    .option('--out <folder>', 'where the files go', '.')
    .action(exportOf);

  about(users.command('erase'))
    .description(
      'erases everything that is kept about a person, as their own `forget me` does; workers do it',
    )
    .option('--yes', 'really', false)
    .action(erase);

  return users;
}

async function exportOf({ out, json, ...whom }: Whom & { readonly out: string }): Promise<void> {
  const files = await withAudit(async (log) => {
    const { redis, config, audit, place } = log;
    const { keyPrefix } = config;
    const at = roomsOf(log);
    const person = await find(at, whom);
    await audit.record({ type: 'data.exported', who: operatorHere(), whom: whomOf(person) });
    return withMemory({ redis, keyPrefix }, async (client) => {
      const operator = createOperator(redis, keyPrefix);
      const parts = personalData({
        ...{ redis, keyPrefix, dataKeys: place.signed ? place.dataKeys : undefined },
        directory: createDirectory({ redis, keyPrefix, sealer: at.sealer, randomBytes, log: opsLog() }),
        memory: client && memoryOfPeople(client),
        turns: createTurnEraser({ redis, keyPrefix, operator }),
        examples: createExamples({ redis, keyPrefix, sealer: at.sealer, now: Date.now }),
        describe: async (account) => at.views?.describe(account),
        settingsOf: createHomePeople(redis, keyPrefix).settingsOf,
      });
      const written: string[] = [];
      await mkdir(out, { recursive: true }).catch((error: Error) => {
        throw new Complaint(`${out} cannot be written: ${error.message}`);
      });
      const { signal } = new AbortController();
      try {
        for await (const piece of pieces({ person, parts: parts(person, signal), now: Date.now() })) {
          const file = join(out, piece.name);
          await writeFile(file, piece.json, { mode: 0o600, flag: 'wx' }).catch((error: Error) => {
            throw new Complaint(`${file} cannot be written: ${error.message}`);
          });
          written.push(file);
        }
      } catch (error) {
        // A part of what is kept could be taken for all of it, and would keep the next try from these names.
        for (const file of written) await rm(file, { force: true });
        throw error;
      }
      return written;
    });
  });
  process.stdout.write(`${json ? JSON.stringify({ files }) : files.join('\n')}\n`);
}

async function erase({ yes, json, ...whom }: Whom & { readonly yes: boolean }): Promise<void> {
  const result = await withAudit(async (log) => {
    const { redis, config, audit } = log;
    const at = roomsOf(log);
    const person = await find(at, whom);
    if (!yes)
      throw new Complaint(
        `This erases everything that is kept about ${namesOf(person)}; it cannot be undone. Say --yes to do it.`,
      );
    const jobs = createErasureJobs({
      ...{ redis, keyPrefix: config.keyPrefix, sealer: at.sealer, randomBytes },
      directoryOf: directoryId,
      confirmDurable: createConfirmation(redis, config.durability),
    });
    const { seq: order } = await audit.record({
      type: 'data.erasure_ordered',
      who: operatorHere(),
      whom: whomOf(person),
    });
    const id = await jobs.begin({ person, by: { kind: 'operator', name: whoami() }, order });
    await over(jobs, id);
    const entries = await latestEntries(log, { limit: 1, type: 'data.erased', who: whomOf(person) });
    return { accounts: person.accounts, counts: entries[0]?.event.counts ?? {}, entry: entries[0]?.seq };
  });
  const counts = Object.entries(result.counts as Record<string, number>);
  process.stdout.write(
    json
      ? `${JSON.stringify(result)}\n`
      : `Erased. ${counts.map(([kind, count]) => `${kind} ${count}`).join(', ')}. Entry ${result.entry} of the audit log.\n`,
  );
}

/** Resolves when an erasure is complete, and tells of it meanwhile. */
async function over(jobs: ErasureJobs, id: string): Promise<void> {
  let told = '';
  for (let waited = 0; ; waited += LOOK_MS) {
    const erasure = await jobs.show(id);
    if (!erasure) return;
    if (erasure.tries === 0 && waited >= BEGINS_WITHIN_MS)
      throw new Complaint('No worker runs that would do it. It is kept, and begins when one does.');
    const now = Object.entries(erasure.done)
      .filter(([kind]) => kind !== 'entry' && kind !== 'told')
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ');
    if (now !== told) process.stderr.write(`${now} …\n`);
    told = now;
    await wait(LOOK_MS);
  }
}

interface Rooms {
  readonly sealer: Sealer | undefined;
  readonly views:
    | (ReturnType<typeof createLinkViews> & Pick<ReturnType<typeof createLinks>, 'accountsOf'>)
    | undefined;
}

/** Without keys there are no links, and nothing is sealed. */
function roomsOf({ redis, config, place }: LogAtHand): Rooms {
  if (!place.signed) return { sealer: undefined, views: undefined };
  const sealer = createSealer({ keys: place.dataKeys, randomBytes });
  const links = createLinks({ redis, keyPrefix: config.keyPrefix, sealer, randomBytes, log: opsLog() });
  return { sealer, views: { ...createLinkViews(links), accountsOf: links.accountsOf } };
}

async function find({ views }: Rooms, { user, sub }: Omit<Whom, 'json'>): Promise<Person> {
  if ((user === undefined) === (sub === undefined))
    throw new Complaint('Say about whom: --user slack:T…:U…, or --sub <sub>.');
  if (sub !== undefined) return { accounts: (await views?.accountsOf(sub)) ?? [], sub };
  const [, platform, tenant = '', id = ''] = /^(slack|teams):([^:]+):(.+)$/.exec(user ?? '') ?? [];
  if (platform !== 'slack' && platform !== 'teams')
    throw new Complaint(`${user} is no chat account: it is slack:T…:U….`);
  const account: Account = { platform, tenant, id };
  return views ? views.family(account) : { accounts: [account] };
}

const namesOf = (person: Person): string => actorsOf(person).join(' and ');
