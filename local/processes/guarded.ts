import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/**
 * A child process that cannot outlive us.
 *
 * A tiny shell stands between: it holds the read end of a pipe whose write end only we own. However we end, SIGKILL
 * included, the kernel closes the pipe, and the shell ends the child. The child gets a process group of its own, so
 * that Ctrl-C in the terminal reaches us alone and we decide the order in which things end.
 */
export interface GuardedProcess {
  /** The process itself, not the shell around it. */
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves with the exit code (128 + signal number after a signal) once nothing of it is left. */
  readonly exited: Promise<number>;
  /** SIGTERM, then SIGKILL to the whole group after `graceMs` (default 5000). Resolves with the exit code. */
  stop(graceMs?: number): Promise<number>;
}

export interface GuardedOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

// fd 0: closes when we die. fd 3: tells us the pid. The loop is needed because a trapped signal interrupts `wait`.
const GUARD = `
exec 4<&0 </dev/null
"$@" 3>&- 4<&- & child=$!
( exec >/dev/null 2>&1 3>&-
  read -r _ <&4
  trap '' TERM
  kill -TERM "$child"
  n=0
  while [ $n -lt 80 ] && kill -0 "$child"; do sleep 0.1; n=$((n + 1)); done
  kill -KILL "$child"
) & watcher=$!
trap 'kill -TERM "$child" 2>/dev/null' TERM INT HUP
echo "$child" >&3
exec 3>&- 4<&-
while :; do
  wait "$child"; code=$?
  kill -0 "$child" 2>/dev/null || break
done
kill -TERM "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
exit $code
`;

/** Starts a command under guard. Rejects when the shell cannot be started. */
export async function spawnGuarded(options: GuardedOptions): Promise<GuardedProcess> {
  const shell = spawn('/bin/sh', ['-c', GUARD, 'threadcore-guard', options.command, ...options.args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    ...(options.env ? { env: options.env } : {}),
    ...(options.cwd ? { cwd: options.cwd } : {}),
  });
  // The pipe is never written to; it only has to break when we are gone.
  shell.stdin?.on('error', () => shell.stdin?.destroy());
  const { stdout, stderr } = shell;
  if (!stdout || !stderr) throw new Error(`no output pipes for ${options.command}`);

  const exited = once(shell, 'exit').then(([code]) => {
    shell.stdin?.destroy();
    return typeof code === 'number' ? code : 137;
  });
  const pid = await readPid(shell);

  return {
    pid,
    stdout,
    stderr,
    exited,
    async stop(graceMs = 5000) {
      if (shell.exitCode === null && shell.signalCode === null) shell.kill('SIGTERM');
      const timer = setTimeout(() => killGroup(shell), graceMs);
      const code = await exited;
      clearTimeout(timer);
      return code;
    },
  };
}

async function readPid(shell: ChildProcess): Promise<number> {
  const pipe = shell.stdio[3] as Readable;
  let text = '';
  const failed = once(shell, 'error').then(([error]) => Promise.reject(error as Error));
  const read = (async () => {
    for await (const chunk of pipe) text += String(chunk);
  })();
  await Promise.race([read, failed]);
  const pid = Number.parseInt(text, 10);
  if (!Number.isInteger(pid)) throw new Error('the guarding shell ended before it started the process');
  return pid;
}

function killGroup(shell: ChildProcess): void {
  if (shell.pid === undefined || shell.exitCode !== null || shell.signalCode !== null) return;
  try {
    process.kill(-shell.pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: the group ended by itself between the check and the signal, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
