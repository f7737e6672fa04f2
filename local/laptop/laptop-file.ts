import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** `laptop.json`: where a running laptop mode can be reached. `ask`, scripts and tests join through it. */
const laptopSchema = z.object({
  pid: z.number().int().positive(),
  /** The backend. */
  web: z.url(),
  /** The chat page. */
  slackPage: z.url(),
  slackApi: z.url(),
  aws: z.url(),
  /** The sign-in pages, and the user-pool API. */
  cognito: z.url(),
  redis: z.string(),
  /** The page of the Agents Playground, where it was asked for. */
  teams: z.url().optional(),
});

export type LaptopInfo = z.infer<typeof laptopSchema>;

const fileIn = (folder: string) => join(folder, 'laptop.json');

/** What the file says; undefined when there is none or it is not readable as one. */
export async function readLaptopFile(folder: string): Promise<LaptopInfo | undefined> {
  try {
    return laptopSchema.parse(JSON.parse(await readFile(fileIn(folder), 'utf8')));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes the file in one step: a reader sees all of it or nothing. */
export async function writeLaptopFile(folder: string, info: LaptopInfo): Promise<void> {
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `laptop.${process.pid}.tmp`);
  await writeFile(draft, `${JSON.stringify(info, null, 2)}\n`);
  await rename(draft, fileIn(folder));
}

export async function removeLaptopFile(folder: string): Promise<void> {
  await rm(fileIn(folder), { force: true });
}

/** The laptop mode that runs in this folder and answers, if there is one. A file left behind by a crash is none. */
export async function findRunningLaptop(folder: string): Promise<LaptopInfo | undefined> {
  const info = await readLaptopFile(folder);
  if (!info || !isAlive(info.pid)) return undefined;
  const answers = await Promise.all([
    answersOk(new URL('/healthz', info.web)),
    answersOk(new URL(info.slackPage)),
  ]);
  return answers.every(Boolean) ? info : undefined;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** True when a GET is answered with 2xx within two seconds. */
export async function answersOk(url: URL): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    // Refused, reset or too slow: each means that it does not answer.
    return false;
  }
}
