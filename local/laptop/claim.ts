import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './laptop-file.ts';

/** Two laptops in one folder would write the same Redis data: the first to create this file has the folder. */
export interface Claim {
  release(): Promise<void>;
}

/** Thrown when another process has the folder. */
export class FolderTaken extends Error {
  readonly pid: number;
  constructor(pid: number, file: string) {
    super(
      `Threadcore is already being started or stopped by process ${pid}. Wait for it, or end it; ` +
        `if that process is something else, remove ${file}.`,
    );
    this.pid = pid;
  }
}

/** Takes the folder for this process. A claim whose process is gone is taken over. Throws `FolderTaken`. */
export async function claimFolder(folder: string): Promise<Claim> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'laptop.pid');
  for (let attempt = 1; ; attempt += 1) {
    try {
      const handle = await open(file, 'wx');
      await handle.write(String(process.pid));
      await handle.close();
      return { release: () => rm(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await holderOf(file);
    if (holder !== undefined || attempt === 3) throw new FolderTaken(holder ?? 0, file);
    await rm(file, { force: true });
  }
}

async function holderOf(file: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid || !isAlive(pid)) return undefined;
  if (process.platform !== 'linux') return pid;
  // After a crash the number may belong to something else by now.
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return /node|threadcore/.test(command) ? pid : undefined;
}
