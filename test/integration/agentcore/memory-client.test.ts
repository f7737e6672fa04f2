import { describe, expect, onTestFinished, test } from 'vitest';
import {
  AWS_MEMORY_QUOTAS,
  type AwsStandIn,
  createAwsStandIn,
  type MemoryOptions,
} from '../../../local/aws/stand-in.ts';
import {
  createMemoryClient,
  type MemoryClient,
  type MemoryClientOptions,
  type NewEvent,
} from '../../../src/agentcore/memory-client.ts';
import { MemoryError } from '../../../src/agentcore/memory-errors.ts';
import { createMemoryQuota } from '../../../src/agentcore/memory-quota.ts';
import type { MemoryEvent } from '../../../src/agentcore/memory-shapes.ts';
import { eventToken } from '../../../src/contract/memory.ts';
import { connect, disconnect } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { testRedis } from '../../setup/redis.ts';
import { openEndpoint } from './endpoint.ts';

/** The client of Memory against the stand-in, which enforces the rules of the service. */

const MEMORY = 'threadcore-AbCdEf1234';
const ACTOR = 'slack:T1:U1';
const SESSION = `tc-${'a'.repeat(52)}`;
const STRATEGIES = [{ semanticMemoryStrategy: { name: 'facts', namespaceTemplates: ['/facts/{actorId}'] } }];
const { signal } = new AbortController();
const where = { actorId: ACTOR, sessionId: SESSION, signal };

async function startStandIn(memory: MemoryOptions = {}): Promise<AwsStandIn> {
  const standIn = await createAwsStandIn({
    agent: { mode: 'url', url: 'http://127.0.0.1:1' },
    memory: { memories: [{ id: MEMORY, memoryStrategies: STRATEGIES }], extractionDelayMs: 0, ...memory },
  });
  onTestFinished(() => standIn.close());
  return standIn;
}

function open(url: string, more: Partial<MemoryClientOptions> = {}): MemoryClient {
  const client = createMemoryClient({
    region: 'us-east-2',
    endpoint: url,
    memoryId: MEMORY,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-real-secret' },
    ...more,
  });
  onTestFinished(() => client.close());
  return client;
}

async function start(memory: MemoryOptions = {}, more: Partial<MemoryClientOptions> = {}) {
  const standIn = await startStandIn(memory);
  return { standIn, client: open(standIn.url, more) };
}

const BEGAN = Date.UTC(2026, 0, 1);

/** The nth message of a session. */
function message(n: number, text = `message ${n}`, changes: Partial<NewEvent> = {}): NewEvent {
  return {
    ...where,
    at: new Date(BEGAN + n),
    payload: [{ kind: 'message', role: 'user', text }],
    clientToken: eventToken('turn', 'user', n),
    ...changes,
  };
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

const textsOf = (events: readonly MemoryEvent[]) =>
  events.flatMap(({ payload }) => payload.map((item) => (item.kind === 'message' ? item.text : item.value)));

async function failureOf(work: Promise<unknown>): Promise<MemoryError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(MemoryError);
  return error as MemoryError;
}

