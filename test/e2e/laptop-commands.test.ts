import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { readLaptopFile } from '../../local/laptop/laptop-file.ts';
import { eventually } from '../setup/eventually.ts';
import { isGone } from '../setup/is-gone.ts';

// The commands as a person runs them: real programs, real Redis, real agent, from the repository's sources.
const root = join(import.meta.dirname, '..', '..');
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'laptop-commands-'));
});
afterAll(() => rm(home, { recursive: true }));

// What a test that failed has left running. Each guards its own children.
const started = new Set<Running>();
afterEach(async () => {
  for (const { child, ended } of started) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  }
  started.clear();
});

interface Running {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly ended: Promise<number | null>;
}

function run(command: string, folder: string, ...args: string[]): Running {
  const { REDIS_URL: _given, ...env } = process.env;
  const child = spawn(process.execPath, [join(root, 'local', command), ...args], {
    cwd: root,
    env: { ...env, PORT: '0', THREADCORE_STATE_DIR: join(home, folder) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += String(chunk);
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const running = { child, out: () => text, ended };
  started.add(running);
  return running;
}

/** The process and all that descend from it (Linux). */
async function familyOf(pid: number): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map<number, number>();
  for (const id of ids) {
    const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '');
    parents.set(id, Number(stat.replace(/^.*\)\s\S\s/s, '').split(' ')[0]));
  }
  const family = [pid];
  for (const member of family) family.push(...ids.filter((id) => parents.get(id) === member));
  return family;
}

const startLaptop = async (folder: string) => {
  const laptop = run('start.ts', folder);
  const info = await eventually('laptop mode is up', () => readLaptopFile(join(home, folder)), 60_000);
  return { ...laptop, info };
};

/** What stays of a laptop mode that has ended. */
const LEFT = ['agent.log', 'backend.log', 'memory', 'ops.env', 'redis'];
const QUESTION = 'how many EC2 instances are running?';

test.each([
  ['without a question', [], 'There is no question.'],
  ['with an option that it does not have', ['--loud', QUESTION], "Unknown option '--loud'"],
  ['with a time that is none', ['--timeout', 'soon', QUESTION], '--timeout must be a number of seconds'],
])('ask %s says so in one line and starts nothing', async (_how, args, words) => {
  const asked = run('ask.ts', 'none', ...args);
  expect(await asked.ended).toBe(2);
  expect(asked.out()).toContain(words);
  expect(asked.out().trim().split('\n')).toHaveLength(1);
  expect(await readdir(home)).not.toContain('none');
});

test('ask --help explains itself and starts nothing', async () => {
  const asked = run('ask.ts', 'none', '--help');
  expect(await asked.ended).toBe(0);
  expect(asked.out()).toContain('Usage: npm run ask');
  expect(await readdir(home)).not.toContain('none');
});

test('ask starts everything it needs, prints the answer, and leaves nothing running', async () => {
  const asked = run('ask.ts', 'own', QUESTION);
  const seen = new Set<number>();
  await eventually(
    'ask is over',
    async () => {
      for (const pid of process.platform === 'linux' ? await familyOf(asked.child.pid ?? 0) : [])
        seen.add(pid);
      return asked.child.exitCode !== null;
    },
    80_000,
  );
  expect(asked.out()).toMatch(/EC2 instances are running/);
  expect(await asked.ended).toBe(0);
  for (const pid of seen) await eventually(`process ${pid} is gone`, () => isGone(pid));
  expect((await readdir(join(home, 'own'))).sort()).toEqual(LEFT);
});

test('what somebody said in one laptop mode is known in the next', async () => {
  const told = run('ask.ts', 'kept', 'My project is called Atlas.');
  expect(await told.ended).toBe(0);
  const asked = run('ask.ts', 'kept', 'What do you know about my project?');
  expect(await asked.ended).toBe(0);
  expect(asked.out()).toContain('My project is called Atlas.');
});

