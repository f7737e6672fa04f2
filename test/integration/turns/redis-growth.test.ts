import { afterAll, beforeAll, expect, it } from 'vitest';
import { redisCommands } from '../../../local/redis/resp.ts';
import { type RunningRedis, startRedis } from '../../../local/redis/start-redis.ts';
import { familyOf } from '../../../src/store/key-families.ts';
import { type Stack, startStack } from '../../e2e/stack.ts';
import { ask, settledReplies } from '../../e2e/thread.ts';
import { eventually } from '../../setup/eventually.ts';

const PREFIX = '{tc}';
const ROUNDS = 3;
const MENTION = '@Cloud Engineer';

/** One node of a cluster that has the slot of our hash tag and no other: a key without the tag is an error. */
let redis: RunningRedis;
let stack: Stack;

beforeAll(async () => {
  redis = await startRedis({ own: true, log: () => undefined, settings: { 'cluster-enabled': 'yes' } });
  const [slot] = await run(['CLUSTER', 'KEYSLOT', PREFIX]);
  await run(['CONFIG', 'SET', 'cluster-require-full-coverage', 'no'], ['CLUSTER', 'ADDSLOTS', String(slot)]);
  await eventually('the cluster is up', async () =>
    String(await run(['CLUSTER', 'INFO'])).includes('state:ok'),
  );
  stack = await startStack({
    env: { REDIS_URL: redis.url },
    agentEnv: { OFFLINE_WORD_DELAY_MS: '1' },
    slack: { retryDelaysMs: [50, 100] },
  });
});
afterAll(async () => {
  await stack?.close();
  await redis?.stop();
});

const run = (...commands: string[][]) => redisCommands(redis.url, commands);
const words = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);

/** How many members a key has, by its type. */
const SIZE: Readonly<Record<string, string>> = {
  list: 'LLEN',
  hash: 'HLEN',
  set: 'SCARD',
  zset: 'ZCARD',
  stream: 'XLEN',
};

/** What Redis holds that it should not hold while nobody asks anything. */
async function growing(): Promise<string[]> {
  const [keys] = await run(['KEYS', '*']);
  const problems: string[] = [];
  for (const key of words(keys).toSorted()) {
    const bound = familyOf(PREFIX, key)?.bound;
    const [ttl, type] = await run(['TTL', key], ['TYPE', key]);
    if (bound === undefined) problems.push(`${key} belongs to no family`);
    else if (bound.kind === 'work') problems.push(`${key} is left over`);
    else if (bound.kind === 'expires') {
      // -2: it has just gone.
      if (ttl === -1) problems.push(`${key} stays for ever`);
      else if (Number(ttl) > bound.withinS) problems.push(`${key} stays for ${ttl} s`);
    } else if (bound.kind === 'constant') {
      const count = SIZE[String(type)];
      const [members] = count === undefined ? [1] : await run([count, key]);
      if (Number(members) > bound.members) problems.push(`${key} has ${members} members`);
    }
  }
  return problems;
}

/** Resolves when nothing waits or runs, and BullMQ has put its wakes away. */
async function atRest(): Promise<void> {
  await stack.slack.deliveries.idle();
  await eventually('everything has ended', async () => {
    const [counts, ...wakes] = await run(
      ['HMGET', `${PREFIX}:counts`, 'queued', 'running'],
      ['LLEN', `${PREFIX}:wakes:active`],
      ['LLEN', `${PREFIX}:wakes:wait`],
    );
    return [...words(counts).map(Number), ...wakes].every((count) => count === 0);
  });
}

