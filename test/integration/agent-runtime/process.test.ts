import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { COMPILED } from '../../setup/compiled.ts';
import { allEvents, eventsOf, invocation, post, textOf } from './agent-client.ts';

const root = join(import.meta.dirname, '../../..');
const fromSource = join(root, 'agent-runtime/main.ts');

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
});

/** The agent as its own process, as a laptop and a container run it. Its first log line names the port. */
async function spawnAgent(main: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main], {
    env: {
      ...COMPILED,
      PATH: process.env.PATH ?? '',
      PORT: '0',
      HOST: '127.0.0.1',
      MODEL_PROVIDER: 'offline',
      OFFLINE_WORD_DELAY_MS: '0',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.push(child);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as { msg?: string; port?: number };
      if (entry.msg === 'the agent is ready' && entry.port) resolve(entry.port);
    });
    exited.then(([code]) => reject(new Error(`the agent ended with ${code}: ${errors}`)), reject);
  });
  return { child, port, exited };
}

describe('the agent process', () => {
  test('ends a run as cancelled on SIGTERM, tells its reader, and exits with 0', async () => {
    const { child, port, exited } = await spawnAgent(fromSource);
    const response = await post(port, invocation({ prompt: 'wait 600 seconds' }));
    const events = [];
    for await (const event of eventsOf(response)) {
      events.push(event);
      if (event.type === 'tool' && event.state === 'started') child.kill('SIGTERM');
    }
    expect(events.at(-1)).toMatchObject({ type: 'end', stop: 'cancelled' });
    expect(await exited).toEqual([0, null]);
  });

  test('ends with its parent when it is told to', async () => {
    const { child, exited } = await spawnAgent(fromSource, { EXIT_WITH_PARENT: '1' });
    child.stdin?.end();
    expect(await exited).toEqual([0, null]);
  });

  test('dies in the middle of a stream when it is asked to crash: no end event, exit code 1', async () => {
    const { port, exited } = await spawnAgent(fromSource);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const event of eventsOf(await post(port, invocation({ prompt: 'crash now' })))) {
        seen.push(event.type);
      }
    })();
    await expect(reading).rejects.toThrow('terminated');
    expect(await exited).toEqual([1, null]);
    expect(seen).toContain('text');
    expect(seen).not.toContain('end');
  });

  test('names every unusable value of its environment and does not start', async () => {
    const run = spawnAgent(fromSource, { PORT: 'http', MODEL_PROVIDER: 'openai' });
    await expect(run).rejects.toThrow(/ended with 1: [\s\S]*PORT: [\s\S]*MODEL_ID: /);
    await expect(run).rejects.not.toThrow(/at .*\.ts:/);
  });
});

describe('the bundle', () => {
  test('builds, answers /ping and a question, and needs no node_modules', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'agent-bundle-'));
    try {
      await promisify(execFile)(process.execPath, [join(root, 'agent-runtime/bundle.ts'), folder]);
      const { child, port, exited } = await spawnAgent(join(folder, 'main.js'), {
        AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      });
      const ping = await fetch(`http://127.0.0.1:${port}/ping`);
      expect(await ping.json()).toMatchObject({ status: 'Healthy' });
      const events = await allEvents(post(port, invocation({ prompt: 'echo from the bundle' })));
      expect(textOf(events)).toBe('from the bundle');
      // A tool call loads an AWS client, which lives in a chunk of its own.
      const tools = await allEvents(
        post(port, invocation({ turnId: 'turn-2', prompt: 'list the s3 buckets' })),
      );
      expect(tools.find((event) => event.type === 'tool' && event.state === 'failed')).toMatchObject({
        name: 'list_s3_buckets',
        detail: expect.stringContaining('s3:ListAllMyBuckets'),
      });
      child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
