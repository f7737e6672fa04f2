import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { awsError } from './aws-error.ts';

/** Agent processes: start, wait until healthy, end. What AgentCore does with microVMs. */

export interface AgentProcess {
  /** Base address, without a slash at the end. */
  readonly url: string;
  readonly pid: number;
  readonly exited: Promise<void>;
  /** SIGTERM, and SIGKILL two seconds later. Resolves when the process is gone. */
  stop(): Promise<void>;
}

export interface LauncherOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly startTimeoutMs: number;
  readonly maxProcesses: number;
  readonly log: (line: string) => void;
}

export interface Launcher {
  /**
   * Starts one agent process and resolves when its /ping answers.
   * Throws `AwsError`: ServiceQuotaExceededException at the limit, RuntimeClientError when it does not become healthy.
   */
  launch(label: string): Promise<AgentProcess>;
  /** Ends all of them. No launch succeeds afterwards. */
  close(): Promise<void>;
}

const KILL_AFTER_MS = 2_000;
const PING_EVERY_MS = 40;
/** Another program can take the free port before the agent does; then the agent ends at once. */
const ATTEMPTS = 2;
/** A runtime sees the variables it was configured with; only what a program needs to run at all comes from here. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LD_LIBRARY_PATH', 'NODE_COMPILE_CACHE'];

export function createLauncher(options: LauncherOptions): Launcher {
  const alive = new Map<ChildProcess, Promise<void>>();
  const ports = new Set<number>();
  let closed = false;

  // Covers an exit that nobody announced. When this process is killed, the agents see their stdin close.
  const killAll = () => {
    for (const child of alive.keys()) signal(child, 'SIGKILL');
  };
  process.on('exit', killAll);

  async function stopChild(child: ChildProcess): Promise<void> {
    const gone = alive.get(child);
    if (!gone) return;
    signal(child, 'SIGTERM');
    const timer = setTimeout(() => signal(child, 'SIGKILL'), KILL_AFTER_MS);
    await gone;
    clearTimeout(timer);
  }

  function start(label: string, port: number): { child: ChildProcess; exited: Promise<void> } {
    if (alive.size >= options.maxProcesses) {
      ports.delete(port);
      throw awsError(
        402,
        'ServiceQuotaExceededException',
        `${alive.size} agent processes are running, the limit; stop sessions or raise maxProcesses`,
      );
    }
    const child = spawn(options.command, [...options.args], {
      // Its own process group: Ctrl-C in a terminal reaches the backend first, which still needs its agents.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...Object.fromEntries(INHERITED.flatMap((name) => pair(name, process.env[name]))),
        ...options.env,
        PORT: String(port),
        HOST: '127.0.0.1',
        EXIT_WITH_PARENT: '1',
      },
    });
    const exited = ending(child);
    alive.set(child, exited);
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) =>
        options.log(`agent ${label} ${child.pid}: ${line}`),
      );
    }
    // Writing to an agent that is gone is no error of ours; its end is seen on `close`.
    child.stdin?.on('error', (error) => options.log(`agent ${label} stdin: ${error.message}`));
    child.on('error', (error) => options.log(`agent ${label} does not start: ${error.message}`));
    void exited.then(() => {
      alive.delete(child);
      ports.delete(port);
      // What the agent itself started must not outlive it.
      signal(child, 'SIGKILL');
      options.log(`agent ${label} ${child.pid} ended: ${child.signalCode ?? `exit code ${child.exitCode}`}`);
    });
    return { child, exited };
  }

  async function untilHealthy(child: ChildProcess, url: string): Promise<'healthy' | 'ended' | 'late'> {
    const deadline = Date.now() + options.startTimeoutMs;
    while (Date.now() < deadline) {
      if (!alive.has(child)) return 'ended';
      if ((await ping(url)) !== undefined) return alive.has(child) ? 'healthy' : 'ended';
      await wait(PING_EVERY_MS);
    }
    return 'late';
  }

  async function launchOnce(label: string): Promise<AgentProcess | 'ended' | 'late'> {
    const port = await freePort(ports);
    const { child, exited } = start(label, port);
    const url = `http://127.0.0.1:${port}`;
    const outcome = await untilHealthy(child, url);
    if (outcome === 'healthy' && child.pid !== undefined) {
      return { url, pid: child.pid, exited, stop: () => stopChild(child) };
    }
    await stopChild(child);
    return outcome === 'late' ? 'late' : 'ended';
  }

  return {
    async launch(label) {
      for (let attempt = 1; attempt <= ATTEMPTS && !closed; attempt += 1) {
        const result = await launchOnce(label);
        if (typeof result === 'object') {
          if (!closed) return result;
          await result.stop();
        }
        if (result === 'late') break;
      }
      const why = closed
        ? 'the stand-in is closing'
        : `the agent did not answer GET /ping within ${options.startTimeoutMs} ms or ended before; see its log`;
      throw awsError(424, 'RuntimeClientError', `Runtime did not become healthy: ${why}`);
    },
    async close() {
      closed = true;
      await Promise.all([...alive.keys()].map(stopChild));
      process.off('exit', killAll);
    },
  };
}

/** The `status` of an agent's GET /ping (`Healthy`, `HealthyBusy`), '' when it gives none, undefined when not healthy. */
export function ping(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const call = request(`${url}/ping`, { agent: false, timeout: 2_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => resolve(undefined));
      response.on('end', () => {
        if (response.statusCode !== 200) return resolve(undefined);
        const match = /"status"\s*:\s*"(\w+)"/.exec(Buffer.concat(chunks).toString());
        return resolve(match?.[1] ?? '');
      });
    });
    call.on('timeout', () => call.destroy(new Error('no answer to /ping')));
    call.on('error', () => resolve(undefined));
    call.end();
  });
}

/** Resolves when the process is gone. A program that cannot be started at all has `close` but no `exit`. */
function ending(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('close', () => resolve());
  });
}

/** Signals the whole group, so that what the agent started ends too. */
function signal(child: ChildProcess, name: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch (error) {
    // ESRCH: it ended on its own in this moment, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function pair(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]];
}

async function freePort(taken: Set<number>): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    if (address !== null && typeof address === 'object' && !taken.has(address.port)) {
      taken.add(address.port);
      return address.port;
    }
  }
}
