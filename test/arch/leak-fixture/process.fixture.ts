import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

test('leaves a child process running', async () => {
  // It ends by itself when the test process is gone and its stdin closes.
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(child, 'spawn');
  expect(child.pid).toBeGreaterThan(0);
});