describe('events', () => {
  test('come back as they were written, and are gone when they are deleted', async () => {
    const { client } = await start();
    const written = await client.createEvent(
      message(1, 'Wie geht’s? 🙂', {
        payload: [
          { kind: 'message', role: 'user', text: 'Wie geht’s? 🙂' },
          { kind: 'message', role: 'assistant', text: 'Gut.' },
          { kind: 'document', value: { name: 'Übersicht', tags: ['a'] } },
        ],
        metadata: { 'tc.kind': 'turn' },
      }),
    );
    expect(written).toMatchObject({ actorId: ACTOR, sessionId: SESSION, at: new Date(BEGAN + 1) });
    expect(textsOf([written])).toEqual(['Wie geht’s? 🙂', 'Gut.', { name: 'Übersicht', tags: ['a'] }]);
    expect(written.metadata).toEqual({ 'tc.kind': 'turn' });
    const one = { ...where, eventId: written.eventId };
    expect(await client.getEvent(one)).toEqual(written);
    expect(await all(client.listEvents({ ...where, includePayloads: false }))).toEqual([
      { ...written, payload: [] },
    ]);
    await client.deleteEvent(one);
    await client.deleteEvent(one);
    expect(await all(client.listEvents(where))).toEqual([]);
    expect((await failureOf(client.getEvent(one))).code).toBe('memory_not_found');
  });

  test('are read page by page, more than two hundred and fifty of them, newest first', async () => {
    const { client, standIn } = await start();
    const numbers = Array.from({ length: 263 }, (_, n) => n);
    await Promise.all(numbers.map((n) => client.createEvent(message(n))));
    expect(textsOf(await all(client.listEvents(where)))).toEqual(
      numbers.toReversed().map((n) => `message ${n}`),
    );
    const reads = () => standIn.calls.filter(({ operation }) => operation === 'ListEvents').length;
    expect(reads()).toBe(3);
    for await (const event of client.listEvents(where)) {
      expect(textsOf([event])).toEqual(['message 262']);
      break;
    }
    expect(reads()).toBe(4);
  });

  test('are found by their metadata', async () => {
    const { client } = await start();
    await client.createEvent(message(1));
    await client.createEvent(message(2, 'a name', { metadata: { kind: 'name' } }));
    await client.createEvent(message(3, 'an old name', { metadata: { kind: 'name', old: 'yes' } }));
    const found = async (...filter: NonNullable<Parameters<MemoryClient['listEvents']>[0]['filter']>) =>
      textsOf(await all(client.listEvents({ ...where, filter })));
    expect(await found({ key: 'kind', equals: 'name' })).toEqual(['an old name', 'a name']);
    expect(await found({ key: 'kind', equals: 'name' }, { key: 'old', absent: true })).toEqual(['a name']);
    expect(await found({ key: 'old' })).toEqual(['an old name']);
    expect(await found({ key: 'kind', equals: 'tag' })).toEqual([]);
    expect(await found()).toHaveLength(3);
  });

  test('make sessions and actors, over many pages; emptied sessions are not listed', async () => {
    const { client } = await start();
    const ids = Array.from({ length: 120 }, (_, n) => `session-${n}`);
    const events = await Promise.all(
      ids.map((sessionId, n) =>
        client.createEvent(
          message(n, 'hello there', { sessionId, clientToken: eventToken(sessionId, 'user', 0) }),
        ),
      ),
    );
    const sessions = await all(client.listSessions({ actorId: ACTOR, signal }));
    expect(sessions.map(({ sessionId }) => sessionId).toSorted()).toEqual(ids.toSorted());
    expect(sessions[0]?.createdAt.getTime()).toBeGreaterThan(BEGAN);
    await client.deleteEvent({ ...where, sessionId: 'session-0', eventId: events[0]?.eventId ?? '' });
    expect(await all(client.listSessions({ actorId: ACTOR, signal }))).toHaveLength(119);
    await client.createEvent(message(1, 'hi', { actorId: 'someone', clientToken: 'x'.repeat(64) }));
    expect((await all(client.listActors({ signal }))).toSorted()).toEqual(['slack:T1:U1', 'someone']);
  });
});

test('records are found within a person’s own path, listed, told and deleted', async () => {
  const { client } = await start();
  await client.createEvent(message(1, 'Our database runs in Ohio. We have two budgets. What now?'));
  await client.createEvent(message(2, 'Nothing of this is taken.', { skipExtraction: true }));
  await client.createEvent(message(3, 'Their database is a secret.', { actorId: `${ACTOR}2` }));
  const own = { namespacePath: `/facts/${ACTOR}`, signal };
  const [best, ...others] = await client.retrieveRecords({ ...own, query: 'which database?', limit: 5 });
  expect(best?.text).toBe('Our database runs in Ohio.');
  expect(best?.score).toBeGreaterThan(0);
  expect(others).toEqual([]);
  expect(await client.retrieveRecords({ ...own, query: 'x'.repeat(20_000), limit: 5 })).toEqual([]);
  const listed = await all(client.listRecords(own));
  expect(listed.map(({ text }) => text).toSorted()).toEqual([
    'Our database runs in Ohio.',
    'We have two budgets.',
  ]);
  const one = { recordId: best?.recordId ?? '', signal };
  expect(await client.getRecord(one)).toMatchObject({ text: best?.text, namespace: own.namespacePath });
  await client.deleteRecord(one);
  await client.deleteRecord(one);
  expect(await all(client.listRecords(own))).toHaveLength(1);
});

