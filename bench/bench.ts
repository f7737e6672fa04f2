import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchEngine, PARTS } from './engine.ts';
import { benchGuardrail } from './guardrail.ts';
import { type Measured, tableOf } from './report.ts';
import { benchSessions } from './sessions.ts';
import { benchTurns } from './turns.ts';

/** `npm run bench -- [name…] [options]`: runs benchmarks and prints their figures; fails when one is not exact. */

interface Options {
  /** Undefined: as many as the benchmark needs to be believed. */
  readonly rounds: number | undefined;
  readonly users: number;
  readonly messages: number;
  readonly agent: 'instant' | 'offline';
  readonly parts: readonly string[];
  readonly quick: boolean;
  readonly profile: string | undefined;
  readonly folder: string;
  readonly say: (line: string) => void;
}

const BENCHMARKS: Readonly<Record<string, (options: Options) => Promise<Measured>>> = {
  turns: (options) => benchTurns({ ...options, rounds: options.rounds ?? 1 }),
  engine: (options) => benchEngine({ ...options, rounds: options.rounds ?? (options.quick ? 1 : 7) }),
  sessions: (options) => benchSessions({ ...options, rounds: options.rounds ?? (options.quick ? 1 : 3) }),
  guardrail: (options) => benchGuardrail({ ...options, rounds: options.rounds ?? (options.quick ? 1 : 3) }),
};

const USAGE = `Usage: npm run bench -- [name…] [options]
Names (default all): ${Object.keys(BENCHMARKS).join(', ')}
  --help           these lines
  --json           one object per benchmark, the last lines of the output
  --rounds N       measured rounds, 1 to 100 (default: turns 1, engine 7, sessions 3, guardrail 3)
  --profile FOLDER write a CPU profile of the backend there
turns
  --users N        people who talk at once, 1 to 1000 (default 100)
  --messages N     messages of each person in a round, 1 to 100 (default 10)
  --agent KIND     instant (default), or offline: the real agent with its offline model
engine
  --parts A,B      only these of ${Object.keys(PARTS).join(', ')}
engine, sessions, guardrail
  --quick          small and once, to see that it works; its figures mean nothing`;

class UsageError extends Error {}

/** Undefined: only asked what there is. */
function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      json: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      users: { type: 'string', default: '100' },
      messages: { type: 'string', default: '10' },
      agent: { type: 'string', default: 'instant' },
      parts: { type: 'string', default: Object.keys(PARTS).join(',') },
      quick: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  if (values.help) return undefined;
  const unknown = positionals.filter((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown.length > 0) throw new UsageError(`There is no benchmark ${unknown.join(', ')}.`);
  const { agent } = values;
  if (agent !== 'instant' && agent !== 'offline') throw new UsageError(`There is no agent ${agent}.`);
  const parts = values.parts.split(',');
  for (const part of parts)
    if (!Object.hasOwn(PARTS, part)) throw new UsageError(`There is no part ${part} of engine.`);
  return {
    json: values.json,
    names: positionals.length > 0 ? positionals : Object.keys(BENCHMARKS),
    rounds: values.rounds === undefined ? undefined : wholeNumber('rounds', values.rounds, 100),
    users: wholeNumber('users', values.users, 1000),
    messages: wholeNumber('messages', values.messages, 100),
    agent,
    parts,
    quick: values.quick,
    profile: values.profile,
  } as const;
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new UsageError(`--${name} must be a whole number from 1 to ${max}, not ${text}.`);
}

async function main(): Promise<boolean> {
  const asked = readOptions();
  if (!asked) {
    console.log(USAGE);
    return true;
  }
  const { json, names, ...options } = asked;
  // Progress goes beside the figures, so that those can be piped.
  const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'threadcore-bench-'));
  const reports = [];
  try {
    for (const name of names) {
      const run = BENCHMARKS[name];
      if (!run) continue;
      const { report, problems } = await run({ ...options, folder, say });
      for (const problem of problems.slice(0, 20)) say(`not exact: ${problem}`);
      if (problems.length > 20) say(`… and ${problems.length - 20} more`);
      reports.push(report);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  for (const report of reports) console.log(json ? JSON.stringify(report) : `\n${tableOf(report)}`);
  return reports.every((report) => report.exact);
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  const wrongUse =
    error instanceof UsageError || String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
  const { message, stack } = error as Error;
  process.stderr.write(wrongUse ? `${message} (add --help for what there is)\n` : `${stack}\n`);
  process.exitCode = wrongUse ? 2 : 1;
}
