import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { redisCommands } from '../../../local/redis/resp.ts';
import { type RunningRedis, startRedis } from '../../../local/redis/start-redis.ts';
import { type Connection, connect, connectForQueue, disconnect } from '../../../src/store/connection.ts';
import { checkDurability, createConfirmation } from '../../../src/store/durability.ts';
import { type Stack, startStack } from '../../e2e/stack.ts';
import { createFaultLink, type FaultLink } from '../../faults/fault-link.ts';
import { createRedisReader } from '../../faults/redis-reader.ts';
import { createScriptedAgent, type ScriptedAgent } from '../../faults/scripted-agent.ts';
import { eventually } from '../../setup/eventually.ts';

/** A primary, and a replica whose connection to it can be held. */
let primary: RunningRedis;
let replica: RunningRedis;
let replication: FaultLink;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of closers.splice(0).reverse()) await step();
});

beforeAll(async () => {
  [primary, replica] = await Promise.all([ownRedis(), ownRedis()]);
  replication = await createFaultLink(primary.port, unread);
  await follow(replica, replication.port);
});

afterAll(async () => {
  await replication.close();
  await Promise.all([primary, replica].map((server) => server.stop()));
});

async function ownRedis(): Promise<RunningRedis> {
  const server = await startRedis({ own: true, log: () => undefined });
  await redisCommands(server.url, [['CONFIG', 'SET', 'repl-diskless-sync-delay', '0']]);
  return server;
}

const unread = () => ({ request: () => [], answer: () => [] });

/** Makes `server` a replica of what listens there, and waits until it is online. */
async function follow(server: RunningRedis, port: number): Promise<void> {
  await redisCommands(server.url, [['REPLICAOF', '127.0.0.1', String(port)]]);
  await eventually('the replica is online', async () => {
    const [info] = await redisCommands(server.url, [['INFO', 'replication']]);
    return String(info).includes('master_link_status:up');
  });
}

function open(url: string): Connection {
  const redis = connect({ url, name: 'replicated' });
  closers.push(() => disconnect(redis, 50));
  return redis;
}

it('a primary with a replica is fit; the replica itself is not', async () => {
  const redis = open(primary.url);
  await eventually('INFO shows it', async () => (await checkDurability(redis, 'replicated')).length === 0);
  expect(await checkDurability(open(replica.url), 'none')).toEqual([
    expect.stringContaining('REDIS_URL leads to a replica'),
  ]);
});

it('a write is confirmed while the replica follows, and by nothing else', async () => {
  const redis = open(primary.url);
  const confirm = createConfirmation(redis, 'replicated');
  await redis.set('key', 'first');
  await expect(confirm()).resolves.toBeUndefined();

  const goOn = replication.stall();
  await redis.set('key', 'second');
  // All who wait share one look at the replica, so that many of them are refused as fast as one.
  const many = await Promise.allSettled(Array.from({ length: 50 }, confirm));
  expect(many.map((one) => one.status)).toEqual(Array.from({ length: 50 }, () => 'rejected'));
  expect(await redisCommands(replica.url, [['GET', 'key']])).toEqual(['first']);
  goOn();
  await eventually('it is confirmed again', () =>
    confirm().then(
      () => true,
      () => false,
    ),
  );
  expect(await redisCommands(replica.url, [['GET', 'key']])).toEqual(['second']);
});

it('a new primary does not confirm what only the lost one had', async () => {
  const old = await ownRedis();
  const next = await ownRedis();
  const last = await ownRedis();
  const between = await createFaultLink(old.port, unread);
  const link = await createFaultLink(old.port, () => createRedisReader(new Map()));
  closers.push(link.close, between.close, ...[old, next, last].map((server) => () => server.stop()));
  await follow(next, between.port);
  await follow(last, next.port);
  const redis = open(`redis://127.0.0.1:${link.port}`);
  const confirm = createConfirmation(redis, 'replicated');

  // The write never leaves the old primary, which dies before its replica could say anything about it.
  between.stall();
  const failedOver = Promise.withResolvers<'drop'>();
  link.watch = ({ phase, name }) =>
    phase === 'request' && name === 'wait' ? failedOver.promise : ('pass' as const);
  await redis.set('key', 'value');
  const confirmed = confirm().then(
    () => 'confirmed',
    () => 'refused',
  );
  process.kill(old.pid, 'SIGKILL');
  await old.exited;
  await redisCommands(next.url, [['REPLICAOF', 'NO', 'ONE']]);
  link.setTarget(next.port);
  link.watch = () => 'pass';
  failedOver.resolve('drop');
  expect(await confirmed).toBe('refused');
  expect(await redis.get('key')).toBeNull();
});