describe('a call that goes wrong', () => {
  test('is made again after a lost answer, and writes nothing twice', async () => {
    const { client, standIn } = await start();
    standIn.faults.push({ operation: 'CreateEvent', times: 2, kind: 'drop_answer' });
    const written = await client.createEvent(message(1));
    const [stored, ...more] = await all(client.listEvents(where));
    expect(stored).toEqual(written);
    expect(more).toEqual([]);
    expect(standIn.calls.map(({ operation, status }) => [operation, status])).toEqual([
      ['CreateEvent', 0],
      ['CreateEvent', 0],
      ['CreateEvent', 201],
      ['ListEvents', 200],
    ]);
  });

  test('is made again by another process, and writes nothing twice', async () => {
    const { client, standIn } = await start();
    const first = await client.createEvent(message(1));
    expect(await open(standIn.url).createEvent(message(1, 'message 1', { at: new Date() }))).toEqual(first);
    expect(await all(client.listEvents(where))).toEqual([first]);
  });

  test.each([
    { name: 'ThrottledException', status: 429 },
    { name: 'ServiceException', status: 500 },
    { name: 'RetryableConflictException', status: 409 },
  ])('for a while is made until it succeeds: $name', async (error) => {
    const { client, standIn } = await start();
    standIn.faults.push({ operation: 'ListEvents', times: 3, kind: 'error', ...error });
    expect(await all(client.listEvents(where))).toEqual([]);
    expect(standIn.calls.map(({ status }) => status)).toEqual([
      error.status,
      error.status,
      error.status,
      200,
    ]);
  });

  test.each([
    ['AccessDeniedException', 403, 'memory_denied'],
    ['ServiceQuotaExceededException', 402, 'memory_quota'],
    ['InvalidInputException', 400, 'memory_invalid'],
  ])('for good is made once: %s', async (name, status, code) => {
    const { client, standIn } = await start();
    standIn.faults.push({ operation: 'CreateEvent', times: 1, kind: 'error', name, status });
    expect((await failureOf(client.createEvent(message(1)))).code).toBe(code);
    expect(standIn.calls).toHaveLength(1);
  });

  test('is given up at the deadline', async () => {
    const { client, standIn } = await start({}, { deadlineMs: 2_000 });
    standIn.faults.push({ operation: 'CreateEvent', times: 100, kind: 'error', name: 'ThrottledException' });
    expect((await failureOf(client.createEvent(message(1)))).code).toBe('memory_throttled');
    expect(standIn.calls.length).toBeGreaterThan(1);
    expect(standIn.calls.length).toBeLessThan(6);
  });

  test('without an answer in time is made again', async () => {
    const { client, standIn } = await start({}, { attemptMs: 300 });
    standIn.faults.push({ operation: 'CreateEvent', times: 1, kind: 'delay', ms: 60_000 });
    await client.createEvent(message(1));
    expect(await all(client.listEvents(where))).toHaveLength(1);
  });

  test('ends with the signal, while it is asked and while it waits', async () => {
    const { client, standIn } = await start();
    for (const reason of [undefined, new DOMException('late', 'TimeoutError')]) {
      for (const fault of [
        { kind: 'delay', ms: 60_000 },
        { kind: 'error', name: 'ThrottledException' },
      ] as const) {
        standIn.faults.push({ operation: 'CreateEvent', times: 1_000, ...fault });
        const stop = new AbortController();
        const failing = failureOf(client.createEvent(message(1, 'hi', { signal: stop.signal })));
        await standInAsked(standIn);
        stop.abort(reason);
        expect((await failing).code).toBe(reason ? 'memory_timeout' : 'memory_cancelled');
        standIn.faults.length = 0;
      }
    }
    expect(
      (await failureOf(client.createEvent(message(1, 'hi', { signal: AbortSignal.abort() })))).code,
    ).toBe('memory_cancelled');
  });

  test('says nothing of what was sent, and no secret', async () => {
    const quoting = await openEndpoint((response, request) => {
      response.writeHead(400, {
        'content-type': 'application/json',
        'x-amzn-errortype': 'ValidationException',
      });
      response.end(JSON.stringify({ message: `no: ${request.body}`, reason: 'FieldValidationFailed' }));
    });
    onTestFinished(() => quoting.close());
    const logged: string[] = [];
    const log = createLogger({ level: 'trace', destination: { write: (line) => void logged.push(line) } });
    for (const url of [quoting.url, 'http://127.0.0.1:1']) {
      const client = open(url, { deadlineMs: 0 });
      const error = await failureOf(client.createEvent(message(1, 'a canary in a mine')));
      log.error({ err: error }, 'it went wrong');
      logged.push(error.message, JSON.stringify(error), String(error.stack), String(error.cause));
    }
    expect(quoting.requests[0]?.body).toContain('canary');
    expect(logged.join('\n')).not.toMatch(/canary|not-a-real-secret|AKIDEXAMPLE/);
  });
});

/** Resolves when a call has come in. A delayed one is not on record yet, but its fault is used. */
async function standInAsked(standIn: AwsStandIn): Promise<void> {
  const { times = 0 } = standIn.faults[0] ?? {};
  expect(times).toBe(1_000);
  while (standIn.faults[0]?.times === 1_000) await new Promise((resolve) => setImmediate(resolve));
}

test('two processes write more than AWS takes at once: all of it arrives, and once', async () => {
  const url = await testRedis();
  const standIn = await startStandIn({ quotas: AWS_MEMORY_QUOTAS });
  const log = createLogger({ level: 'silent' });
  const another = (name: string) => {
    const redis = connect({ url, name });
    onTestFinished(() => disconnect(redis));
    const quota = createMemoryQuota({ redis, keyPrefix: '{tc}', log, now: () => performance.now() });
    return open(standIn.url, { quota });
  };
  const clients = [another('one'), another('two')] as const;
  const sessions = ['a', 'b', 'c'].map((name) => `${SESSION}${name}`);
  const writes = sessions.flatMap((sessionId) =>
    Array.from({ length: 9 }, (_, n) => ({ sessionId, n, clientToken: eventToken(sessionId, 'user', n) })),
  );
  await Promise.all(
    writes.map(({ n, ...of }, at) =>
      clients[at % 2 === 0 ? 0 : 1].createEvent(message(n, `message ${n}`, of)),
    ),
  );
  for (const sessionId of sessions) {
    const events = await all(clients[0].listEvents({ ...where, sessionId }));
    expect(textsOf(events)).toEqual(Array.from({ length: 9 }, (_, n) => `message ${8 - n}`));
  }
  const taken = standIn.calls.filter(
    ({ operation, status }) => operation === 'CreateEvent' && status === 201,
  );
  expect(taken).toHaveLength(27);
});
