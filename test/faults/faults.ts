import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';
import { PLANTED_DEFECTS, tryPlanted } from './planted-defects.ts';
import { isClean, type Planted, type Report, reportOf } from './report.ts';
import type { SeedResult } from './run-seed.ts';
import { describeStep, firstStepOf, ROUND, scheduleOf } from './schedule.ts';
import { copyTree } from './tree.ts';

/** `npm run faults -- [options]`: crashes and faults at every failpoint; fails when a promise is broken. */

const USAGE = `Usage: npm run faults -- [options]
  --seeds N      how many seeds to run, 1 to 100000 (default ${ROUND}: every failpoint once)
  --seed S       run only this seed, or begin with it when --seeds is given
  --first WORDS  only seeds whose first step has these words, such as "rolling restart"
  --stacks N     stacks side by side, 1 to 16 (default 4)
  --planted      plant known defects instead, one by one, and say which are detected
  --only WORDS   with --planted: only defects whose name has these words
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

/** So many seeds from `first` on whose first step has these words. */
function seedsFrom(first: number, many: number, words: string): number[] {
  const seeds: number[] = [];
  // The first steps take turns, so that a round without one means that there is none.
  for (let seed = first; seeds.length < many && seed < first + ROUND * (seeds.length + 1); seed += 1) {
    if (firstStepOf(seed).includes(words)) seeds.push(seed);
  }
  if (seeds.length === 0) throw new UsageError(`No seed begins with “${words}”.`);
  return seeds;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      first: { type: 'string', default: '' },
      stacks: { type: 'string', default: '4' },
      planted: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      root: { type: 'string' },
      'keep-logs': { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const first = wholeNumber('seed', values.seed ?? '1', 1_000_000_000);
  const many = wholeNumber('seeds', values.seeds ?? (values.seed ? '1' : String(ROUND)), 100_000);
  return {
    seeds: seedsFrom(first, many, values.first),
    stacks: wholeNumber('stacks', values.stacks, 16),
    planted: values.planted,
    only: values.only,
    root: values.root,
    keepLogs: values['keep-logs'],
    verbose: values.verbose,
    json: values.json,
  };
}

const say = (line: string) => process.stderr.write(`faults: ${line}\n`);

function sayResult(result: SeedResult, verbose: boolean): void {
  const failed = result.problems.length > 0;
  const what = scheduleOf(result.seed).steps.map(describeStep).join(', ');
  say(`seed ${result.seed} ${failed ? 'FAILED' : 'ok'}: ${what}`);
  if (failed || verbose) for (const line of result.happened) say(`    ${line}`);
  for (const problem of result.problems.slice(0, 10)) say(`  ! ${problem}`);
  if (failed) say(`  again: npm run faults -- --seed ${result.seed}`);
}

async function main(stop: AbortSignal): Promise<Report> {
  const options = readOptions();
  const results: SeedResult[] = [];
  const planted: Planted[] = [];
  if (options.planted) {
    const defects = PLANTED_DEFECTS.filter(({ name }) => name.includes(options.only));
    for (const defect of defects) {
      if (stop.aborted) break;
      planted.push(await tryPlanted(defect, { ...options, say, stop }));
    }
  } else {
    const tree = await copyTree([], options.root);
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
  }
  const report = reportOf(results, planted);
  console.log(JSON.stringify(report, null, options.json ? undefined : 2));
  return report;
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
  const report = await main(stop.signal);
  process.exitCode = stop.signal.aborted ? 130 : isClean(report) ? 0 : 1;
} catch (error) {
  const wrongUse =
    error instanceof UsageError || String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
  process.stderr.write(
    wrongUse ? `${(error as Error).message}\n\n${USAGE}\n` : `${(error as Error).stack}\n`,
  );
  process.exitCode = 1;
}
// A timer of a seed that was broken off must not keep the command.
if (stop.signal.aborted) process.exit(130);
