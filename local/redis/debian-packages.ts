import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * A Redis from the Debian or Ubuntu archive, unpacked into the user's cache. Nothing is installed and no root is needed:
 * `apt-get download` fetches (and verifies the archive's signatures), `dpkg -x` unpacks.
 */
export interface UnpackedRedis {
  readonly command: string;
  readonly libraryPath: string;
  readonly version: string;
}

type Log = (line: string) => void;

const run = promisify(execFile);
const FIRST_PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'];

/** Package that holds a shared library that `ldd` may report missing; slim images lack some of these. */
const LIBRARY_PACKAGES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^libatomic\.so/, ['libatomic1']],
  [/^lib(ssl|crypto)\.so\.3/, ['libssl3t64', 'libssl3']],
  [/^libsystemd\.so/, ['libsystemd0']],
  [/^libjemalloc\.so/, ['libjemalloc2']],
  [/^liblzf\.so/, ['liblzf1']],
  [/^liblua5\.1/, ['liblua5.1-0']],
  [/^libcap\.so/, ['libcap2']],
  [/^libgcrypt\.so/, ['libgcrypt20']],
  [/^libgpg-error\.so/, ['libgpg-error0']],
  [/^liblz4\.so/, ['liblz4-1']],
  [/^liblzma\.so/, ['liblzma5']],
  [/^libzstd\.so/, ['libzstd1']],
  [/^libstdc\+\+\.so/, ['libstdc++6']],
  [/^libgcc_s\.so/, ['libgcc-s1']],
];

/** Names of the libraries that `ldd` did not find. */
export const missingLibraries = (lddOutput: string): string[] =>
  [...lddOutput.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1] ?? '');

/** Candidates for the package of a library, best first (Ubuntu and Debian 13 renamed some with the suffix t64). */
export const packagesFor = (library: string): readonly string[] =>
  LIBRARY_PACKAGES.find(([pattern]) => pattern.test(library))?.[1] ?? [];

/** Where unpacked tools are kept: `$XDG_CACHE_HOME/threadcore`, by default `~/.cache/threadcore`. */
export const cacheFolder = (env: NodeJS.ProcessEnv): string =>
  join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'threadcore');

/** The unpacked Redis from an earlier run that still starts, if there is one. */
export async function findUnpacked(cache: string): Promise<UnpackedRedis | undefined> {
  const names = await readdir(cache).catch(() => [] as string[]);
  for (const name of names
    .filter((entry) => entry.startsWith(`redis-${process.arch}-`))
    .sort()
    .reverse()) {
    const found = await inspect(join(cache, name)).catch(() => undefined);
    if (found) return found;
  }
  return undefined;
}

