import { createSecretKey, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createAwsStandIn } from '../../../local/aws/stand-in.ts';
import { createMemoryClient } from '../../../src/agentcore/memory-client.ts';
import { RECORD_NAMESPACES } from '../../../src/contract/memory.ts';
import { memoryOfPeople } from '../../../src/main/memory-of-people.ts';
import { createErasureJobs } from '../../../src/privacy/erasure-jobs.ts';
import { createLateLooks, LATE_LOOKS_MS } from '../../../src/privacy/late-looks.ts';
import { eraseMemory } from '../../../src/privacy/memory.ts';
import { directoryId } from '../../../src/sessions/directory-id.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { localDataKeys } from '../../../src/store/data-keys.ts';
import { createSealer } from '../../../src/store/sealed.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { testRedis } from '../../setup/redis.ts';

/** What Memory learns of people after they were forgotten, with a stand-in that learns a minute late, and a clock in the hand. */

const MEMORY = 'threadcore-AbCdEf1234';
const LEARNS_AFTER_MS = 60_000;
const SUB = 'sub-of-alice';
const ALICE = directoryId(SUB);
const BOB = directoryId('sub-of-bob');
const OLD = `tc-${'a'.repeat(52)}`;
const OTHER = `tc-${'b'.repeat(52)}`;
const silent = createLogger({ level: 'silent' });
const { signal } = new AbortController();

let redis: Connection;
let prefixes = 0;
beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'late-looks-test' });
});
afterAll(() => disconnect(redis));

async function start() {
  let ms = Date.now();
  const standIn = await createAwsStandIn({
    agent: { mode: 'url', url: 'http://127.0.0.1:1' },
    now: () => ms,
    memory: {
      extractionDelayMs: LEARNS_AFTER_MS,
      learnsFromDeleted: true,
      memories: [
        {
          id: MEMORY,
          memoryStrategies: [
            {
              semanticMemoryStrategy: { name: 'facts', namespaceTemplates: [RECORD_NAMESPACES.semantic] },
            },
            {
              summaryMemoryStrategy: { name: 'sums', namespaceTemplates: [RECORD_NAMESPACES.summary] },
            },
            {
              semanticMemoryStrategy: { name: 'own', namespaceTemplates: ['/elsewhere/{actorId}'] },
            },
          ],
        },
      ],
    },
  });
  onTestFinished(() => standIn.close());
  const client = createMemoryClient({
    region: 'us-east-2',
    endpoint: standIn.url,
    memoryId: MEMORY,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-real-secret' },
  });
  onTestFinished(() => client.close());
  const memory = memoryOfPeople(client);
  const keyPrefix = `{tc}:late${prefixes++}`;
  const keys = localDataKeys([{ id: 'k1', key: createSecretKey(randomBytes(32)) }]);
  const sealer = createSealer({ keys, randomBytes });
  const jobs = createErasureJobs({
    ...{ redis, keyPrefix, sealer, randomBytes },
    directoryOf: directoryId,
    confirmDurable: async () => undefined,
  });
  const looks = createLateLooks({ redis, keyPrefix, sealer, memory, now: () => ms, log: silent });

  const say = (actorId: string, sessionId: string, text: string) =>
    client.createEvent({
      ...{ actorId, sessionId, signal },
      at: new Date(ms),
      payload: [{ kind: 'message', role: 'user', text }],
      clientToken: randomBytes(32).toString('hex'),
    });

  /** Everything that Memory has of somebody, as words. */
  async function kept(person: string): Promise<string[]> {
    const words: string[] = [];
    for await (const session of memory.sessions(person, signal))
      for await (const { said } of memory.events(person, session, signal))
        words.push(...said.map(({ text }) => `event ${text}`));
    for await (const { namespace, text } of memory.records(person, signal))
      words.push(
        `${namespace.split('/')[1] === 'elsewhere' ? 'elsewhere' : namespace.split('/')[3]} ${text}`,
      );
    return words.toSorted();
  }

  /** As an erasure does, up to its end. */
  async function forget(): Promise<void> {
    const by = { kind: 'operator', name: 'ops' } as const;
    await jobs.begin({ person: { accounts: [], sub: SUB }, by, order: 1 });
    const erasure = await jobs.claim(60_000);
    if (!erasure) throw new Error('the erasure is there');
    await eraseMemory(memory, [ALICE], { gone: async () => undefined, signal });
    await jobs.end(erasure, LATE_LOOKS_MS[0]);
  }

  /** Its time has come, by Redis' clock. */
  async function due(): Promise<void> {
    const [id] = await redis.zrange(`${keyPrefix}:latelooks`, '0', '-1');
    await redis.zadd(`${keyPrefix}:latelooks`, 'XX', 0, id ?? '');
  }
  async function look(): Promise<void> {
    await due();
    expect(await looks.next(signal)).toBe(true);
  }

  return {
    ...{ say, kept, forget, look, looks, keyPrefix, standIn, due },
    pass: (by: number) => {
      ms += by;
    },
  };
}

