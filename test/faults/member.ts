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
  readonly pid: () => number | undefined;
  /** SIGKILL, and a new process after `restartMs`. Nothing when it is down already. */
  kill(restartMs: number): number | undefined;
  /** SIGTERM, and a new process when the old one has ended. */
  terminate(): Promise<void>;
  /** Stands still for `ms`. */
  freeze(ms: number): void;
  ready(): Promise<void>;
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
/** What a shutdown may take. */
const END_WITHIN_MS = 30_000;

export async function startMember(options: MemberOptions): Promise<Member> {
  const { name, role, port } = options;
  const log = createWriteStream(`${options.folder}/${name}.log`, { flags: 'a' });
  let current: GuardedProcess | undefined;
  let closed = false;
  let starting: Promise<void> = Promise.resolve();
  const thaws = new Set<NodeJS.Timeout>();
  const problems: Error[] = [];

  async function start(): Promise<void> {
    if (closed) return;
    const child = await spawnGuarded({
      command: process.execPath,
      args: [options.main],
      cwd: options.folder,
      env: { ...options.env, PATH: process.env.PATH ?? '', PORT: String(port), ROLE: role },
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => log.write(chunk));
    current = child;
    void child.exited.then(() => {
      if (current === child) current = undefined;
    });
  }

  function startAfter(before: Promise<unknown>, ms = 0): void {
    starting = before
      .then(() => new Promise((resolve) => setTimeout(resolve, closed ? 0 : ms)))
      .then(start)
      .catch((error: unknown) => {
        problems.push(error as Error);
      });
  }

  const signal = (child: GuardedProcess, what: NodeJS.Signals) => {
    try {
      process.kill(child.pid, what);
    } catch (error) {
      // It has just ended by itself.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };

  startAfter(Promise.resolve());
  return {
    name,
    role,
    port,
    links: options.links,
    pid: () => current?.pid,
    kill(restartMs) {
      const child = current;
      if (!child) return undefined;
      current = undefined;
      signal(child, 'SIGKILL');
      startAfter(child.exited, restartMs);
      return child.pid;
    },
    async terminate() {
      await starting;
      const child = current;
      if (!child) return;
      current = undefined;
      signal(child, 'SIGTERM');
      const late = setTimeout(() => {
        problems.push(new Error(`${name} did not end within ${END_WITHIN_MS / 1000} s of SIGTERM`));
        signal(child, 'SIGKILL');
      }, END_WITHIN_MS);
      startAfter(child.exited.then(() => clearTimeout(late)));
      await starting;
    },
    freeze(ms) {
      const child = current;
      if (!child) return;
      signal(child, 'SIGSTOP');
      const thaw = setTimeout(() => {
        thaws.delete(thaw);
        signal(child, 'SIGCONT');
      }, ms);
      thaws.add(thaw);
    },
    async ready() {
      const deadline = performance.now() + READY_WITHIN_MS;
      for (;;) {
        await starting;
        const [problem] = problems.splice(0);
        if (problem) throw problem;
        if (await answersReady(port)) return;
        if (performance.now() > deadline)
          throw new Error(`${name} is not ready; see ${options.folder}/${name}.log`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async close() {
      closed = true;
      await starting;
      for (const thaw of thaws) clearTimeout(thaw);
      const child = current;
      if (child) {
        signal(child, 'SIGKILL');
        await child.exited;
      }
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