it('a connection whose primary was made a replica goes on with the new primary', async () => {
  const old = await ownRedis();
  const next = await ownRedis();
  const link = await createFaultLink(old.port, unread);
  closers.push(link.close, ...[old, next].map((server) => () => server.stop()));
  await follow(next, old.port);
  const commands = open(`redis://127.0.0.1:${link.port}`);
  const queue = connectForQueue({ url: `redis://127.0.0.1:${link.port}`, name: 'queue' });
  closers.push(() => disconnect(queue, 50));
  const reader = open(`redis://127.0.0.1:${link.port}`);
  await Promise.all([commands.set('before', 1), queue.set('before', 1), reader.ping()]);

  // A planned failover: the old primary lives on and keeps its connections, new ones lead to the new primary.
  await redisCommands(next.url, [['REPLICAOF', 'NO', 'ONE']]);
  await redisCommands(old.url, [['REPLICAOF', '127.0.0.1', String(next.port)]]);
  link.setTarget(next.port);
  for (const redis of [commands, queue]) {
    await eventually('it can write again', () =>
      redis.set('after', 1).then(
        () => true,
        () => false,
      ),
    );
  }
  expect(await redisCommands(next.url, [['GET', 'after']])).toEqual(['1']);
  // One that writes nothing learns it from the look whether all is well.
  expect(await checkDurability(reader, 'none')).toEqual([expect.stringContaining('leads to a replica')]);
  await eventually(
    'the reader is there, too',
    async () => (await checkDurability(reader, 'none')).length === 0,
  );
});

describeBackend();

function describeBackend() {
  let agent: ScriptedAgent;
  let stack: Stack;
  beforeAll(async () => {
    agent = await createScriptedAgent();
    stack = await startStack({
      agent: { mode: 'url', url: agent.url },
      env: { REDIS_URL: primary.url, REDIS_DURABILITY: 'replicated' },
      slack: { retryDelaysMs: [200, 500, 1_000, 2_000, 2_000, 2_000, 2_000] },
    });
  });
  afterAll(async () => {
    await stack?.close();
    await agent?.close();
  });

  const said = (ts: string) =>
    stack.slack
      .thread('#cloud', ts)
      .filter((message) => message.botId !== undefined)
      .map((message) => message.text);

  const isQuestion = ({ name }: { readonly name: string }) => name === 'app_mention';

  it('without its replica Redis takes no question, and what runs goes on; with it, each is answered once', async () => {
    const chat = await stack.slack.postAs('carol', '#cloud', 'lunch?');
    const long = await stack.slack.postAs('bob', '#cloud', '@Cloud Engineer ask canary-long read 0 40 100');
    await eventually('the long answer has begun', () => said(long.ts).length === 1);
    const goOn = replication.stall();
    const before = stack.slack.deliveries.records.length;
    const asked = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        stack.slack.postAs('alice', '#cloud', `@Cloud Engineer ask canary-refused-${i} plain 0 0 0`),
      ),
    );
    const outcomes = stack.slack.deliveries.records
      .slice(before)
      .filter(isQuestion)
      .map(({ outcome }) => outcome);
    expect(outcomes).toContain(503);
    expect(outcomes).not.toContain(200);
    const { length } = stack.slack.deliveries.records;
    await stack.slack.postAs('bob', '#cloud', 'at twelve', { threadTs: chat.ts });
    const talk = stack.slack.deliveries.records.slice(length).find(({ attempt }) => attempt === 0);
    expect(talk?.outcome).toBe(200);
    await eventually('the long answer is complete', () => said(long.ts)[0]?.includes('end1'));
    expect(agent.records.get('canary-long')).toMatchObject({ starts: 1, startedAgain: 0 });
    goOn();

    await stack.slack.deliveries.idle();
    for (const [i, { ts }] of asked.entries()) {
      await eventually('it is answered', () => said(ts).join().includes(`canary-refused-${i}`));
      expect(said(ts)).toHaveLength(1);
    }
  });
}
