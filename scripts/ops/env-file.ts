import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, constants, copyFile, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual, parseEnv } from 'node:util';
import { Complaint } from './redis.ts';

/** Variables in a file of `NAME=value` lines, as `node --env-file` reads it. */

export const DEFAULT_ENV_FILE = '.env';

export interface EnvFile {
  /** What the file says; nothing where there is none yet. */
  readonly values: Readonly<Record<string, string | undefined>>;
  /**
   * Puts values in and leaves every other line as it is. Nobody ever sees half a file: it is written beside and moved into
   * place. Afterwards only its owner may read it, because it holds secrets. Resolves with the path of the backup; undefined
   * where there was no file.
   */
  write(values: Readonly<Record<string, string>>): Promise<string | undefined>;
}

/** @throws Complaint when the file cannot be read, or its folder is not there. */
export async function openEnvFile(path: string, now: () => Date): Promise<EnvFile> {
  // A link stays one: what it leads to is replaced.
  const file = existsSync(path) ? await realpath(path) : path;
  const before = await readText(file);
  const values = parseEnv(before ?? '');
  return {
    values,
    async write(wanted) {
      const after = withValues(before ?? '', wanted);
      try {
        const backup = before === undefined ? undefined : await backUp(file, now());
        await replace(file, after);
        return backup;
      } catch (error) {
        throw new Complaint(`${path} cannot be written: ${(error as Error).message}`, { cause: error });
      }
    },
  };
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT' && existsSync(dirname(file));
    if (missing) return undefined;
    throw new Complaint(`${file} cannot be read: ${(error as Error).message}. Give another with --env.`);
  }
}

/** Each name in its place: where it has a value already, behind its commented line, or at the end. */
function withValues(text: string, values: Readonly<Record<string, string>>): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  let lines = text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
  for (const [name, value] of Object.entries(values)) {
    const line = `${name}=${value}`;
    const active = new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`);
    if (lines.some((each) => active.test(each))) {
      lines = lines.map((each) => (active.test(each) ? line : each));
      continue;
    }
    const comment = lines.findIndex((each) => new RegExp(`^#\\s*${name}=`).test(each));
    lines.splice(comment < 0 ? lines.length : comment + 1, 0, line);
  }
  const after = `${lines.join(newline)}${newline}`;
  // Values over several lines, and whatever else this does not know: better no change than a broken file.
  if (isDeepStrictEqual({ ...parseEnv(after) }, { ...parseEnv(text), ...values })) return after;
  throw new Complaint(
    `The file is written in a way that cannot be changed safely here. Set ${Object.keys(values).join(', ')} in it by hand (--no-env --show prints them).`,
  );
}

async function backUp(file: string, now: Date): Promise<string> {
  const backup = `${file}.backup-${now.toISOString().replace(/[:.]/g, '-')}`;
  await copyFile(file, backup, constants.COPYFILE_EXCL);
  await chmod(backup, 0o600);
  return backup;
}

async function replace(file: string, text: string): Promise<void> {
  const beside = join(dirname(file), `.${basename(file)}.${randomUUID()}`);
  try {
    const handle = await open(beside, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
