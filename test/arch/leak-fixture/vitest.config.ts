import { defineConfig } from 'vitest/config';

// Run by leak-guard.test.ts only: each file leaves one thing open on purpose.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.fixture.ts'],
    setupFiles: ['../../setup/leak-guard.ts'],
    pool: 'forks',
  },
});
