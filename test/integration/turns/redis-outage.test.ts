import { expect, it, type TestContext } from 'vitest';
import { redisCommands } from '../../../local/redis/resp.ts';
import { createSurroundings } from '../../setup/backend-processes.ts';
import { eventually } from '../../setup/eventually.ts';
import { createForgetfulLink } from '../../setup/forgetful-link.ts';
import { startOwnRedis } from '../../setup/own-redis.ts';

const STALL_MS = 30_000;

/** A backend of one process in the middle of an answer, on a Redis that can be harmed. */
async function backendAtWork({ onTestFinished }: TestContext) {
  const closers: (() => Promise<unknown>)[] = [];
  onTestFinished(async () => {
    for (const step of closers.reverse()) await step();
  });
  const redis = await startOwnRedis();
  closers.push(redis.close);
  const link = await createForgetfulLink(redis.port);
  closers.push(link.close);
  const surroundings = await createSurroundings();
  closers.push(surroundings.close);
  const backend = await surroundings.start('all', { REDIS_URL: `redis://127.0.0.1:${link.port}` });
  await backend.ready();
  await surroundings.answered(surroundings.ask());
  const long = surroundings.ask(60, 100);
  await eventually('the long answer has begun', () => surroundings.replies(long).length === 1);

  return {
    ...surroundings,
    backend,
    link,
    long,
    signal: redis.signal,
    commands: (...commands: string[][]) => redisCommands(redis.url(), commands),
    restart: redis.restart,
    exited: redis.exited,
    /** What Slack was told of questions since its delivery number `from`. */
    outcomes: (from: number) =>
      surroundings.slack.deliveries.records
        .slice(from)
        .filter(({ name }) => name === 'app_mention')
        .map(({ outcome }) => outcome),
    /** Everything that was asked, before and after, is answered once, and what is asked now as well. */
    async allIsWell() {
      await surroundings.answered(surroundings.ask());
      await surroundings.slack.deliveries.idle();
      await surroundings.answered(long);
      expect(surroundings.wrong()).toEqual([]);
      expect(await backend.readyz()).toBe(200);
    },
  };
}

it.concurrent('goes on when Redis ends all connections', async (context) => {
  const stack = await backendAtWork(context);
  await stack.commands(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
  await stack.answered(stack.ask());
  await stack.allIsWell();
}, 120_000);

it.concurrent('refuses questions while Redis is down, and answers them once when it is up again', async (context) => {
  const stack = await backendAtWork(context);
  stack.signal('SIGKILL');
  await stack.exited();
  const from = stack.slack.deliveries.records.length;
  const asked = [stack.ask(), stack.ask()];
  await eventually('Slack is told', () => stack.outcomes(from).includes(503));
  expect(stack.outcomes(from)).not.toContain(200);
  expect(await stack.backend.readyz()).toBe(503);
  await stack.restart();
  for (const question of asked) await stack.answered(question);
  await stack.allIsWell();
}, 120_000);

it.concurrent('goes on when its connections are forgotten on their way', async (context) => {
  const stack = await backendAtWork(context);
  stack.link.forget();
  const asked = stack.ask();
  await stack.answered(asked);
  await stack.allIsWell();
}, 120_000);

it.concurrent('refuses questions while Redis stands still for half a minute, and answers them once when it goes on', async (context) => {
  const stack = await backendAtWork(context);
  stack.signal('SIGSTOP');
  const from = stack.slack.deliveries.records.length;
  const asked = [stack.ask(), stack.ask()];
  await new Promise((resolve) => setTimeout(resolve, STALL_MS));
  expect(stack.outcomes(from)).toContain(503);
  expect(stack.outcomes(from)).not.toContain(200);
  stack.signal('SIGCONT');
  for (const question of asked) await stack.answered(question);
  await stack.allIsWell();
}, 120_000);
