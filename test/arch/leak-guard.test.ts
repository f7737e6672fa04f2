import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';

/** Runs the fixtures under the real guard, in a Vitest of their own, and returns its report by file. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
  }[];
}

const root = join(import.meta.dirname, '..', '..');
const results = new Map<string, { status: string; message: string }>();

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'leak-guard-'));
  const output = join(folder, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const config = join(import.meta.dirname, 'leak-fixture', 'vitest.config.ts');
  const args = [vitest, 'run', '--config', config, '--reporter=json', `--outputFile.json=${output}`];
  // It exits with 1 because files fail: that is the point.
  await new Promise((resolve) => execFile(process.execPath, args, { cwd: root }, resolve));
  const report = JSON.parse(await readFile(output, 'utf8')) as Report;
  await rm(folder, { recursive: true });
  for (const { name, status, message } of report.testResults) {
    results.set(name.replace(/^.*\/|\.fixture\.ts$/g, ''), { status, message });
  }
});

test.each([
  ['server', 'a server listening on port'],
  ['socket', 'a socket from port'],
  ['process', 'a child process'],
  ['worker', 'a worker thread'],
])('a test file that leaves a %s open fails and says so', (name, message) => {
  expect(results.get(name)).toEqual({ status: 'failed', message: expect.stringContaining(message) });
});

test('a test file that closes what it opened passes', () => {
  expect(results.get('tidy')?.status).toBe('passed');
});
