import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { memoryActor } from '../../../src/contract/memory.ts';
import {
  createMemoryOutbox,
  type MemoryOutbox,
  OUTBOX_KEPT_S,
  type OutboxEntry,
  type QueuedEntry,
} from '../../../src/sessions/memory-outbox.ts';
import { startOutboxWorker } from '../../../src/sessions/memory-outbox-worker.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import type { Sealer } from '../../../src/store/sealed.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';
import { dump } from '../turns/dump.ts';
import { newKey, sealerWith } from './rig.ts';

let redis: Connection;
let prefixes = 0;
beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'memory-outbox' });
});
afterAll(() => disconnect(redis));

const BEGAN = Date.now();

const said = (session: string, n: number, actor = 'sub-1'): OutboxEntry => ({
  actor,
  session,
  token: `${session}-${n}`,
  at: BEGAN + n,
  content: { payload: [{ kind: 'message', role: 'user', text: `CANARY ${n}` }], metadata: { turn: `t${n}` } },
});

class Hopeless extends Error {}

/** An outbox, and a Memory that takes what `refuses` lets through, as sets of tokens in the order of their writing. */
function open(
  options: { refuses?: (entry: QueuedEntry) => Error | undefined | Promise<undefined>; sealer?: Sealer } = {},
) {
  prefixes += 1;
  const prefix = `{tc}:o${prefixes}`;
  const written: QueuedEntry[] = [];
  const tries: string[] = [];
  const workers: ReturnType<typeof startOutboxWorker>[] = [];
  let refuses = options.refuses ?? (() => undefined);
  const outbox: MemoryOutbox = createMemoryOutbox({
    redis,
    keyPrefix: prefix,
    sealer: options.sealer,
    onAdded: () => {
      for (const worker of workers) worker.wake();
    },
  });
  return {
    prefix,
    outbox,
    written,
    tries,
    tokens: (session: string) =>
      written.filter((entry) => entry.session === session).map((entry) => entry.token),
    refuse(next: typeof refuses) {
      refuses = next;
    },
    work(log = createLogger({ level: 'silent' })) {
      const worker = startOutboxWorker({
        outbox,
        write: async (entry) => {
          tries.push(entry.token);
          const error = await refuses(entry);
          if (error) throw error;
          // As Memory does: the same token writes nothing more.
          if (!written.some(({ token }) => token === entry.token)) written.push(entry);
        },
        isHopeless: (error) => error instanceof Hopeless,
        random: () => 0,
        now: () => Date.now(),
        log,
      });
      workers.push(worker);
      onTestFinished(() => worker.close());
      return worker;
    },
    empty: () => eventually('nothing waits', async () => (await outbox.waiting()) === 0),
  };
}

it('what is added is written in its order, under the id that Memory knows the person by, and leaves nothing in Redis', async () => {
  const { outbox, work, tokens, written, empty, prefix } = open();
  await outbox.add([said('a', 1), said('b', 1), said('a', 2)]);
  work();
  await outbox.add([said('a', 3)]);
  await empty();
  expect(tokens('a')).toEqual(['a-1', 'a-2', 'a-3']);
  expect(tokens('b')).toEqual(['b-1']);
  expect(written[0]).toEqual({
    actorId: memoryActor('sub-1'),
    session: 'a',
    token: 'a-1',
    at: BEGAN + 1,
    content: { payload: [{ kind: 'message', role: 'user', text: 'CANARY 1' }], metadata: { turn: 't1' } },
  });
  expect(await dump(redis, prefix)).toEqual({});
});

it('a person who is erased while a worker has ten of theirs in hand is written about once more at most', async () => {
  const rig = open({
    refuses: async () => {
      // As it is being written.
      erased += await rig.outbox.erase('sub-1');
      return undefined;
    },
  });
  let erased = 0;
  await rig.outbox.add(Array.from({ length: 8 }, (_, n) => said('a', n)));
  const worker = rig.work();
  await rig.empty();
  await worker.close();
  expect(erased).toBe(8);
  expect(rig.tries).toEqual(['a-0']);
  expect(await dump(redis, rig.prefix)).toEqual({});
});

it('the same token waits once', async () => {
  const { outbox, work, tries, empty } = open();
  await outbox.add([said('a', 1)]);
  await outbox.add([said('a', 1), said('a', 2)]);
  work();
  await empty();
  expect(tries).toEqual(['a-1', 'a-2']);
});