/** Downloads and unpacks. Undefined when this is not a Debian-like system; throws when it is and the download fails. */
export async function unpackRedis(cache: string, log: Log): Promise<UnpackedRedis | undefined> {
  const tools = ['/usr/bin/apt-get', '/usr/bin/dpkg', '/usr/bin/ldd'];
  const present = await Promise.all(tools.map((tool) => exists(tool)));
  if (present.includes(false)) return undefined;

  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'unpacking-'));
  try {
    const root = join(work, 'root');
    const apt = createApt(work, log);
    log('redis: downloading the Debian packages (a few MB, once)');
    for (const name of FIRST_PACKAGES) await apt.unpack([name], root);
    await addMissingLibraries(root, apt.unpack, log);
    const { version } = await inspect(root);
    const home = join(cache, `redis-${process.arch}-${version}`);
    await moveIntoPlace(root, home);
    return await inspect(home);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

type Unpack = (candidates: readonly string[], root: string) => Promise<void>;

function createApt(work: string, log: Log): { unpack: Unpack } {
  // Caches are private in any case; the package lists are the system's until they prove missing or stale.
  const cacheOptions = [`Dir::Cache=${join(work, 'apt-cache')}`, 'APT::Sandbox::User=', 'Acquire::Retries=2'];
  const state = join(work, 'apt-state');
  const ownLists = [
    `Dir::State=${state}`,
    `Dir::State::lists=${join(state, 'lists')}`,
    'Dir::State::status=/var/lib/dpkg/status',
    'Acquire::Languages=none',
  ];
  let lists: readonly string[] = [];
  let updated = false;
  const apt = (args: readonly string[]) =>
    run('/usr/bin/apt-get', [...[...cacheOptions, ...lists].flatMap((option) => ['-o', option]), ...args], {
      cwd: work,
      timeout: 180_000,
      maxBuffer: 16 << 20,
    });

  async function useFreshLists(): Promise<void> {
    log('redis: reading the package lists (own copy, no root)');
    lists = ownLists;
    updated = true;
    await mkdir(join(state, 'lists', 'partial'), { recursive: true });
    // A foreign source that cannot be reached fails the command although the archive itself was read: the download decides.
    await apt(['update']).catch((error: Error) => log(`redis: apt-get update: ${firstLine(error)}`));
  }

  async function download(candidates: readonly string[]): Promise<void> {
    let failure: unknown;
    for (const name of candidates) {
      try {
        await apt(['download', name]);
        return;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async function unpack(candidates: readonly string[], root: string): Promise<void> {
    await mkdir(join(work, 'apt-cache', 'archives', 'partial'), { recursive: true });
    try {
      await download(candidates);
    } catch (error) {
      if (updated) throw new Error(`apt-get download ${candidates.join(' or ')} failed: ${firstLine(error)}`);
      await useFreshLists();
      await unpack(candidates, root);
      return;
    }
    for (const file of (await readdir(work)).filter((name) => name.endsWith('.deb'))) {
      await run('/usr/bin/dpkg', ['-x', join(work, file), root]);
      await rm(join(work, file));
    }
  }
  return { unpack };
}

/** Unpacks what the loader misses until it misses nothing; a library may itself need another. */
async function addMissingLibraries(root: string, unpack: Unpack, log: Log): Promise<void> {
  const tried = new Set<string>();
  for (;;) {
    const missing = await missingIn(root);
    const next = missing.find((library) => !tried.has(library));
    if (next === undefined) return;
    tried.add(next);
    const candidates = packagesFor(next);
    if (candidates.length === 0)
      throw new Error(`Redis needs ${next}, which no known package provides; install redis-server`);
    log(`redis: adding ${next}`);
    await unpack(candidates, root);
  }
}

async function missingIn(root: string): Promise<string[]> {
  const libraryPath = await libraryPathOf(root);
  const binary = join(root, 'usr', 'bin', 'redis-server');
  const { stdout } = await run('/usr/bin/ldd', [binary], { env: { LD_LIBRARY_PATH: libraryPath } });
  return missingLibraries(stdout);
}

async function libraryPathOf(root: string): Promise<string> {
  const folders: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    const names = await readdir(join(root, base)).catch(() => [] as string[]);
    folders.push(...names.filter((name) => /-linux-gnu/.test(name)).map((name) => join(root, base, name)));
  }
  return folders.join(':');
}

async function inspect(root: string): Promise<UnpackedRedis> {
  // In Debian's package redis-server is a link to redis-check-rdb, which redis-tools brings.
  const command = join(root, 'usr', 'bin', 'redis-server');
  const libraryPath = await libraryPathOf(root);
  const { stdout } = await run(command, ['--version'], { env: { LD_LIBRARY_PATH: libraryPath } });
  const version = /v=(\d[\w.]*)/.exec(stdout)?.[1];
  if (!version) throw new Error(`${command} does not tell its version`);
  return { command, libraryPath, version };
}

async function moveIntoPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    // Either another start was quicker, or what lies there is broken; ours works, so it replaces a broken one.
    const working = await inspect(to).catch(() => undefined);
    if (working) return;
    await rm(to, { recursive: true, force: true });
    await rename(from, to);
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

const firstLine = (error: unknown): string =>
  String((error as { stderr?: string }).stderr || (error as Error).message)
    .split('\n')
    .find((line) => /^E:|\S/.test(line)) ?? 'no reason given';
