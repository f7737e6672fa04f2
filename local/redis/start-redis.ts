import { mkdir, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GuardedProcess, spawnGuarded } from '../processes/guarded.ts';
import { findRedis, type RedisBinary } from './find-redis.ts';
import { type RespValue, redisCommands } from './resp.ts';

export interface StartRedisOptions {
  /** Kept after stop. Without it a temporary folder is used and removed. */
  readonly dataDir?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Default 16. */
  readonly databases?: number;
  /** Append-only file, written every second. Default true. */
  readonly appendonly?: boolean;
  /** Further settings by their names in redis.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Start a Redis of our own even when the environment names one with REDIS_URL. Default false. */
  readonly own?: boolean;
  /** Default: the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

export interface RunningRedis {
  readonly url: string;
  /** 0 for a Redis that was given with REDIS_URL. */
  readonly pid: number;
  readonly port: number;
  /** Data folder; empty for a Redis that was given with REDIS_URL. */
  readonly dir: string;
  readonly source: RedisBinary['source'] | 'REDIS_URL';
  /** Resolves with the exit code when the server ends by itself or by `stop`; never for a given Redis. */
  readonly exited: Promise<number>;
  /** Ends the server; a given Redis is left alone. Can be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a real Redis for a laptop or a test run: loopback only, noeviction, its own data folder. It ends with this
 * process, whatever ends this process. Throws with the server's own last words when it does not come up.
 */
export async function startRedis(options: StartRedisOptions): Promise<RunningRedis> {
  const env = options.env ?? process.env;
  if (!options.own && env.REDIS_URL) return useGiven(env.REDIS_URL);

  const binary = await findRedis(env, options.log);
  const dir = await dataFolder(options.dataDir);
  const removeData = () => (options.dataDir ? Promise.resolve() : rm(dir, { recursive: true, force: true }));
  try {
    // A free port can be taken by somebody else before Redis binds it; then Redis ends at once and we look again.
    for (let attempt = 1; ; attempt += 1) {
      const port = options.port ?? (await freePort());
      const child = await launch(binary, port, dir, options);
      const failure = await untilOurs(child, port, dir);
      if (!failure) return running(binary, child, port, dir, removeData);
      await child.stop();
      if (attempt === 3 || options.port) throw await startFailure(failure, dir);
    }
  } catch (error) {
    await removeData();
    throw error;
  }
}

async function useGiven(url: string): Promise<RunningRedis> {
  try {
    await redisCommands(url, [['PING']]);
  } catch (error) {
    const where = new URL(url).host;
    throw new Error(
      `REDIS_URL points at ${where}, which does not answer as a Redis (${(error as Error).message}). ` +
        'Start it, correct REDIS_URL, or unset it to let Threadcore start its own.',
    );
  }
  return {
    url,
    pid: 0,
    port: Number(new URL(url).port || 6379),
    dir: '',
    source: 'REDIS_URL',
    exited: new Promise(() => undefined),
    stop: () => Promise.resolve(),
  };
}

async function dataFolder(given: string | undefined): Promise<string> {
  if (!given) return realpath(await mkdtemp(join(tmpdir(), 'threadcore-redis-')));
  await mkdir(given, { recursive: true });
  return realpath(given);
}

function launch(binary: RedisBinary, port: number, dir: string, options: StartRedisOptions) {
  const settings: Record<string, string> = {
    port: String(port),
    bind: '127.0.0.1',
    dir,
    logfile: join(dir, 'redis.log'),
    daemonize: 'no',
    supervised: 'no',
    databases: String(options.databases ?? 16),
    'maxmemory-policy': 'noeviction',
    appendonly: options.appendonly === false ? 'no' : 'yes',
    appendfsync: 'everysec',
    save: '',
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  return spawnGuarded({ command: binary.command, args, env: binary.env, cwd: dir });
}

/** Waits until the server on the port is the one we started. Undefined when it is, else why not. */
async function untilOurs(child: GuardedProcess, port: number, dir: string): Promise<string | undefined> {
  let ended = false;
  void child.exited.then(() => {
    ended = true;
  });
  const deadline = Date.now() + 20_000;
  let last = '';
  while (Date.now() < deadline) {
    if (ended) return 'redis-server ended right after its start';
    try {
      const [config, info] = await redisCommands(`redis://127.0.0.1:${port}`, [
        ['CONFIG', 'GET', 'dir'],
        ['INFO', 'server'],
      ]);
      if (isOurs(config, info, child.pid, dir)) return undefined;
      last = `another Redis answers on port ${port}`;
    } catch (error) {
      // Not listening yet, or still loading its data.
      last = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return last;
}

function isOurs(
  config: RespValue | undefined,
  info: RespValue | undefined,
  pid: number,
  dir: string,
): boolean {
  const folder = Array.isArray(config) ? config[1] : undefined;
  const processId = /^process_id:(\d+)/m.exec(typeof info === 'string' ? info : '')?.[1];
  return folder === dir && Number(processId) === pid;
}

function running(
  binary: RedisBinary,
  child: GuardedProcess,
  port: number,
  dir: string,
  removeData: () => Promise<void>,
): RunningRedis {
  let stopping: Promise<void> | undefined;
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid,
    port,
    dir,
    source: binary.source,
    exited: child.exited,
    stop() {
      stopping ??= child.stop().then(removeData);
      return stopping;
    },
  };
}

async function startFailure(reason: string, dir: string): Promise<Error> {
  const log = await readFile(join(dir, 'redis.log'), 'utf8').catch(() => '');
  const lastWords = log.trim().split('\n').slice(-5).join('\n');
  return new Error(`Redis did not start: ${reason}.${lastWords ? `\nIts log ends with:\n${lastWords}` : ''}`);
}

/** A TCP port on loopback that is free at this moment. */
export async function freePort(preferred = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (preferred && error.code === 'EADDRINUSE') resolve(freePort(preferred + 1));
      else reject(error);
    });
    probe.listen(preferred, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address && typeof address === 'object') resolve(address.port);
        else reject(new Error('the probe for a free port got no address'));
      });
    });
  });
}
