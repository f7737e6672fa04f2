import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AwsStandIn, createAwsStandIn } from '../../../local/aws/stand-in.ts';
import { createMemoryClient, type MemoryClient } from '../../../src/agentcore/memory-client.ts';
import { EVENT_KIND } from '../../../src/contract/memory.ts';
import { memoryReads } from '../../../src/main/memory-reads.ts';
import { directoryId } from '../../../src/sessions/directory-id.ts';
import { eventsFor, type SessionChange } from '../../../src/sessions/memory-events.ts';
import { createRestore } from '../../../src/sessions/restore.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { testRedis } from '../../setup/redis.ts';
import { DAY_MS, keyOf, laneOf, newKey, personIn, sealerWith } from './rig.ts';

/** A directory that Redis has lost, brought back from a real client's view of AgentCore Memory. */

const MEMORY = 'threadcore-AbCdEf1234';
const { signal } = new AbortController();
let redis: Connection;
let aws: AwsStandIn;
let client: MemoryClient;
beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'restore-test' });
  aws = await createAwsStandIn({
    agent: { mode: 'url', url: 'http://127.0.0.1:1' },
    memory: { memories: [{ id: MEMORY }] },
  });
  client = createMemoryClient({
    region: 'us-east-2',
    endpoint: aws.url,
    memoryId: MEMORY,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-real-secret' },
  });
});
afterAll(async () => {
  client.close();
  await aws.close();
  await disconnect(redis);
});

const sealer = sealerWith(newKey('k1'));
let prefixes = 0;

/** People in a Redis of their own, whose changes Memory is told. */
function world() {
  prefixes += 1;
  const keyPrefix = `{tc}:restore-${prefixes}`;
  const people = new Map<string, ReturnType<typeof personIn>>();
  let refuse = false;
  let now = Date.now();
  let tokens = 0;
  const restoreOf = (person: ReturnType<typeof personIn>) =>
    createRestore({
      redis,
      keyPrefix,
      reads: memoryReads(client),
      directory: person.directory,
      places: person.places,
      archiveAfterMs: 90 * DAY_MS,
      mayRestore: async () => !refuse,
      closing: signal,
      now: () => now,
      log: createLogger({ level: 'silent' }),
    });
  const person = (actor: string) => {
    const known = people.get(actor) ?? personIn(redis, keyPrefix, sealer, actor);
    people.set(actor, known);
    return known;
  };
  const where = (actor: string, sessionId: string) => {
    tokens += 1;
    const clientToken = `${keyPrefix}-${tokens}-${'x'.repeat(40)}`;
    return { actorId: directoryId(actor), sessionId, signal, clientToken };
  };
  return {
    person,
    restore: restoreOf(person('sub-1')),
    refuse: (yes: boolean) => {
      refuse = yes;
    },
    later: (ms: number) => {
      now += ms;
    },
    async tell(actor: string, change: SessionChange): Promise<void> {
      for (const { session, metadata, payload, at } of eventsFor(change, Date.now()))
        await client.createEvent({
          ...where(actor, session),
          at: new Date(at),
          payload: [{ kind: 'document', value: JSON.parse(payload) }],
          metadata: { [EVENT_KIND]: metadata[EVENT_KIND] },
        });
    },
    async say(actor: string, session: string, text: string, turn: string): Promise<void> {
      for (const role of ['user', 'assistant'] as const)
        await client.createEvent({
          ...where(actor, session),
          at: new Date(),
          payload: [{ kind: 'message', role, text }],
          metadata: { turn },
        });
    },
    async lose(): Promise<void> {
      const keys = await redis.keys(`${keyPrefix}:*`);
      if (keys.length > 0) await redis.del(...keys);
    },
  };
}

/** A person with two sessions, one of them with a name and a tag, and a thread that was bound to it. */
async function twoSessions({ person, tell, say }: ReturnType<typeof world>, actor: string) {
  const { ask, id, directory, places } = person(actor);
  for (const thread of ['1.0', '2.0']) {
    const question = `Why is ${actor} so slow in ${thread}?`;
    const { name, number } = await ask(thread, question);
    await tell(actor, {
      kind: 'created',
      session: id(thread),
      name,
      number,
      question,
      origin: keyOf(thread),
    });
    await say(actor, id(thread), question, `turn-${thread}`);
  }
  await directory.rename(actor, id('1.0'), 'Load test');
  await tell(actor, { kind: 'renamed', session: id('1.0'), name: 'Load test' });
  await directory.tag(actor, id('1.0'), 'prod');
  await tell(actor, { kind: 'tagged', session: id('1.0'), tag: 'prod' });
  const lane = laneOf(actor, '2.0');
  const place = await places.bind(actor, lane, id('1.0'));
  if (!place || place === 'heard') throw new Error('the session is there');
  await tell(actor, { kind: 'placed', lane, key: keyOf('2.0'), actor, place });
  return { lane, place };
}

const shown = async (person: ReturnType<typeof personIn>) => {
  const { entries } = await person.directory.list(person.actor, { most: 10 });
  return entries
    .map(({ id, number, name, tags, turns, question }) => ({ id, number, name, tags, turns, question }))
    .toSorted((a, b) => a.number - b.number);
};

describe('a directory that Redis has lost', () => {
  it('comes back with names, numbers, tags, turns and places, and once more changes nothing', async () => {
    const w = world();
    const person = w.person('sub-1');
    const { lane, place } = await twoSessions(w, 'sub-1');
    const before = await shown(person);
    expect(before).toHaveLength(2);
    await w.lose();
    expect(await w.restore.rebuild(directoryId('sub-1'), signal)).toEqual({
      sessions: 2,
      loaded: 2,
      lanes: 1,
      placed: 1,
      skipped: 0,
    });
    expect(await shown(person)).toEqual(before);
    expect(await person.places.placeOf('sub-1', lane)).toEqual(place);
    expect(await w.restore.rebuild(directoryId('sub-1'), signal)).toMatchObject({ loaded: 0, placed: 0 });
    expect(await shown(person)).toEqual(before);
  });

  it('comes back by itself, also when the person has begun something new meanwhile, and Memory is asked once', async () => {
    const w = world();
    const person = w.person('sub-2');
    await twoSessions(w, 'sub-2');
    await w.lose();
    await person.ask('9.0', 'Something new?');
    const calls = aws.calls.length;
    await Promise.all([w.restore.person('sub-2'), w.restore.person('sub-2')]);
    expect((await shown(person)).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Load test', 'Something new?', 'Why is sub-2 so slow in 2.0?']),
    );
    expect(aws.calls.length - calls).toBe(3);
    await w.restore.person('sub-2');
    expect(aws.calls.length - calls).toBe(3);
  });

  it('is left alone while Memory does not answer, and comes back later', async () => {
    const w = world();
    await twoSessions(w, 'sub-3');
    await w.lose();
    aws.faults.push({ kind: 'error', operation: 'ListSessions', times: 1, name: 'AccessDeniedException' });
    await w.restore.person('sub-3');
    expect(await shown(w.person('sub-3'))).toEqual([]);
    w.later(61_000);
    await w.restore.person('sub-3');
    expect(await shown(w.person('sub-3'))).toHaveLength(2);
  });

  it('stays lost for a person who is being forgotten', async () => {
    const w = world();
    await twoSessions(w, 'sub-4');
    await w.lose();
    w.refuse(true);
    await w.restore.person('sub-4');
    expect(await shown(w.person('sub-4'))).toEqual([]);
    expect(await w.restore.isWhole(directoryId('sub-4'))).toBe(false);
  });
});
