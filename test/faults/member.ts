import { createWriteStream } from 'node:fs';
import { type GuardedProcess, spawnGuarded } from '../../local/processes/guarded.ts';
import type { FaultLink } from './fault-link.ts';

/** One process under test: the web role or a worker. It is started again whenever it has ended. */
export interface Member {
  readonly name: string;
  readonly role: 'web' | 'worker';
  readonly port: number;
  /** Its links to Redis, Slack and AgentCore; of the web role also the one from Slack. */
  readonly links: readonly FaultLink[];
  /** SIGKILL, and a new process at once. Answers its process id; undefined when it is down already. */
  kill(): number | undefined;
  /** SIGTERM, and a new process when the old one has ended. False when it is down already. */
  terminate(): boolean;
  /** Stands still for `ms`. False when it is down. */
  freeze(ms: number): boolean;
  /** Resolves when it answers; rejects when it does not within a minute. */
  ready(): Promise<void>;
  /** What a process must not do, since the last call: to end by itself, or to outlive its shutdown. */
  takeTroubles(): string[];
  close(): Promise<void>;
}

export interface MemberOptions {
  readonly name: string;
  readonly role: 'web' | 'worker';
  readonly port: number;
  readonly main: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly links: readonly FaultLink[];
}

const READY_WITHIN_MS = 60_000;
const READY_POLL_MS = 100;
/** What a shutdown may take. */
const END_WITHIN_MS = 30_000;
/** A process that could not start, because Redis is away, is started again after this time. */
const START_AGAIN_MS = 500;
/** The log line of a process that has started. */
const IS_UP = 'Threadcore is up';

export async function startMember(options: MemberOptions): Promise<Member> {
  const { name, role, port } = options;
  const log = createWriteStream(`${options.folder}/${name}.log`, { flags: 'a' });
  let current: GuardedProcess | undefined;
  const alive = new Set<GuardedProcess>();
  let closed = false;
  let starting: Promise<void> = Promise.resolve();
  const timers = new Set<NodeJS.Timeout>();
  const troubles: string[] = [];

  function later(ms: number, what: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      timers.delete(timer);
      what();
    }, ms);
    timers.add(timer);
    return timer;
  }

  async function start(): Promise<void> {
    if (closed) return;
    const child = await spawnGuarded({
      command: process.execPath,
      args: [options.main],
      cwd: options.folder,
      env: { ...options.env, PATH: process.env.PATH ?? '', PORT: String(port), ROLE: role },
    });
    let isUp = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        log.write(chunk);
        isUp ||= chunk.includes(IS_UP);
      });
    }
    current = child;
    alive.add(child);
    void child.exited.then((code) => {
      alive.delete(child);
      if (current !== child) return;
      current = undefined;
      if (closed) return;
      if (isUp) troubles.push(`${name} ended by itself with code ${code}`);
      later(START_AGAIN_MS, () => startAfter(Promise.resolve()));
    });
  }

  function startAfter(before: Promise<unknown>): void {
    starting = before.then(start).catch((error: unknown) => {
      troubles.push(`${name} could not be started: ${String(error)}`);
    });
  }

  const signal = (child: GuardedProcess, what: NodeJS.Signals) => {
    if (!alive.has(child)) return;
    try {
      process.kill(child.pid, what);
    } catch (error) {
      // It has just ended by itself.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  /** The process, which counts as ended from now on. */
  const takeDown = () => {
    const child = current;
    current = undefined;
    return child;
  };

  startAfter(Promise.resolve());
  return {
    name,
    role,
    port,
    links: options.links,
    kill() {
      const child = takeDown();
      if (!child) return undefined;
      signal(child, 'SIGKILL');
      startAfter(child.exited);
      return child.pid;
    },
    terminate() {
      const child = takeDown();
      if (!child) return false;
      signal(child, 'SIGTERM');
      const late = later(END_WITHIN_MS, () => {
        troubles.push(`${name} did not end within ${END_WITHIN_MS / 1000} s of SIGTERM`);
        signal(child, 'SIGKILL');
      });
      startAfter(child.exited.then(() => clearTimeout(late)));
      return true;
    },
    freeze(ms) {
      const child = current;
      if (!child) return false;
      signal(child, 'SIGSTOP');
      later(ms, () => signal(child, 'SIGCONT'));
      return true;
    },
    async ready() {
      const deadline = performance.now() + READY_WITHIN_MS;
      for (;;) {
        await starting;
        if (closed) throw new Error(`${name} was closed`);
        if (await answersReady(port)) return;
        if (performance.now() > deadline)
          throw new Error(`${name} is not ready; see ${options.folder}/${name}.log`);
        await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
      }
    },
    takeTroubles: () => troubles.splice(0),
    async close() {
      closed = true;
      // The one that is just being started as well.
      for (let round = 0; round < 2; round += 1) {
        for (const child of alive) signal(child, 'SIGKILL');
        await Promise.all([...alive].map((child) => child.exited));
        await starting;
      }
      for (const timer of timers) clearTimeout(timer);
      await new Promise((resolve) => log.end(resolve));
    },
  };
}

async function answersReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    // Not listening yet.
    return false;
  }
}
