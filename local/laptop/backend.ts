import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type GuardedProcess, spawnGuarded } from '../processes/guarded.ts';
import { answersOk } from './laptop-file.ts';

export interface BackendOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where the backend will listen. */
  readonly url: string;
  /** Takes every line the backend writes. */
  readonly logFile: string;
  /** Shows warnings, errors and whatever is no log entry. */
  readonly show: (line: string) => void;
  /** Stops waiting, and the backend with it. */
  readonly signal?: AbortSignal;
  /** Default 60 000. */
  readonly readyWithinMs?: number;
}

export interface Backend {
  readonly pid: number;
  readonly exited: Promise<number>;
  stop(): Promise<void>;
}

const STOP_WITHIN_MS = 15_000;
const POLL_MS = 50;
/** pino writes levels as numbers or as names. */
const LEVELS = new Map<unknown, string>([
  [40, 'warning'],
  ['warn', 'warning'],
  [50, 'error'],
  ['error', 'error'],
  [60, 'fatal'],
  ['fatal', 'fatal'],
]);

/** Starts the backend and resolves when it says that it is ready. Throws when it is not. */
export async function startBackend(options: BackendOptions): Promise<Backend> {
  const log = createWriteStream(options.logFile, { flags: 'w' });
  const child = await spawnGuarded(options);
  const read = (stream: Readable) => {
    const lines = createInterface({ input: stream });
    lines.on('line', (line) => {
      log.write(`${line}\n`);
      const text = noteworthy(line);
      if (text !== undefined) options.show(text);
    });
  };
  read(child.stdout);
  read(child.stderr);
  const stop = async () => {
    await child.stop(STOP_WITHIN_MS);
    log.end();
    await finished(log);
  };

  const problem = await untilReady(child, options);
  if (problem) {
    await stop();
    throw new Error(`The backend ${problem}. What it said is above and in ${options.logFile}.`);
  }
  return { pid: child.pid, exited: child.exited, stop };
}

async function untilReady(child: GuardedProcess, options: BackendOptions): Promise<string | undefined> {
  let ended: number | undefined;
  void child.exited.then((code) => {
    ended = code;
  });
  const readyWithinMs = options.readyWithinMs ?? 60_000;
  const deadline = performance.now() + readyWithinMs;
  while (performance.now() < deadline) {
    if (options.signal?.aborted) return 'was interrupted';
    if (ended !== undefined) return `ended during its start with exit code ${ended}`;
    if (await answersOk(new URL('/readyz', options.url))) return undefined;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return `was not ready within ${readyWithinMs / 1000} s`;
}

/**
 * One line for the terminal: log entries from warning upwards, shortened, and text that is no log entry at all.
 * Undefined for everything else. The full entry is in the log file.
 */
export function noteworthy(line: string): string | undefined {
  if (line.trim() === '') return undefined;
  let entry: { level?: unknown; msg?: unknown; err?: { message?: unknown } } | null;
  try {
    entry = JSON.parse(line) as typeof entry;
  } catch {
    // Not a log entry: somebody's plain words, such as a start-up error.
    return line;
  }
  if (typeof entry?.level !== 'number' && typeof entry?.level !== 'string') return line;
  const level = LEVELS.get(entry.level);
  if (!level) return undefined;
  const cause = typeof entry.err?.message === 'string' ? `: ${entry.err.message}` : '';
  return `${level}: ${typeof entry.msg === 'string' ? entry.msg : 'see the log'}${cause}`;
}
