import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Everything that CI checks: the gate, then all tests with the coverage line. Both run even if the first fails. */
const root = join(import.meta.dirname, '..');
const STEPS = [
  { name: 'check', args: ['scripts/check.ts'] },
  { name: 'tests', args: ['node_modules/vitest/vitest.mjs', 'run', '--coverage', ...process.argv.slice(2)] },
];

function run(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
    // Ctrl-C reaches the child through the terminal; a signal to us alone has to be handed on.
    const forward = () => child.kill('SIGTERM');
    process.once('SIGTERM', forward);
    child.on('error', reject);
    child.on('close', (code) => {
      process.off('SIGTERM', forward);
      resolve(code ?? 1);
    });
  });
}

const failed: string[] = [];
for (const { name, args } of STEPS) {
  console.log(`\n── ${name} ──`);
  if ((await run(args)) !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
