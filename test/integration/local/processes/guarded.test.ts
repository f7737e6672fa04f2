import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { spawnGuarded } from '../../../../local/processes/guarded.ts';
import { eventually } from '../../../setup/eventually.ts';
import { isGone } from '../../../setup/is-gone.ts';

const guarded = join(import.meta.dirname, '..', '..', '..', '..', 'local', 'processes', 'guarded.ts');

const firstLine = async (stream: NodeJS.ReadableStream): Promise<string> => {
  const lines = createInterface({ input: stream });
  const [line] = (await once(lines, 'line')) as [string];
  lines.close();
  return line;
};

const STUBBORN = `process.on('SIGTERM', () => console.log('no')); console.log('ready'); setInterval(() => {}, 1000);`;

test('the pid is the pid of the program, its output is readable, and its exit code is handed on', async () => {
  const child = await spawnGuarded({
    command: process.execPath,
    args: ['-e', 'console.log(process.pid, process.env.WORD); process.exitCode = 7'],
    env: { ...process.env, WORD: 'hello' },
  });
  expect(await firstLine(child.stdout)).toBe(`${child.pid} hello`);
  expect(await child.exited).toBe(7);
});

test('stop asks politely first', async () => {
  const polite = `process.on('SIGTERM', () => { console.log('bye'); process.exit(3); }); console.log('ready'); setInterval(() => {}, 1000);`;
  const child = await spawnGuarded({ command: process.execPath, args: ['-e', polite] });
  await firstLine(child.stdout);
  expect(await child.stop()).toBe(3);
  expect(isGone(child.pid)).toBe(true);
});

test('stop ends a program that ignores it', async () => {
  const child = await spawnGuarded({ command: process.execPath, args: ['-e', STUBBORN] });
  await firstLine(child.stdout);
  expect(await child.stop(100)).toBe(137);
  await eventually('the program is gone', () => isGone(child.pid));
  expect(await child.stop()).toBe(137);
});

test('a command that does not exist ends with 127', async () => {
  const child = await spawnGuarded({ command: '/no/such/program', args: [] });
  expect(await child.exited).toBe(127);
});

test('the program ends when its parent is killed without a chance to clean up', async () => {
  const source = `
    import { spawnGuarded } from ${JSON.stringify(guarded)};
    const child = await spawnGuarded({ command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] });
    console.log(child.pid);
    setInterval(() => {}, 1000);
  `;
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = Number(await firstLine(parent.stdout));
  expect(isGone(pid)).toBe(false);
  parent.kill('SIGKILL');
  await once(parent, 'close');
  await eventually('the program is gone', () => isGone(pid));
});
