import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';
import { tryPlanted } from './planted-run.ts';
import { isClean, reportOf } from './report.ts';
import type { SeedResult } from './run-seed.ts';
import { firstStepOf, type Platform, ROUND, scheduleOf } from './schedule.ts';
import { describeStep } from './steps.ts';
import { buildTree } from './tree.ts';

/** Enough to wait side by side without wanting for CPU on two cores. */
const STACKS = 10;
/** So many seeds are a whole campaign, which proves something only if it would find a defect. */
const WITH_PLANTED = 1_000;

/** `npm run faults -- [options]`: crashes and faults at every failpoint; fails when a promise is broken. */

const USAGE = `Usage: npm run faults -- [options]
  --help         these lines
  --seeds N      how many seeds to run, 1 to 100000 (default ${ROUND}: every failpoint once)
  --seed S       run only this seed, or begin with it when --seeds is given
  --platform P   only seeds in which people ask in P: slack, teams (teams only, or both at once) or mixed (both)
  --first WORDS  only seeds whose first step has these words, such as "rolling restart"
  --stacks N     stacks side by side, 1 to 16 (default ${STACKS})
  --planted      plant known defects one by one and say which are detected: after the seeds, or, without --seed
                 and --seeds, instead of them. Campaigns of ${WITH_PLANTED} seeds and more do so anyway
  --only WORDS   only defects whose name has these words
  --root FOLDER  try the source of another working tree
  --keep-logs    leave the logs of all processes behind
  --verbose      say what happened in every seed
  --json         one object as the last line of the output`;

class UsageError extends Error {}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new UsageError(`--${name} must be a whole number from 1 to ${max}, not ${text}.`);
}

const PLATFORMS: Readonly<Record<string, readonly Platform[]>> = {
  any: ['slack', 'teams', 'mixed'],
  slack: ['slack'],
  teams: ['teams', 'mixed'],
  mixed: ['mixed'],
};

/** So many seeds from `first` on whose first step has these words. */
function seedsFrom(first: number, many: number, words: string, platforms: readonly Platform[]): number[] {
  const seeds: number[] = [];
  // The first steps take turns, so that a round without one means that there is none.
  for (let seed = first; seeds.length < many && seed < first + ROUND * (seeds.length + 1); seed += 1) {
    const fits = platforms.includes(scheduleOf(seed).platform);
    if (fits && firstStepOf(seed).includes(words)) seeds.push(seed);
  }
  if (seeds.length === 0) throw new UsageError(`No seed there begins with “${words}”.`);
  return seeds;
}

/** Undefined: only asked what there is. */
function readOptions() {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      seeds: { type: 'string' },
      seed: { type: 'string' },
      first: { type: 'string', default: '' },
      platform: { type: 'string', default: 'any' },
      stacks: { type: 'string', default: String(STACKS) },
      planted: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      root: { type: 'string' },
      'keep-logs': { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { root } = values;
  if (root !== undefined && !existsSync(join(root, 'src', 'main.ts')))
    throw new UsageError(`--root must be the folder of a working tree of Threadcore, not ${root}.`);
  const first = wholeNumber('seed', values.seed ?? '1', 1_000_000_000);
  const platforms = PLATFORMS[values.platform];
  if (!platforms) throw new UsageError(`--platform must be slack, teams or mixed, not ${values.platform}.`);
  const onlyPlanted = values.planted && values.seed === undefined && values.seeds === undefined;
  const many = wholeNumber('seeds', values.seeds ?? (values.seed ? '1' : String(ROUND)), 100_000);
  return {
    seeds: onlyPlanted ? [] : seedsFrom(first, many, values.first, platforms),
    stacks: wholeNumber('stacks', values.stacks, 16),
    planted: values.planted || many >= WITH_PLANTED,
    only: values.only,
    root,
    keepLogs: values['keep-logs'],
    verbose: values.verbose,
    json: values.json,
  };
}

const say = (line: string) => process.stderr.write(`faults: ${line}\n`);

function sayResult(result: SeedResult, verbose: boolean): void {
  const failed = result.problems.length > 0;
  const { steps, platform } = scheduleOf(result.seed);
  const what = steps.map(describeStep).join(', ');
  const doubt = result.teamsInDoubt > 0 ? `, ${result.teamsInDoubt} in doubt` : '';
  const took = `${platform}, ${(result.tookMs / 1000).toFixed(1)} s, ${result.inFlight} turns in flight${doubt}`;
  say(`seed ${result.seed} ${failed ? 'FAILED' : 'ok'} (${took}): ${what}`);
  if (failed || verbose) for (const line of result.happened) say(`    ${line}`);
  for (const problem of result.problems.slice(0, 10)) say(`  ! ${problem}`);
  if (failed) say(`  again: npm run faults -- --seed ${result.seed}`);
}

/** @returns whether every promise was kept */
async function main(stop: AbortSignal): Promise<boolean> {
  const options = readOptions();
  if (!options) {
    console.log(USAGE);
    return true;
  }
  const results: SeedResult[] = [];
  const tree = await buildTree([], options.root);
  try {
    await runCampaign({
      tree,
      seeds: options.seeds,
      stacks: options.stacks,
      keepLogs: options.keepLogs ? 'all' : 'failed',
      signal: stop,
      say,
      onResult(result) {
        results.push(result);
        sayResult(result, options.verbose);
      },
    });
  } finally {
    await tree.remove();
  }
  const planted = options.planted && !stop.aborted ? await tryPlanted({ ...options, say, stop }) : [];
  const report = reportOf(results, planted, process.uptime());
  console.log(JSON.stringify(report, null, options.json ? undefined : 2));
  return isClean(report);
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A second one does not wait; the children end with this process in any case.
    if (stop.signal.aborted) process.exit(130);
    say(`${signal}: ending everything`);
    stop.abort();
  });
}

try {
  const clean = await main(stop.signal);
  process.exitCode = stop.signal.aborted ? 130 : clean ? 0 : 1;
} catch (error) {
  const wrongUse =
    error instanceof UsageError || String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
  const { message, stack } = error as Error;
  process.stderr.write(wrongUse ? `${message} (add --help for what there is)\n` : `${stack}\n`);
  process.exitCode = wrongUse ? 2 : 1;
}
// What a seed that was broken off still waits for must not keep the command.
process.exit();
