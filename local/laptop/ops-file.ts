import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/**
 * `ops.env`: the environment in which operators' commands work on a laptop. It holds secrets of the stand-ins, so only
 * its owner reads it. It stays when laptop mode ends: what was sealed and signed in a Redis of your own is still
 * readable at the next start.
 */

type Env = Readonly<Record<string, string>>;

const fileIn = (folder: string) => join(folder, 'ops.env');

/** What the file says; empty when there is none. */
export async function readOpsFile(folder: string): Promise<Env> {
  try {
    return parseEnv(await readFile(fileIn(folder), 'utf8')) as Env;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** Writes the file in one step. */
export async function writeOpsFile(folder: string, env: Env): Promise<void> {
  await mkdir(folder, { recursive: true });
  const lines = Object.entries(env).map(([name, value]) => `${name}='${value}'\n`);
  const draft = join(folder, `ops.${process.pid}.tmp`);
  await writeFile(draft, lines.join(''), { mode: 0o600 });
  // The mode above counts for new files only.
  await chmod(draft, 0o600);
  await rename(draft, fileIn(folder));
}

/** The keys of the shell, else those of the last start, else new ones. */
export async function encryptionKeys(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { ENCRYPTION_KEYS: last } = await readOpsFile(folder);
  return env.ENCRYPTION_KEYS || last || `laptop:${randomBytes(32).toString('base64')}`;
}
