import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, findUnpacked, type UnpackedRedis, unpackRedis } from './debian-packages.ts';

/** A Redis (or Valkey) binary that runs on this machine. */
export interface RedisBinary {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
  readonly source: 'path' | 'debian-packages' | 'homebrew';
}

const run = promisify(execFile);
const HOMEBREW = ['/opt/homebrew/bin', '/usr/local/bin', '/home/linuxbrew/.linuxbrew/bin'];
const NAMES = ['redis-server', 'valkey-server'];

/**
 * Finds a Redis in this order: on PATH, unpacked Debian packages (from the cache, else downloaded), Homebrew.
 * Throws an error that says what to install when there is none.
 */
export async function findRedis(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<RedisBinary> {
  const onPath = await firstWorking((env.PATH ?? '').split(delimiter).filter(Boolean));
  if (onPath) return { command: onPath, env, source: 'path' };

  let reason = '';
  if (process.platform === 'linux') {
    const cache = cacheFolder(env);
    try {
      const unpacked = (await findUnpacked(cache)) ?? (await unpackRedis(cache, log));
      if (unpacked) return fromPackages(unpacked, env);
    } catch (error) {
      reason = ` Unpacking the Debian packages failed: ${(error as Error).message}.`;
    }
  }
  const brewed = await firstWorking(HOMEBREW);
  if (brewed) return { command: brewed, env, source: 'homebrew' };
  throw new Error(
    `No Redis found.${reason} Install one ("apt install redis-server", "dnf install valkey", "brew install redis") ` +
      'or start one anywhere and set REDIS_URL, for example REDIS_URL=redis://127.0.0.1:6379.',
  );
}

function fromPackages(unpacked: UnpackedRedis, env: NodeJS.ProcessEnv): RedisBinary {
  const libraries = [unpacked.libraryPath, env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return {
    command: unpacked.command,
    env: { ...env, LD_LIBRARY_PATH: libraries },
    source: 'debian-packages',
  };
}

async function firstWorking(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    for (const name of NAMES) {
      const command = join(folder, name);
      if (await answersVersion(command)) return command;
    }
  }
  return undefined;
}

async function answersVersion(command: string): Promise<boolean> {
  try {
    await access(command, constants.X_OK);
    const { stdout } = await run(command, ['--version'], { timeout: 5000 });
    return /v=\d/.test(stdout);
  } catch {
    // Not there, not executable, or not runnable here: in each case simply not a candidate.
    return false;
  }
}
