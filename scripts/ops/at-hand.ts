import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigError, type Environment } from '../../src/config.ts';
import { type Changes, createChanges } from './changes.ts';
import { DEFAULT_ENV_FILE, type EnvFile, openEnvFile } from './env-file.ts';
import { Complaint } from './redis.ts';

/** What the commands about AWS have in common: the file with variables, dry runs, and what they print. */

export interface CommonOptions {
  /** false: read the usual one, write none. */
  readonly env: string | false;
  readonly region?: string;
  readonly json: boolean;
  readonly dryRun: boolean;
}

export function withCommonOptions(command: Command): Command {
  return command
    .option('--region <region>', 'default: the one that is configured')
    .option('--env <file>', 'the file with variables, read and written', DEFAULT_ENV_FILE)
    .option('--no-env', 'write no such file')
    .option('--dry-run', 'say what would be done, and change nothing', false)
    .option('--json', 'one JSON document instead of text', false);
}

export interface AtHand<T> {
  readonly settings: T;
  readonly file: string;
  readonly envFile: EnvFile;
  readonly changes: Changes;
}

/**
 * For commands that write no variables: a file that was named and is not there is a mistake, and the account of the environment
 * not the one that was meant.
 */
export function insistOnFile({ env }: Pick<CommonOptions, 'env'>): void {
  if (env && env !== DEFAULT_ENV_FILE && !existsSync(env)) throw new Complaint(`There is no file ${env}.`);
}

/** Reads the file of variables into the environment, where what stands there already stays, and takes the settings from it. */
export async function atHand<T>(options: CommonOptions, read: (env: Environment) => T): Promise<AtHand<T>> {
  const file = options.env || DEFAULT_ENV_FILE;
  const envFile = await openEnvFile(file, () => new Date());
  if (existsSync(file)) process.loadEnvFile(file);
  const changes = createChanges({
    dryRun: options.dryRun,
    tell: (line) => {
      if (!options.json) process.stdout.write(`${line}\n`);
    },
  });
  try {
    return { settings: read(process.env), file, envFile, changes };
  } catch (error) {
    throw error instanceof ConfigError ? new Complaint(error.message) : error;
  }
}

interface Written {
  readonly file: string;
  readonly names: readonly string[];
  /** Where the former file is; undefined where there was none, and in a dry run. */
  readonly backup: string | undefined;
}

/**
 * Puts values into the file of variables, if that changes it. A value that is undefined is not known yet, in a dry run.
 * Resolves with undefined when there is nothing to write.
 */
async function writeVariables(
  { file, envFile, changes }: AtHand<unknown>,
  values: Readonly<Record<string, string | undefined>>,
): Promise<Written | undefined> {
  const different = Object.entries(values).filter(
    ([name, value]) => value === undefined || envFile.values[name] !== value,
  );
  if (different.length === 0) return undefined;
  const names = different.map(([name]) => name);
  const known = different.filter((entry): entry is [string, string] => entry[1] !== undefined);
  const backup = await changes.make('write', `${names.join(', ')} to ${file}`, () =>
    envFile.write(Object.fromEntries(known)),
  );
  if (backup !== undefined) changes.note(`The former file is ${backup}.`);
  return { file, names, backup };
}

/** The last word of a command: one JSON document, or a text where there is something to say. */
export function conclude(json: boolean, result: Readonly<Record<string, unknown>>, text: () => string): void {
  const last = json ? JSON.stringify(result) : text();
  if (last !== '') process.stdout.write(`${last}\n`);
}

/** As `writeVariables`, unless `--no-env` says not to. */
export const writeUnless = (
  { env }: CommonOptions,
  hand: AtHand<unknown>,
  values: Readonly<Record<string, string | undefined>>,
) => (env === false ? Promise.resolve(undefined) : writeVariables(hand, values));

/** What every result tells. */
export const standing = ({ changes }: AtHand<unknown>, env: Written | undefined) => ({
  dryRun: changes.dryRun,
  changes: changes.list,
  env: env ?? null,
});

/** Values below each other. */
export function rows(values: Readonly<Record<string, string | readonly string[] | undefined>>): string[] {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return known.map(([name, value]) => `${name.padEnd(13)} ${String(value)}`);
}

export const collect = (text: string, earlier: readonly string[]): string[] => [...earlier, text];
