import { text } from 'node:stream/consumers';
import { spawnGuarded } from '../../local/processes/guarded.ts';

/** Runs one of our commands to its end, as a process: what it says, and its exit code. */
export async function runCommand(file: string, args: readonly string[]) {
  const child = await spawnGuarded({ command: process.execPath, args: [file, ...args], env: process.env });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), child.exited]);
  return { out, err, code };
}