it('while Memory is away everything waits, and when it is back everything is written, in order', async () => {
  const rig = open({ refuses: () => new Error('away') });
  const lines: string[] = [];
  rig.work(createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } }));
  await rig.outbox.add(Array.from({ length: 25 }, (_, n) => said('a', n)));
  await eventually('it was tried', () => lines.length > 0);
  rig.refuse(() => undefined);
  await rig.empty();
  expect(rig.tokens('a')).toEqual(Array.from({ length: 25 }, (_, n) => `a-${n}`));
  expect(lines.join()).not.toContain('CANARY');
});

it('another process goes on where one has died in the middle', async () => {
  const { outbox, work, tokens, empty } = open();
  await outbox.add([said('a', 1), said('a', 2)]);
  // It died with the session in its hands: the lease runs out.
  expect((await outbox.claim(50))?.sealed).toHaveLength(2);
  expect(await outbox.claim(50)).toBeUndefined();
  work();
  await empty();
  expect(tokens('a')).toEqual(['a-1', 'a-2']);
});

it('two processes write each session in its order', async () => {
  const rig = open();
  rig.work();
  rig.work();
  const sessions = ['a', 'b', 'c', 'd', 'e'];
  for (let n = 1; n <= 20; n += 1) await rig.outbox.add(sessions.map((session) => said(session, n)));
  await rig.empty();
  for (const session of sessions)
    expect(rig.tokens(session)).toEqual(Array.from({ length: 20 }, (_, n) => `${session}-${n + 1}`));
});

it('what Memory refuses for what it is holds up nothing, and stays', async () => {
  const rig = open({ refuses: ({ token }) => (token === 'a-1' ? new Hopeless() : undefined) });
  rig.work();
  await rig.outbox.add([said('a', 1), said('a', 2)]);
  await eventually('the other one is written', () => rig.tokens('a').length === 1);
  await eventually(
    'it rests',
    async () => (await redis.hget(`${rig.prefix}:out:${await groupOf(rig)}`, 'resting')) === '1',
  );
  rig.refuse(() => undefined);
  // What is new does not wait with it.
  await rig.outbox.add([said('a', 3)]);
  await rig.empty();
  expect(rig.tokens('a').toSorted()).toEqual(['a-1', 'a-2', 'a-3']);
});

it('what Memory has refused for a month is given up, and said so', async () => {
  const rig = open({ refuses: () => new Hopeless('CANARY') });
  const lines: string[] = [];
  await rig.outbox.add([{ ...said('a', 1), at: BEGAN - 31 * 86_400_000 }]);
  rig.work(createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } }));
  await rig.empty();
  expect(rig.written).toEqual([]);
  expect(lines.join()).toContain('given up');
});

const groupOf = async ({ prefix }: { prefix: string }) =>
  (await redis.zrange(`${prefix}:outdue`, '0', '0'))[0];

it('of a person nothing is left that waits, and of others everything', async () => {
  const { outbox, prefix } = open();
  await outbox.add([said('a', 1), said('b', 1), said('c', 1, 'sub-2')]);
  expect(await outbox.erase('sub-1')).toBe(2);
  expect(await outbox.erase('sub-1')).toBe(0);
  expect(Object.keys(await dump(redis, prefix)).filter((key) => key.startsWith('out:'))).toHaveLength(1);
  expect(await outbox.waiting()).toBe(1);
});

it('what waits is sealed, names nobody, and does not stay for ever', async () => {
  const { outbox, work, written, empty, prefix } = open({ sealer: sealerWith(newKey('k1')) });
  await outbox.add([said('tc-session', 1, 'slack:T1:U1')]);
  const kept = await dump(redis, prefix);
  expect(JSON.stringify(kept)).not.toMatch(/CANARY|T1:U1/);
  for (const name of Object.keys(kept)) {
    const ttl = await redis.ttl(`${prefix}:${name}`);
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(OUTBOX_KEPT_S);
  }
  work();
  await empty();
  expect(written).toHaveLength(1);
});

it('a process that ends leaves what it has not written to others at once', async () => {
  const rig = open({ refuses: () => new Error('away') });
  const worker = rig.work();
  await rig.outbox.add([said('a', 1)]);
  await worker.close();
  const batch = await eventually('it is to be had again', () => rig.outbox.claim(1_000));
  expect(batch.sealed.map(({ token }) => token)).toEqual(['a-1']);
});
