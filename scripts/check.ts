import { join } from 'node:path';
import { checkImportRules } from './gates/import-rules.ts';
import { checkProcessAccess } from './gates/process-access.ts';
import { runTool } from './gates/run-command.ts';
import { checkFileLength, checkNames } from './gates/shape.ts';

/** The house's one gate: every step runs, every failure is shown, one failure fails it. */
interface Step {
  readonly name: string;
  /** What is wrong, ready to print; empty when all is well. */
  readonly run: (root: string) => Promise<string>;
}

const tool =
  (command: string, ...args: string[]) =>
  async (root: string) => {
    const { code, output } = await runTool(root, command, args);
    return code === 0 ? '' : output || `${command} ended with ${code} and said nothing`;
  };

const gate = (check: (root: string) => string[] | Promise<string[]>) => async (root: string) =>
  (await check(root)).join('\n');

const STEPS: readonly Step[] = [
  {
    name: 'format and lint (biome)',
    run: tool(
      'biome',
      'check',
      '--error-on-warnings',
      '--diagnostic-level=warn',
      '--max-diagnostics=50',
      '.',
    ),
  },
  { name: 'promises and switches (oxlint)', run: tool('oxlint', '--type-aware', '--deny-warnings', '.') },
  { name: 'types (tsc)', run: tool('tsc', '--noEmit', '-p', 'tsconfig.json') },
  { name: 'import rules (dependency-cruiser)', run: gate(checkImportRules) },
  { name: 'dead code (knip)', run: tool('knip', '--no-progress', '--no-config-hints') },
  { name: 'file length', run: gate(checkFileLength) },
  { name: 'names', run: gate(checkNames) },
  { name: 'process access', run: gate(checkProcessAccess) },
];

/** Runs all steps on the repository; true when all passed. */
async function check(root: string): Promise<boolean> {
  const failed: string[] = [];
  for (const { name, run } of STEPS) {
    const started = performance.now();
    const problems = await run(root).catch(
      (error: Error) => `could not run: ${error.stack ?? error.message}`,
    );
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${problems ? '✗' : '✓'} ${name} (${seconds} s)`);
    if (!problems) continue;
    failed.push(name);
    console.log(`${problems.replace(/^/gm, '    ')}\n`);
  }
  console.log(failed.length ? `\ncheck failed: ${failed.join(', ')}` : '\ncheck passed');
  return failed.length === 0;
}

process.exitCode = (await check(join(import.meta.dirname, '..'))) ? 0 : 1;
