import { afterAll, beforeAll, expect, it } from 'vitest';
import { canaryOf, judge } from '../../bench/exactness.ts';
import { redisCommands } from '../../local/redis/resp.ts';
import { eventually } from '../setup/eventually.ts';
import { type Stack, startStack } from './stack.ts';
import { botMessages } from './thread.ts';

const USERS = 100;
const MESSAGES = 10;

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    agentMode: 'shared',
    agentEnv: { OFFLINE_WORD_DELAY_MS: '0' },
    slack: { morePeople: USERS },
  });
});

afterAll(() => stack?.close());

/**
 * Writes all messages of one person into one thread, the next one as soon as Slack has delivered the last: most of
 * them wait in the lane, so that their order is the lane's doing. One delivery in ten is repeated.
 */
async function talk(user: number): Promise<{ name: string; asked: string[]; ts: string }> {
  const name = `user${user}`;
  const asked = Array.from({ length: MESSAGES }, (_, i) => canaryOf('e2e', user, i + 1));
  let root: string | undefined;
  for (const [i, canary] of asked.entries()) {
    if ((user + i) % 10 === 0) stack.slack.faults.add({ kind: 'lose_ack', event: 'app_mention' });
    const { ts } = await stack.slack.postAs(name, '#cloud', `@Cloud Engineer echo ${canary}`, {
      threadTs: root,
    });
    root ??= ts;
  }
  return { name, asked, ts: root ?? '' };
}

async function turnsByState(): Promise<Record<string, number>> {
  const [flat] = await redisCommands(stack.redisUrl, [['HGETALL', '{tc}:counts']]);
  const list = Array.isArray(flat) ? flat : [];
  return Object.fromEntries(
    list.flatMap((name, i) => (i % 2 === 0 ? [[String(name), Number(list[i + 1])]] : [])),
  );
}

it('answers 100 people with 10 messages each: every message once, in order, none with the words of another', async () => {
  const talks = await Promise.all(Array.from({ length: USERS }, (_, i) => talk(i + 1)));
  await stack.slack.deliveries.idle();
  const turns = await eventually(
    'every accepted turn has ended',
    async () => {
      const counts = await turnsByState();
      return counts.queued === 0 && counts.running === 0 ? counts : undefined;
    },
    120_000,
  );

  const channel = stack.slack.people.place('alice', '#cloud').channel.id;
  const threads = await Promise.all(
    talks.map(async ({ name, asked, ts }) => ({
      name,
      asked,
      // Read as any app would: on a slow machine some answers are streamed or edited instead of posted whole.
      answers: (await botMessages(stack, channel, ts)).map((message) => message.text),
    })),
  );
  const verdict = judge(threads);
  expect(verdict.problems).toEqual([]);
  expect(verdict).toMatchObject({ turns: USERS * MESSAGES, posts: USERS * MESSAGES, foreign: 0 });
  expect(turns.done).toBe(USERS * MESSAGES);

  const repeated = stack.slack.deliveries.records.filter((delivery) => delivery.attempt > 0);
  // On a slow machine an acknowledgement may come too late, and Slack repeats more than was planned.
  expect(repeated.length).toBeGreaterThanOrEqual((USERS * MESSAGES) / 10);
});