it('is gone once it was looked for again, elsewhere with the last look; then nothing is left of the erasure', async () => {
  const { say, kept, forget, look, looks, pass, keyPrefix } = await start();
  await say(ALICE, OLD, 'Our canary budget is ten.');
  await say(BOB, OTHER, 'Our budget is eleven.');
  pass(1_000);
  await forget();
  expect(await kept(ALICE)).toEqual([]);
  expect(await looks.next(signal)).toBe(false);
  expect(
    JSON.stringify(
      await redis.hgetall(
        `${keyPrefix}:latelook:${(await redis.zrange(`${keyPrefix}:latelooks`, '0', '-1'))[0]}`,
      ),
    ),
  ).not.toContain(ALICE);

  pass(LATE_LOOKS_MS[0]);
  expect((await kept(ALICE)).map((words) => words.split(' ')[0])).toEqual(['elsewhere', 'facts', 'sessions']);
  const bobs = await kept(BOB);
  await look();
  expect((await kept(ALICE)).map((words) => words.split(' ')[0])).toEqual(['elsewhere']);
  expect(await looks.next(signal)).toBe(false);
  pass(LATE_LOOKS_MS[1]);
  await look();
  pass(LATE_LOOKS_MS[2]);
  await look();
  expect(await kept(ALICE)).toEqual([]);
  expect(await kept(BOB)).toEqual(bobs);
  expect(bobs.length).toBe(4);
  expect(await redis.keys(`${keyPrefix}:*`)).toEqual([]);
});

it('leaves what the person has begun anew, and takes what was learnt of erased sessions and before', async () => {
  const { say, kept, forget, look, pass } = await start();
  await say(ALICE, OLD, 'Our canary budget is ten.');
  pass(1_000);
  await forget();
  pass(70_000);
  // What was learnt late is there by now, and only then do they write again, in the same place.
  expect((await kept(ALICE)).length).toBe(3);
  pass(10_000);
  await say(ALICE, OLD, 'Our new region is Ohio.');
  pass(LEARNS_AFTER_MS);
  expect((await kept(ALICE)).length).toBe(6);
  await look();
  await look();
  await look();
  const words = await kept(ALICE);
  expect(words.join()).not.toContain('canary');
  // The summary of the place was of both, and is made again with the next question.
  expect(words.map((one) => one.split(' ')[0])).toEqual(['elsewhere', 'event', 'facts']);
});

it('cannot tell whether what is about the person comes from what was erased when they wrote anew before: that stays', async () => {
  const { say, kept, forget, look, pass } = await start();
  await say(ALICE, OLD, 'Our canary budget is ten.');
  pass(1_000);
  await forget();
  pass(20_000);
  await say(ALICE, OTHER, 'Our new region is Ohio.');
  pass(100_000);
  await look();
  const old = (await kept(ALICE)).filter((one) => one.includes('canary')).map((one) => one.split(' ')[0]);
  // The summary of the erased session goes, though.
  expect(old).toEqual(['elsewhere', 'facts']);
  expect((await kept(ALICE)).filter((one) => one.includes('Ohio')).length).toBe(4);
});

it('is looked for again when Memory did not answer', async () => {
  const { say, kept, forget, look, pass, standIn } = await start();
  await say(ALICE, OLD, 'Our canary budget is ten.');
  pass(1_000);
  await forget();
  pass(LATE_LOOKS_MS[0]);
  standIn.faults.push({
    kind: 'error',
    operation: 'ListMemoryRecords',
    name: 'AccessDeniedException',
    times: 1,
  });
  await look();
  expect((await kept(ALICE)).length).toBe(3);
  await look();
  expect((await kept(ALICE)).length).toBe(1);
});