/** One of everything that people do. */
async function everything(round: number): Promise<void> {
  const { slack, aws } = stack;
  const {
    ts,
    channelId: cloud,
    reply,
  } = await ask(stack, 'alice', '#cloud', `${MENTION} echo plain ${round}`);
  await slack.postAs('alice', '#cloud', 'echo follow-up', { threadTs: ts });
  await settledReplies(stack, cloud, ts, 2);
  await slack.people.react('bob', '#cloud', reply.ts, '+1');
  await slack.people.react('bob', '#cloud', reply.ts, '-1');

  slack.faults.add({ kind: 'duplicate_event', times: 2 });
  slack.faults.add({ kind: 'lose_ack' });
  await ask(stack, 'carol', '#general', `${MENTION} how many EC2 instances are running?`);
  slack.faults.add({ method: 'chat.appendStream', kind: 'status', status: 429, retryAfter: 1 });
  await ask(stack, 'bob', 'dm', 'say 40 words');
  aws.faults.push({ operation: 'InvokeAgentRuntime', times: 1, kind: 'cut_after_bytes', bytes: 300 });
  await ask(stack, 'bob', 'dm', 'say 30 words');
  await slack.postAs('alice', '#cloud', `${MENTION} help`);

  const failed = await ask(stack, 'alice', '#general', `${MENTION} fail now`);
  await slack.interactions.click({ user: 'alice', channel: failed.channelId, ts: failed.reply.ts });
  await settledReplies(stack, failed.channelId, failed.ts, 2);

  // A question that is changed and one that is taken back, while they wait behind another; and one that never began.
  aws.faults.push({ operation: 'InvokeAgentRuntime', times: 1, kind: 'delay', ms: 1_000 });
  const slow = await slack.postAs('carol', 'dm', 'echo slow');
  const waiting = await slack.postAs('carol', 'dm', 'echo wrong', { threadTs: slow.ts });
  const unwanted = await slack.postAs('carol', 'dm', 'echo unwanted', { threadTs: slow.ts });
  const { channel } = slack.people.place('carol', 'dm');
  await slack.people.edit('carol', channel.id, waiting.ts, 'echo right');
  await slack.people.remove('carol', channel.id, unwanted.ts);

  const chat = await slack.postAs('alice', '#cloud', 'lunch?');
  await slack.postAs('bob', '#cloud', 'at twelve', { threadTs: chat.ts });
  await slack.people.remove('bob', cloud, (await slack.postAs('bob', '#cloud', 'never mind')).ts);
}

it('a key without the tag would be refused here', async () => {
  await expect(run(['SET', 'untagged', 'value'])).rejects.toThrow(/CLUSTERDOWN/);
  const script = "redis.call('SET', 'untagged', 'value')";
  await expect(run(['EVAL', script, '1', PREFIX])).rejects.toThrow(/non local key/);
});

it('whatever people do, Redis holds what is listed, each key with its end, and no more of the others', async () => {
  const lasting = async () => {
    const [keys] = await run(['KEYS', '*']);
    return words(keys)
      .filter((key) => familyOf(PREFIX, key)?.bound.kind === 'constant')
      .toSorted();
  };
  await everything(0);
  await atRest();
  const first = await lasting();
  for (let round = 1; round < ROUNDS; round += 1) await everything(round);
  await atRest();
  expect(await growing()).toEqual([]);
  expect(await lasting()).toEqual(first);
  // Each state of a turn was there.
  const [counts] = await run(['HGETALL', `${PREFIX}:counts`]);
  expect(words(counts)).toEqual(expect.arrayContaining(['done', 'failed', 'stopped']));
});

it.each([
  ['a kind of key that nobody has listed', ['SET', '{tc}:visitors:T1', '1'], /belongs to no family/],
  ['a record without an end', ['HSET', '{tc}:turn:turn-1', 'state', 'done'], /stays for ever/],
  [
    'one that is kept for longer than is said',
    ['SET', '{tc}:thread:1', '1', 'EX', '99999999'],
    /stays for 99999999 s/,
  ],
  ['lanes that pile up', ['RPUSH', '{tc}:lane:1', 'turn-1'], /is left over/],
  [
    'counters without number',
    ['HSET', '{tc}:counts', ...Array.from({ length: 22 }, (_, i) => `n${i}`)],
    /members/,
  ],
])('sees %s', async (_what, command, problem) => {
  await run(command);
  expect(await growing()).toEqual([expect.stringMatching(problem)]);
  await run(['DEL', command[1] ?? '']);
});
