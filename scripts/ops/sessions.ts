import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { memoryReads } from '../../src/main/memory-reads.ts';
import { createErasureJobs } from '../../src/privacy/erasure-jobs.ts';
import { createDirectory } from '../../src/sessions/directory.ts';
import { directoryId } from '../../src/sessions/directory-id.ts';
import { createLanePlaces } from '../../src/sessions/lane-places.ts';
import { createRestore, type Restore, type Restored } from '../../src/sessions/restore.ts';
import type { Connection } from '../../src/store/connection.ts';
import { createSealer } from '../../src/store/sealed.ts';
import { Complaint, HELP_HINT, withRedis } from './redis.ts';
import { withKeys } from './with-audit.ts';
import { opsLog, withMemory } from './with-memory.ts';

interface RebuildOptions {
  readonly actor?: string;
  readonly all: boolean;
  readonly resume: boolean;
  readonly json: boolean;
}

interface Rebuilt extends Restored {
  readonly people: number;
  /** Those that were whole already, with --resume. */
  readonly passed: number;
  /** By their ids in Memory: those whose sessions could not be read. */
  readonly failed: readonly string[];
}

const DAY_MS = 86_400_000;
const TELL_EVERY_MS = 2_000;

/** `sessions rebuild`. */
export function sessionsCommand(): Command {
  const sessions = new Command('sessions')
    .description('The directory of conversations: their names, numbers, tags and places.')
    .showHelpAfterError(HELP_HINT);

  sessions
    .command('rebuild')
    .description(
      'brings back from AgentCore Memory what Redis has lost; nothing that is there is changed, so it may be done again',
    )
    .option('--actor <sub>', 'of one person: the sub of their company account, or slack:T…:U… without one')
    .option('--all', 'of everybody whom Memory knows', false)
    .option('--resume', 'with --all: only of those who have not been rebuilt since Redis was lost', false)
    .option('--json', 'one JSON document instead of text', false)
    .action(rebuild);

  return sessions;
}

async function rebuild({ actor, all, resume, json }: RebuildOptions): Promise<void> {
  if ((actor === undefined) === !all) throw new Complaint('Say of whom: --actor <sub>, or --all.');
  const ending = new AbortController();
  const end = () => ending.abort(new Error('interrupted'));
  process.once('SIGINT', end);
  try {
    const result = await withRestore(ending.signal, async (restore) => {
      const people = actor === undefined ? restore.people(ending.signal) : [directoryId(actor)];
      return rebuildAll(restore, people, { resume, signal: ending.signal });
    });
    process.stdout.write(`${json ? JSON.stringify(result) : describeRebuilt(result)}\n`);
    if (result.failed.length > 0) process.exitCode = 1;
  } finally {
    process.removeListener('SIGINT', end);
  }
}

/** One person after another. A person who fails does not keep the others from theirs. */
async function rebuildAll(
  restore: Restore,
  people: AsyncIterable<string> | Iterable<string>,
  { resume, signal }: { readonly resume: boolean; readonly signal: AbortSignal },
): Promise<Rebuilt> {
  const sum = { people: 0, passed: 0, sessions: 0, loaded: 0, lanes: 0, placed: 0, skipped: 0 };
  const failed: string[] = [];
  let toldAt = performance.now();
  for await (const person of people) {
    sum.people += 1;
    if (resume && (await restore.isWhole(person))) {
      sum.passed += 1;
      continue;
    }
    try {
      const restored = await restore.rebuild(person, signal);
      for (const name of ['sessions', 'loaded', 'lanes', 'placed', 'skipped'] as const)
        sum[name] += restored[name];
    } catch (error) {
      if (signal.aborted) throw new Complaint(`Interrupted after ${peopleOf(sum.people - 1)}. ${GO_ON}`);
      failed.push(person);
      process.stderr.write(`${person}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
    if (performance.now() - toldAt < TELL_EVERY_MS) continue;
    toldAt = performance.now();
    process.stderr.write(`${peopleOf(sum.people)}, ${sum.loaded} of ${sum.sessions} sessions put back …\n`);
  }
  return { ...sum, failed };
}

const GO_ON = 'Run it again with --resume: it goes on from there.';

const peopleOf = (count: number) => `${count} ${count === 1 ? 'person' : 'people'}`;

/** What came of it, for the operator. */
export function describeRebuilt({
  people,
  passed,
  sessions,
  loaded,
  lanes,
  placed,
  skipped,
  failed,
}: Rebuilt): string {
  return [
    `${peopleOf(people)}; ${loaded} of ${sessions} sessions and ${placed} of ${lanes} places were put back, the others are there.`,
    ...(passed > 0
      ? [`${peopleOf(passed)} ${passed === 1 ? 'was' : 'were'} passed over: theirs is whole.`]
      : []),
    ...(skipped > 0 ? [`${skipped} events could not be read, or belong to sessions that expired.`] : []),
    ...(failed.length > 0 ? [`${peopleOf(failed.length)} could not be read (above). ${GO_ON}`] : []),
  ].join('\n');
}

function withRestore<T>(signal: AbortSignal, work: (restore: Restore) => Promise<T>): Promise<T> {
  return withRedis((redis, config) =>
    withKeys(config, async (dataKeys) => {
      const { keyPrefix } = config;
      return withMemory({ redis, keyPrefix }, async (client) => {
        if (!client) throw new Complaint('There is no memory to rebuild from. Set MEMORY_RESOURCE_ID.');
        const log = opsLog();
        const sealer = dataKeys && createSealer({ keys: dataKeys, randomBytes });
        return work(
          createRestore({
            redis,
            keyPrefix,
            reads: memoryReads(client),
            directory: createDirectory({ redis, keyPrefix, sealer, randomBytes, log }),
            places: createLanePlaces(redis, keyPrefix),
            // What was not used for so long comes back archived, as the archive has it.
            archiveAfterMs: config.sessions.archiveDays * DAY_MS,
            mayRestore: notErasing(redis, keyPrefix),
            closing: signal,
            now: () => Date.now(),
            log,
          }),
        );
      });
    }),
  );
}

function notErasing(redis: Connection, keyPrefix: string): (person: string) => Promise<boolean> {
  const jobs = createErasureJobs({
    ...{ redis, keyPrefix, randomBytes },
    sealer: undefined,
    directoryOf: directoryId,
    confirmDurable: async () => undefined,
  });
  return async (person) => !(await jobs.isErasing(person));
}
