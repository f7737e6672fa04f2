import { describe, expect, it, type TestContext } from 'vitest';
import { createFaultLink } from '../faults/fault-link.ts';
import { createRedisReader } from '../faults/redis-reader.ts';
import { type BackendProcess, createSurroundings } from '../setup/backend-processes.ts';
import { eventually } from '../setup/eventually.ts';
import { startOwnRedis } from '../setup/own-redis.ts';

/** What docs/operate.md promises, and an orchestrator waits for before it kills. */
const ENDS_WITHIN_MS = 30_000;

/** Slack, AgentCore and a Redis that can be harmed; everything ends with the test. */
async function surroundings({ onTestFinished }: TestContext) {
  const closers: (() => Promise<unknown>)[] = [];
  onTestFinished(async () => {
    for (const step of closers.reverse()) await step();
  });
  const redis = await startOwnRedis();
  closers.push(redis.close);
  const link = await createFaultLink(redis.port, () => createRedisReader(new Map()));
  closers.push(link.close);
  const around = await createSurroundings();
  closers.push(around.close);
  const env = { REDIS_URL: `redis://127.0.0.1:${link.port}` };
  return {
    ...around,
    link,
    startUnready: (role: 'web' | 'worker' | 'all') => around.start(role, env),
    async start(role: 'web' | 'worker' | 'all') {
      const backend = await around.start(role, env);
      await backend.ready();
      return backend;
    },
    /** Asks, and waits until the answer has begun to stand there. */
    async askForLong(words: number) {
      const question = around.ask(words, 200);
      await eventually('the answer has begun', () => around.replies(question).length === 1);
      return question;
    },
    async harm(how: 'up' | 'killed' | 'stalled') {
      if (how === 'up') return;
      redis.signal(how === 'killed' ? 'SIGKILL' : 'SIGSTOP');
      if (how === 'killed') await redis.exited();
    },
    async mend(how: 'up' | 'killed' | 'stalled') {
      if (how === 'killed') await redis.restart();
      if (how === 'stalled') redis.signal('SIGCONT');
    },
  };
}

/** The exit code; fails when the process takes longer than it may. */
async function end(backend: BackendProcess): Promise<number> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`not ended within ${ENDS_WITHIN_MS} ms:\n${backend.output()}`)),
    ENDS_WITHIN_MS,
  );
  backend.signal('SIGTERM');
  try {
    return await Promise.race([backend.exited, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

describe('a process that is told to end', () => {
  it.concurrent.for([
    // Longer than the grace: the turn is handed over.
    ['up', 125],
    ['killed', 60],
    ['stalled', 60],
  ] as const)(
    'ends in time with Redis %s, whatever its role, and what was asked is answered once by others',
    async ([how, words], context) => {
      const stack = await surroundings(context);
      const [web, busy] = await Promise.all([stack.start('web'), stack.start('worker')]);
      const long = await stack.askForLong(words);
      const idle = await stack.start('worker');
      await stack.harm(how);
      const asked = stack.ask();
      const codes = await Promise.all([web, busy, idle].map(end));
      expect(codes).toEqual([0, 0, 0]);
      await stack.mend(how);
      const next = await stack.start('all');
      await stack.slack.deliveries.idle();
      await stack.answered(asked);
      await stack.answered(long);
      expect(stack.wrong()).toEqual([]);
      expect(await end(next)).toBe(0);
    },
  );

  it.concurrent('answers the request that it is at work on', async (context) => {
    const stack = await surroundings(context);
    const web = await stack.start('web');
    const reached = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<'pass'>();
    stack.link.watch = ({ phase, text }) => {
      if (phase !== 'request' || !text.includes('canary')) return 'pass';
      reached.resolve();
      return goOn.promise;
    };
    const asked = stack.ask();
    await reached.promise;
    web.signal('SIGTERM');
    await web.says(/shutting down/);
    goOn.resolve('pass');
    expect(await web.exited).toBe(0);
    await stack.start('worker');
    await stack.answered(asked);
    expect(stack.wrong()).toEqual([]);
    const questions = stack.slack.deliveries.records.filter(({ name }) => name === 'app_mention');
    expect(questions.map(({ outcome }) => outcome)).toEqual([200]);
  });

  it.concurrent('ends in order when it is told so while it still starts', async (context) => {
    const stack = await surroundings(context);
    const reached = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<'pass'>();
    stack.link.watch = ({ phase }) => {
      if (phase !== 'request') return 'pass';
      reached.resolve();
      return goOn.promise;
    };
    const backend = await stack.startUnready('all');
    await reached.promise;
    backend.signal('SIGTERM');
    await backend.says(/shutting down/);
    goOn.resolve('pass');
    expect(await backend.exited).toBe(0);
  });

  it.concurrent('ends at once when it is told so twice, and others go on with its turn', async (context) => {
    const stack = await surroundings(context);
    await stack.start('web');
    const worker = await stack.start('worker');
    const long = await stack.askForLong(50);
    worker.signal('SIGTERM');
    await worker.says(/shutting down/);
    worker.signal('SIGTERM');
    expect(await worker.exited).toBe(1);
    expect(worker.output()).not.toContain('handed over');
    await stack.start('worker');
    await stack.answered(long);
    expect(stack.wrong()).toEqual([]);
  });
});
