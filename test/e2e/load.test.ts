import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canaryOf, judge } from '../../bench/exactness.ts';
import { redisCommands } from '../../local/redis/resp.ts';
import type { Message } from '../../local/teams/model.ts';
import { createTeamsStandIn, type TeamsStandIn } from '../../local/teams/stand-in.ts';
import { eventually } from '../setup/eventually.ts';
import { type Stack, startStack } from './stack.ts';
import { botMessages } from './thread.ts';

const USERS = 100;
const MESSAGES = 10;

let stack: Stack;
let teams: TeamsStandIn;

beforeAll(async () => {
  teams = await createTeamsStandIn({
    appId: randomUUID(),
    appPassword: randomBytes(16).toString('hex'),
    botUrl: () => `${stack.backend.url}/api/messages`,
    retryDelaysMs: [100, 1_000, 4_000],
    throttled: true,
  });
  stack = await startStack({
    env: teams.environment,
    agentMode: 'shared',
    agentEnv: { OFFLINE_WORD_DELAY_MS: '0' },
    // Answers keep the order in which questions were taken: whoever writes on because of an acknowledgement that came too
    // late on a slow machine has asked in another order.
    slack: { morePeople: USERS, ackTimeoutMs: 20_000 },
  });
});

afterAll(async () => {
  await stack?.close();
  await teams?.close();
});

interface Talk {
  readonly name: string;
  readonly asked: readonly string[];
  /** What stands there of the bot, in order. */
  readonly answers: () => Promise<string[]> | string[];
}

const canaries = (user: number) => Array.from({ length: MESSAGES }, (_, i) => canaryOf('e2e', user, i + 1));
const repeats = (user: number, message: number) => (user + message) % 10 === 0;

/**
 * Writes all messages of one person into one thread, the next one as soon as Slack has delivered the last: most of
 * them wait in the lane, so that their order is the lane's doing. One delivery in ten is repeated.
 */
function talkInSlack(user: number): { readonly begun: Promise<void>; readonly talk: Promise<Talk> } {
  const begun = Promise.withResolvers<void>();
  const talk = writeInSlack(user, begun.resolve);
  talk.catch(begun.reject);
  return { begun: begun.promise, talk };
}

async function writeInSlack(user: number, onBegun: () => void): Promise<Talk> {
  const name = `user${user}`;
  const asked = canaries(user);
  let root: string | undefined;
  for (const [i, canary] of asked.entries()) {
    if (repeats(user, i)) stack.slack.faults.add({ kind: 'lose_ack', event: 'app_mention' });
    const { ts } = await stack.slack.postAs(name, '#cloud', `@Cloud Engineer echo ${canary}`, {
      threadTs: root,
    });
    root ??= ts;
    onBegun();
  }
  const channel = stack.slack.people.place('alice', '#cloud').channel.id;
  // Read as any app would: on a slow machine some answers are streamed or edited instead of posted whole.
  const answers = async () => (await botMessages(stack, channel, root ?? '')).map(({ text }) => text);
  return { name, asked, answers };
}

/** The same in Teams: half of them in their personal chat, half in a thread of a channel. */
async function talkInTeams(user: number): Promise<Talk> {
  const name = `user${user}`;
  const asked = canaries(user);
  const where = user % 4 === 1 ? 'personal' : 'cloud';
  let first: Message | undefined;
  for (const [i, canary] of asked.entries()) {
    if (repeats(user, i)) teams.faults.add({ method: 'delivery', kind: 'lose_ack' });
    const { message } = await teams.say(name, where, `@bot echo ${canary}`, first?.root);
    first ??= message;
  }
  const answers = () => (first ? teams.repliesTo(first).map(({ text }) => text) : []);
  return { name: `${name} in Teams`, asked, answers };
}

async function turnsByState(): Promise<Record<string, number>> {
  const [flat] = await redisCommands(stack.redisUrl, [['HGETALL', '{tc}:counts']]);
  const list = Array.isArray(flat) ? flat : [];
  return Object.fromEntries(
    list.flatMap((name, i) => (i % 2 === 0 ? [[String(name), Number(list[i + 1])]] : [])),
  );
}

it('answers 100 people in Slack and Teams with 10 messages each: every message once, in order, none with the words of another', async () => {
  const inSlack = Array.from({ length: USERS / 2 }, (_, i) => talkInSlack(2 * i + 2));
  // All at once, the two stand-ins would keep this process from acknowledging for longer than Slack waits.
  await Promise.all(inSlack.map(({ begun }) => begun));
  const inTeams = Array.from({ length: USERS / 2 }, (_, i) => talkInTeams(2 * i + 1));
  const talks = await Promise.all([...inSlack.map(({ talk }) => talk), ...inTeams]);
  await Promise.all([stack.slack.deliveries.idle(), teams.delivered()]);
  const turns = await eventually(
    'every accepted turn has ended',
    async () => {
      const counts = await turnsByState();
      return counts.queued === 0 && counts.running === 0 && !counts.posting ? counts : undefined;
    },
    120_000,
  );

  const threads = await Promise.all(
    talks.map(async ({ name, asked, answers }) => ({ name, asked, answers: await answers() })),
  );
  const verdict = judge(threads);
  expect(verdict.problems).toEqual([]);
  expect(verdict).toMatchObject({ turns: USERS * MESSAGES, posts: USERS * MESSAGES, foreign: 0 });
  expect(turns.done).toBe(USERS * MESSAGES);

  const repeated = stack.slack.deliveries.records.filter((delivery) => delivery.attempt > 0);
  // On a slow machine an acknowledgement may come too late, and Slack repeats more than was planned.
  expect(repeated.length).toBeGreaterThanOrEqual((USERS * MESSAGES) / 20);
  expect(teams.redelivered()).toBeGreaterThanOrEqual((USERS * MESSAGES) / 20);
});