test('ask whose output nobody reads any more ends like an interrupted one', async () => {
  const asked = run('ask.ts', 'unread', QUESTION);
  await eventually('the thread begins', () => asked.out().includes('alice in #cloud'), 60_000);
  asked.child.stdout?.destroy();
  expect(await asked.ended).toBe(130);
  expect(asked.out()).toContain('Interrupted.');
  expect((await readdir(join(home, 'unread'))).sort()).toEqual(LEFT);
});

test('ask joins a running laptop mode, start points to it, and Ctrl-C ends it', async () => {
  const laptop = await startLaptop('joined');
  const state = async () => {
    const response = await fetch(new URL('control/state', laptop.info.slackPage));
    return z
      .object({ channels: z.array(z.object({ messages: z.array(z.unknown()) })) })
      .parse(await response.json());
  };
  expect((await state()).channels.flatMap((channel) => channel.messages)).toEqual([]);

  const asked = run('ask.ts', 'joined', QUESTION);
  expect(await asked.ended).toBe(0);
  expect(asked.out()).not.toContain('starting one');
  expect((await state()).channels.flatMap((channel) => channel.messages).length).toBeGreaterThanOrEqual(2);

  const again = run('start.ts', 'joined');
  expect(await again.ended).toBe(0);
  expect(again.out()).toContain(`already running (process ${laptop.child.pid})`);
  expect(again.out()).toContain(laptop.info.slackPage);

  laptop.child.kill('SIGINT');
  expect(await laptop.ended).toBe(0);
  expect(await readLaptopFile(join(home, 'joined'))).toBeUndefined();
});

test('ask while intake is paused says so and fails: no answer came', async () => {
  const laptop = await startLaptop('paused');
  const paused = run('../scripts/ops.ts', 'paused', 'turns', 'pause', '--reason', 'we move house');
  expect(await paused.ended).toBe(0);
  const asked = run('ask.ts', 'paused', QUESTION);
  expect(await asked.ended).toBe(1);
  expect(asked.out()).toContain('I am paused for now (we move house).');
  expect(asked.out()).toContain('npm run ops -- turns resume');
  laptop.child.kill('SIGINT');
  expect(await laptop.ended).toBe(0);
});

test.runIf(process.platform === 'linux')(
  'nothing outlives a laptop mode that is killed, and the next one starts in its place',
  async () => {
    const laptop = await startLaptop('killed');
    const asked = run('ask.ts', 'killed', QUESTION);
    expect(await asked.ended).toBe(0);
    const family = await familyOf(laptop.child.pid ?? 0);
    // start, Redis and the backend each under their guard, and the agent
    expect(family.length).toBeGreaterThanOrEqual(6);

    laptop.child.kill('SIGKILL');
    await laptop.ended;
    for (const pid of family) await eventually(`process ${pid} is gone`, () => isGone(pid), 15_000);

    const next = run('start.ts', 'killed');
    await eventually(
      'the next one is up',
      async () => {
        const info = await readLaptopFile(join(home, 'killed'));
        return info?.pid === next.child.pid;
      },
      60_000,
    );
    next.child.kill('SIGTERM');
    expect(await next.ended).toBe(0);
  },
);

test.runIf(process.platform === 'linux')(
  'a backend that dies takes laptop mode with it, with the reason and exit code 1',
  async () => {
    const laptop = await startLaptop('broken');
    const family = await familyOf(laptop.child.pid ?? 0);
    const commands = await Promise.all(
      family.map(async (pid) => ({ pid, command: await readFile(`/proc/${pid}/cmdline`, 'utf8') })),
    );
    const backend = commands.find(({ command }) => /^[^\0]*node\0[^\0]*src\/main\.ts/.test(command));
    process.kill(backend?.pid ?? 0, 'SIGKILL');
    expect(await laptop.ended).toBe(1);
    expect(laptop.out()).toContain('The backend ended unexpectedly with exit code 137');
    for (const pid of family) await eventually(`process ${pid} is gone`, () => isGone(pid));
  },
);
