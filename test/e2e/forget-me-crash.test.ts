import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryClient, type MemoryClient } from '../../src/agentcore/memory-client.ts';
import { memoryActor, talkOf } from '../../src/contract/memory.ts';
import { createDirectory } from '../../src/sessions/directory.ts';
import { eventsFor } from '../../src/sessions/memory-events.ts';
import { sessionId } from '../../src/sessions/session-id.ts';
import { type Connection, connect, disconnect } from '../../src/store/connection.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createSurroundings, type Surroundings } from '../setup/backend-processes.ts';
import { COMPILED } from '../setup/compiled.ts';
import { eventually } from '../setup/eventually.ts';
import { testRedis } from '../setup/redis.ts';
import { fileTraces, found, redisTraces } from './traces.ts';

/** Operators' commands about people, with backends as processes that may be killed. */

const MEMORY = 'threadcore-AbCdEf1234';
const CREDENTIALS = { accessKeyId: 'AKIAEXAMPLE000000000', secretAccessKey: 'example-secret-key' };
const OPS = join(import.meta.dirname, '../../scripts/ops.ts');
const { signal } = new AbortController();

let folder: string;
let surroundings: Surroundings;
let redisUrl: string;
let redis: Connection;
let memory: MemoryClient;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threadcore-people-'));
  surroundings = await createSurroundings({}, { memories: [{ id: MEMORY }], folder: join(folder, 'memory') });
  redisUrl = await testRedis();
  redis = connect({ url: redisUrl, name: 'people-test' });
  env = {
    REDIS_URL: redisUrl,
    REDIS_DURABILITY: 'none',
    MEMORY_RESOURCE_ID: MEMORY,
    AWS_ENDPOINT_URL: surroundings.aws.url,
    AWS_REGION: surroundings.aws.region,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  memory = createMemoryClient({
    region: surroundings.aws.region,
    endpoint: surroundings.aws.url,
    memoryId: MEMORY,
    credentials: CREDENTIALS,
  });
});
afterAll(async () => {
  memory?.close();
  await surroundings?.close();
  if (redis) await disconnect(redis);
  await rm(folder, { recursive: true, force: true });
});

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
const ops = (...words: string[]): Promise<Said> =>
  new Promise((resolve) => {
    const options = { cwd: folder, env: { ...COMPILED, ...env, PATH: process.env.PATH ?? '' } };
    execFile(process.execPath, [OPS, ...words], options, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
const json = ({ out }: Said) => JSON.parse(out.trim().split('\n').at(-1) ?? '');

const directoryNow = () =>
  createDirectory({
    ...{ redis, keyPrefix: '{tc}', sealer: undefined, randomBytes },
    log: createLogger({ level: 'silent' }),
  });

let threads = 0;
/** Conversations of a person, in Memory and in the directory. */
async function person(user: string, conversations: number) {
  const { id, teamId: tenant } = surroundings.slack.people.person(user);
  const actor = `slack:${tenant}:${id}`;
  const word = `canary${user}${randomBytes(4).toString('hex')}`;
  const directory = directoryNow();
  for (let i = 1; i <= conversations; i += 1) {
    threads += 1;
    const key = { platform: 'slack' as const, tenant, conversation: 'C1', thread: `${threads}.0` };
    const session = sessionId(key, actor, 0);
    const question = `${word} question ${i}`;
    const touch = { session, lane: `lane${user}${i}`, generation: 0, origin: key, question };
    const { name, number } = await directory.touch(actor, touch);
    const change = { kind: 'created', session, name, number, question, origin: key } as const;
    const where = { actorId: memoryActor(actor), sessionId: session, signal };
    for (const { metadata, payload, at } of eventsFor(change, Date.now()))
      await memory.createEvent({
        ...where,
        at: new Date(at),
        payload: [{ kind: 'document', value: payload }],
        metadata: { ...metadata },
        clientToken: randomBytes(24).toString('hex'),
      });
    const said = {
      turnId: `turn-${user}-${threads}`,
      question,
      answer: `${word} answer`,
      askedAt: 1,
      answeredAt: 2,
    };
    for (const { token, at, role, text, metadata } of talkOf(said))
      await memory.createEvent({
        ...where,
        at: new Date(Date.now() + at),
        payload: [{ kind: 'message', role, text }],
        metadata,
        clientToken: token,
      });
  }
  return { actor, word, account: actor, names: [memoryActor(actor)] };
}

const listed = async (actor: string) =>
  (await directoryNow().list(actor, { most: 50 })).entries.map(({ number, name, turns }) => ({
    number,
    name,
    turns,
  }));

describe('people, from the terminal', () => {
  it('get their directories back from Memory, one or all, and once more changes nothing', async () => {
    const alice = await person('alice', 3);
    const bob = await person('bob', 2);
    // Memory knows of the one turn that each has had; they were asked of nobody here.
    const before = [await listed(alice.actor), await listed(bob.actor)].map((entries) =>
      entries.map((entry) => ({ ...entry, turns: 1 })),
    );
    await redis.flushdb();
    expect(await ops('sessions', 'rebuild')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/Say of whom/),
    });
    expect(json(await ops('sessions', 'rebuild', '--actor', bob.actor, '--json'))).toMatchObject({
      people: 1,
      sessions: 2,
      loaded: 2,
      failed: [],
    });
    expect(await listed(alice.actor)).toEqual([]);
    expect(json(await ops('sessions', 'rebuild', '--all', '--resume', '--json'))).toMatchObject({
      people: 2,
      passed: 1,
      loaded: 3,
    });
    expect((await listed(alice.actor)).toSorted((a, b) => b.number - a.number)).toEqual(before[0]);
    expect((await listed(bob.actor)).toSorted((a, b) => b.number - a.number)).toEqual(before[1]);
    expect(json(await ops('sessions', 'rebuild', '--all', '--json'))).toMatchObject({ people: 2, loaded: 0 });
  });

  it('find all their conversations again when Redis has lost them, with no operator', async () => {
    const bob = await person('bob', 3);
    const backend = await surroundings.start('all', env);
    await backend.ready();
    await redis.flushdb();
    const { user, channel } = surroundings.slack.people.place('bob', '#cloud');
    const listedToHim = () =>
      surroundings.slack.state
        .messages(channel.id)
        .filter((message) => message.ephemeralFor === user.id)
        .map((message) => JSON.stringify([message.text, message.blocks]));
    await surroundings.slack.interactions.command({
      user: 'bob',
      channel: '#cloud',
      command: '/agent',
      text: 'sessions',
    });
    await eventually('the list', () =>
      [1, 2, 3].every((i) => listedToHim().some((text) => text.includes(`${bob.word} question ${i}`))),
    );
    expect(await listed(bob.actor)).toHaveLength(5);
    backend.signal('SIGTERM');
    await backend.exited;
  });

  it('get files with all that is kept about them', async () => {
    const carol = await person('carol', 2);
    const { code, out } = await ops('users', 'export', '--user', carol.account, '--out', 'data', '--json');
    expect(code).toBe(0);
    const [file = ''] = JSON.parse(out).files;
    const exported = JSON.parse(await readFile(join(folder, file), 'utf8'));
    expect(exported.counts).toMatchObject({ sessions: 2, history: 6 });
    expect(JSON.stringify(exported)).toContain(`${carol.word} question 2`);
    expect(await readdir(join(folder, 'data'))).toHaveLength(1);
  });

  it('are erased to the end also when the worker is killed in the middle, and nobody else is', async () => {
    const alice = await person('alice', 6);
    const bob = await person('bob', 2);
    const words = [alice.word, ...alice.names];
    const { aws } = surroundings;
    expect(await ops('users', 'erase', '--user', alice.account)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/Say --yes/),
    });
    expect(found(await redisTraces(redisUrl), words).length).toBeGreaterThan(0);
    const others = await listed(bob.actor);
    aws.faults.push({ kind: 'delay', operation: 'DeleteEvent', times: 1_000, ms: 300 });
    const first = await surroundings.start('all', env);
    await first.ready();
    const erasing = ops('users', 'erase', '--user', alice.account, '--yes', '--json');
    const deletions = () => aws.calls.filter(({ operation }) => operation === 'DeleteEvent').length;
    await eventually('the erasure is under way', () => deletions() > 3, 30_000);
    first.signal('SIGKILL');
    await first.exited;
    expect(found(await fileTraces(join(folder, 'memory')), [alice.word]).length).toBeGreaterThan(0);
    expect(await redis.zcard('{tc}:erasures')).toBe(1);

    aws.faults.length = 0;
    const second = await surroundings.start('all', env);
    await second.ready();
    const { code, out, err } = await erasing;
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out).counts.memory).toBeGreaterThan(0);
    const left = found(await redisTraces(redisUrl), words);
    // Here is no key to seal with: whom Memory knew her as stays readable for as long as Memory is looked at again.
    expect(left.filter((trace) => !trace.startsWith('{tc}:latelook:'))).toEqual([]);
    expect(left.join()).not.toContain(alice.word);
    expect(found(await fileTraces(join(folder, 'memory')), [alice.word])).toEqual([]);
    expect(found(new Map([['logs', first.output() + second.output()]]), [alice.word])).toEqual([]);
    expect(await listed(bob.actor)).toEqual(others);
    expect(found(await fileTraces(join(folder, 'memory')), [bob.word]).length).toBeGreaterThan(0);
    // On record, under a pseudonym.
    const entries = JSON.parse(
      (await ops('audit', 'tail', '--type', 'data', '--who', alice.account, '--json')).out,
    );
    expect(entries.map(({ event }: { event: { type: string } }) => event.type)).toEqual([
      'data.erasure_ordered',
      'data.erased',
    ]);
  }, 120_000);
});
