import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// One project a kind of test, so that `vitest run --project unit` is the quick loop while writing.
const withRedis = ['test/setup/redis-server.ts'];

const FILES_AT_ONCE = 4;

// Hundreds of processes read the same packages, and so does each file: Node keeps what it has compiled of them.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled');

const project = (name: string, timeout: number, globalSetup: string[] = []) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    setupFiles: ['test/setup/leak-guard.ts'],
    globalSetup,
    testTimeout: timeout,
    hookTimeout: timeout,
    // Real processes and ports: a port that another program takes in between, or a machine that stalls for seconds, is
    // no defect. A defect fails twice.
    retry: globalSetup.length > 0 ? 1 : 0,
  },
});

export default defineConfig({
  test: {
    pool: 'forks',
    // Most files wait: for processes to start, for answers to come. Vitest would take a core less than there are, which
    // on a small machine is one file at a time.
    maxWorkers: Math.max(FILES_AT_ONCE, availableParallelism()),
    restoreMocks: true,
    unstubEnvs: true,
    allowOnly: false,
    // A test without an assertion cannot fail.
    expect: { requireAssertions: true },
    passWithNoTests: false,
    projects: [
      project('unit', 30_000),
      project('contract', 20_000, withRedis),
      project('integration', 30_000, withRedis),
      project('e2e', 180_000, withRedis),
      project('arch', 60_000),
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'agent-runtime/**/*.ts', 'local/**/*.ts'],
      // The page is JavaScript for a browser; the browser tests hold it.
      exclude: ['**/*.d.ts', '**/node_modules/**', '**/dist/**', 'local/**/page/**'],
      reporter: ['text-summary', 'lcov', 'json-summary'],
      reportsDirectory: 'coverage',
      thresholds: { lines: 80 },
    },
  },
});
