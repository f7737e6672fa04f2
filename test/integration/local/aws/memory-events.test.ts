import {
  DeleteEventCommand,
  GetEventCommand,
  ListActorsCommand,
  ListEventsCommand,
  ListSessionsCommand,
} from '@aws-sdk/client-bedrock-agentcore';
import { UpdateMemoryCommand } from '@aws-sdk/client-bedrock-agentcore-control';
import { describe, expect, test } from 'vitest';
import { AWS_MEMORY_QUOTAS } from '../../../../local/aws/stand-in.ts';
import { ACTOR, MEMORY, SESSION, said, startMemory, textsOf } from './memory.ts';
import { CUT_OFF, formOnly, raw } from './start.ts';

/** Short-term memory, called with the real client. */

const where = { memoryId: MEMORY, actorId: ACTOR, sessionId: SESSION };

describe('an event', () => {
  test('is told as it was written, by its id or in its session, and deleted for good', async () => {
    const { client, create, list, clock } = await startMemory();
    const payload = [
      said('USER', 'hi'),
      said('ASSISTANT', 'hello'),
      { blob: { kind: 'name', name: 'Übung' } },
      { json: { content: [1, { a: null }] } },
    ];
    const metadata = { 'tc.kind': { stringValue: 'turn' } };
    const { event } = await create({ payload, metadata, eventTimestamp: new Date(clock.now() - 1_234) });
    expect(event).toMatchObject({ ...where, payload, metadata });
    expect(event?.eventTimestamp).toEqual(new Date(clock.now() - 1_234));
    expect(event?.eventId).toMatch(/^[0-9]+#[a-fA-F0-9]+$/);
    const eventId = event?.eventId;
    expect((await client.send(new GetEventCommand({ ...where, eventId }))).event).toEqual(event);
    expect(await list({ includePayloads: true })).toEqual([event]);
    expect((await list())[0]?.payload).toEqual([]);

    expect((await client.send(new DeleteEventCommand({ ...where, eventId }))).eventId).toBe(eventId);
    expect(await list()).toEqual([]);
    for (const gone of [
      new GetEventCommand({ ...where, eventId }),
      new DeleteEventCommand({ ...where, eventId }),
    ]) {
      await expect(client.send(gone as GetEventCommand)).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
        $metadata: { httpStatusCode: 404 },
      });
    }
  });

  test('is written once for one client token, also after its deletion', async () => {
    const { client, create, list } = await startMemory();
    const first = await create({ clientToken: 'token-1', payload: [said('USER', 'first')] });
    const again = await create({ clientToken: 'token-1', payload: [said('USER', 'other words')] });
    expect(again.event).toEqual(first.event);
    expect(textsOf(await list({ includePayloads: true }))).toEqual(['first']);
    const { eventId } = first.event ?? {};
    await client.send(new DeleteEventCommand({ ...where, eventId }));
    expect((await create({ clientToken: 'token-1' })).event?.eventId).toBe(eventId);
    expect(await list()).toEqual([]);
    await create({ clientToken: 'token-2' });
    expect(await list()).toHaveLength(1);
  });

  test('whose answer was lost is there, and the same token finds it', async () => {
    const { standIn, create, list } = await startMemory();
    standIn.faults.push({ operation: 'CreateEvent', times: 1, kind: 'drop_answer' });
    await expect(create({ clientToken: 'token-1' })).rejects.toThrow(CUT_OFF);
    const [event] = await list({ includePayloads: true });
    expect((await create({ clientToken: 'token-1' })).event).toEqual(event);
    expect(await list()).toHaveLength(1);
  });

  test('expires after the days that its memory had when it was written', async () => {
    const { list, create, clock, control } = await startMemory({
      memories: [{ id: MEMORY, eventExpiryDuration: 7 }],
    });
    await create({ clientToken: 'token-1' });
    await control.send(new UpdateMemoryCommand({ memoryId: MEMORY, eventExpiryDuration: 30 }));
    clock.pass(86_400);
    await create({ clientToken: 'token-2' });
    clock.pass(7 * 86_400 - 1);
    expect(await list()).toHaveLength(1);
    clock.pass(23 * 86_400 + 2);
    expect(await list()).toEqual([]);
    await create({ clientToken: 'token-1' });
    expect(await list()).toHaveLength(1);
  });

  test.each([
    ['actorId', { actorId: 'mail@example.com' }],
    ['actorId', { actorId: 'x'.repeat(256) }],
    ['sessionId', { sessionId: 'a b' }],
    ['sessionId', { sessionId: 'x'.repeat(101) }],
    ['payload.0.conversational.content.text', { payload: [said('USER', 'x'.repeat(100_001))] }],
    ['payload.0.conversational.content.text', { payload: [said('USER', '')] }],
    ['payload', { payload: Array.from({ length: 101 }, () => said('USER', 'x')) }],
    ['metadata.name.stringValue', { metadata: { name: { stringValue: 'Überblick' } } }],
    ['metadata.name.stringValue', { metadata: { name: { stringValue: 'x'.repeat(257) } } }],
    [
      'metadata',
      { metadata: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, { stringValue: '' }])) },
    ],
    ['branch.name', { branch: { name: 'a.b' } }],
    ['memoryId', { memoryId: 'no-suffix-here' }],
  ])('needs a %s that the model allows', async (name, changes) => {
    const { create, standIn } = await startMemory();
    const refused = await create(changes).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({
      name: 'ValidationException',
      reason: 'FieldValidationFailed',
      fieldList: [{ name }],
    });
    expect(String(refused)).not.toMatch(/Überblick|xxxx|example/);
    expect(standIn.calls).toMatchObject([{ operation: 'CreateEvent', status: 400 }]);
  });

  test('needs a memory that is there', async () => {
    const { create } = await startMemory();
    await expect(create({ memoryId: 'another-AbCdEf1234' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    const arn = `arn:aws:bedrock-agentcore:us-east-2:123456789012:memory/${MEMORY}`;
    expect((await create({ memoryId: arn })).event?.memoryId).toBe(MEMORY);
  });

  test('needs a signature and a body that is JSON', async () => {
    const { standIn } = await startMemory();
    const url = `${standIn.url}/memories/${MEMORY}/events`;
    expect((await raw(url, { body: '{}' })).headers['x-amzn-errortype']).toBe('AccessDeniedException');
    expect((await raw(url, { headers: { authorization: 'Bearer abc' }, body: '{}' })).status).toBe(403);
    expect((await raw(url, { headers: { authorization: formOnly('bedrock-agentcore') } })).status).toBe(403);
  });
});

describe('a list of events', () => {
  test('is newest first and comes in pages that miss and repeat nothing while more is written', async () => {
    const { client, create, list, clock } = await startMemory();
    for (let i = 0; i < 5; i += 1) {
      await create({ payload: [said('USER', `event ${i}`)] });
      clock.pass(1);
    }
    const asked = { ...where, includePayloads: true, maxResults: 2 };
    const first = await client.send(new ListEventsCommand(asked));
    expect(textsOf(first.events ?? [])).toEqual(['event 4', 'event 3']);
    const { nextToken } = first;
    await create({ payload: [said('USER', 'newer')] });
    const { eventId } = first.events?.[1] ?? {};
    await client.send(new DeleteEventCommand({ ...where, eventId }));
    const second = await client.send(new ListEventsCommand({ ...asked, nextToken }));
    expect(textsOf(second.events ?? [])).toEqual(['event 2', 'event 1']);
    expect(textsOf(await list({ includePayloads: true }))).toHaveLength(5);

    for (const wrong of [
      { ...asked, nextToken: 'made-up' },
      { ...asked, sessionId: 'another', nextToken },
      {
        ...asked,
        filter: { eventMetadata: [{ left: { metadataKey: 'a' }, operator: 'EXISTS' as const }] },
        nextToken,
      },
    ]) {
      await expect(client.send(new ListEventsCommand(wrong))).rejects.toMatchObject({
        name: 'InvalidInputException',
        $metadata: { httpStatusCode: 400 },
      });
    }
    await expect(client.send(new ListEventsCommand({ ...asked, maxResults: 101 }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('is filtered by metadata, all expressions at once', async () => {
    const { client, create, list } = await startMemory();
    const value = (stringValue: string) => ({ stringValue });
    await create({ payload: [said('USER', 'plain')] });
    await create({ payload: [said('USER', 'name')], metadata: { kind: value('name') } });
    await create({ payload: [said('USER', 'old name')], metadata: { kind: value('name'), old: value('') } });
    const left = (metadataKey: string) => ({ metadataKey });
    const isName = {
      left: left('kind'),
      operator: 'EQUALS_TO',
      right: { metadataValue: value('name') },
    } as const;
    const exists = { left: left('old'), operator: 'EXISTS' } as const;
    const missing = { left: left('old'), operator: 'NOT_EXISTS' } as const;
    const found = async (...eventMetadata: (typeof isName | typeof exists | typeof missing)[]) =>
      textsOf(await list({ includePayloads: true, filter: { eventMetadata } }))
        .map(String)
        .toSorted();
    expect(await found(isName)).toEqual(['name', 'old name']);
    expect(await found(isName, missing)).toEqual(['name']);
    expect(await found(isName, exists)).toEqual(['old name']);
    expect(await found(missing)).toEqual(['name', 'plain']);
    for (const [operator, right] of [
      ['EQUALS_TO', undefined],
      ['EXISTS', { metadataValue: value('x') }],
    ] as const) {
      const filter = { eventMetadata: [{ left: left('kind'), operator, right }] };
      await expect(client.send(new ListEventsCommand({ ...where, filter }))).rejects.toMatchObject({
        name: 'InvalidInputException',
      });
    }
    const six = { eventMetadata: Array.from({ length: 6 }, () => exists) };
    await expect(client.send(new ListEventsCommand({ ...where, filter: six }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('is filtered by branch, on request with what was said before it', async () => {
    const { create, list, clock } = await startMemory();
    const say = async (text: string, branch?: { name: string; rootEventId?: string | undefined }) => {
      clock.pass(1);
      return (await create({ payload: [said('USER', text)], branch })).event?.eventId;
    };
    await say('one');
    const two = await say('two');
    await say('three');
    await say('other three', { name: 'other', rootEventId: two });
    await say('other four', { name: 'other' });
    const of = async (name: string, includeParentBranches = false) =>
      textsOf(await list({ includePayloads: true, filter: { branch: { name, includeParentBranches } } }));
    expect(await of('other')).toEqual(['other four', 'other three']);
    expect(await of('other', true)).toEqual(['other four', 'other three', 'two', 'one']);
    expect(await of('main')).toEqual(['three', 'two', 'one']);
    expect(await list()).toHaveLength(5);
    await expect(say('lost', { name: 'new' })).rejects.toMatchObject({ name: 'InvalidInputException' });
    await expect(say('lost', { name: 'new', rootEventId: '1#ab' })).rejects.toMatchObject({
      name: 'InvalidInputException',
    });
    await expect(
      create({ sessionId: 'another', branch: { name: 'new', rootEventId: two } }),
    ).rejects.toMatchObject({ name: 'ValidationException', reason: 'EventInOtherSession' });
  });

  test('shows what was written only after a while, where the stand-in was told so', async () => {
    const { create, list, clock, client } = await startMemory({ visibleAfterMs: 2_000 });
    const { event } = await create();
    expect(await list()).toEqual([]);
    const { eventId } = event ?? {};
    expect((await client.send(new GetEventCommand({ ...where, eventId }))).event).toEqual(event);
    clock.pass(2);
    expect(await list()).toHaveLength(1);
  });
});

test('sessions and actors are listed in pages; an empty session is gone after a day', async () => {
  const { client, create, clock } = await startMemory();
  const names = Array.from({ length: 45 }, (_, i) => `session-${String(i).padStart(2, '0')}`);
  for (const sessionId of names) await create({ sessionId });
  await create({ actorId: 'slack:T1:U2', sessionId: 'private' });
  const sessions: (string | undefined)[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new ListSessionsCommand({ memoryId: MEMORY, actorId: ACTOR, nextToken }));
    sessions.push(...(page.sessionSummaries ?? []).map(({ sessionId }) => sessionId));
    expect(page.sessionSummaries?.length).toBeLessThanOrEqual(20);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  expect(sessions).toEqual(names);
  const actors = await client.send(new ListActorsCommand({ memoryId: MEMORY }));
  expect(actors.actorSummaries).toEqual([{ actorId: ACTOR }, { actorId: 'slack:T1:U2' }]);

  const one = { memoryId: MEMORY, actorId: 'slack:T1:U2', sessionId: 'private' };
  const [event] = (await client.send(new ListEventsCommand(one))).events ?? [];
  await client.send(new DeleteEventCommand({ ...one, eventId: event?.eventId }));
  const all = new ListSessionsCommand(one);
  const filled = new ListSessionsCommand({ ...one, filter: { eventFilter: 'HAS_EVENTS' } });
  expect((await client.send(all)).sessionSummaries).toHaveLength(1);
  expect((await client.send(filled)).sessionSummaries).toEqual([]);
  clock.pass(86_401);
  expect((await client.send(all)).sessionSummaries).toEqual([]);
});

test('quotas are those of AWS where the stand-in was told so; a refused call does not count', async () => {
  const { client, create, clock, list } = await startMemory({ quotas: AWS_MEMORY_QUOTAS });
  const throttled = { name: 'ThrottledException', $metadata: { httpStatusCode: 429 } };
  for (let i = 0; i < 5; i += 1) await create();
  await expect(create()).rejects.toMatchObject(throttled);
  for (let i = 0; i < 5; i += 1) await create({ sessionId: 'another' });
  await expect(create({ sessionId: 'third' })).rejects.toMatchObject(throttled);
  clock.pass(0.999);
  await expect(create()).rejects.toMatchObject(throttled);
  clock.pass(0.001);
  await create();
  for (let i = 0; i < 30; i += 1) await list({ maxResults: 100 });
  await expect(list()).rejects.toMatchObject(throttled);
  await client.send(new ListSessionsCommand({ memoryId: MEMORY, actorId: ACTOR }));
  expect(await list({ sessionId: 'x', maxResults: 1 }).catch(() => 'throttled')).toBe('throttled');
  clock.pass(1);
  expect(await list()).toHaveLength(6);
});
