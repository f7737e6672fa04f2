import {
  BatchCreateMemoryRecordsCommand,
  BatchDeleteMemoryRecordsCommand,
  BatchUpdateMemoryRecordsCommand,
  DeleteEventCommand,
  DeleteMemoryRecordCommand,
  GetMemoryRecordCommand,
  ListMemoryRecordsCommand,
  type MemoryRecordSummary,
  RetrieveMemoryRecordsCommand,
} from '@aws-sdk/client-bedrock-agentcore';
import { describe, expect, test } from 'vitest';
import { ACTOR, MEMORY, SESSION, said, startMemory } from './memory.ts';

/** Long-term memory, called with the real client. */

const STRATEGIES = [
  { semanticMemoryStrategy: { name: 'facts', namespaceTemplates: ['/facts/{actorId}'] } },
  { userPreferenceMemoryStrategy: { name: 'likes', namespaceTemplates: ['/likes/{actorId}'] } },
  { summaryMemoryStrategy: { name: 'sums', namespaceTemplates: ['/sums/{actorId}/{sessionId}'] } },
];

async function start(extractionDelayMs = 60_000) {
  const rig = await startMemory({
    memories: [{ id: MEMORY, memoryStrategies: STRATEGIES }],
    extractionDelayMs,
  });
  const listed = async (namespacePath: string): Promise<MemoryRecordSummary[]> => {
    const command = new ListMemoryRecordsCommand({ memoryId: MEMORY, namespacePath, maxResults: 100 });
    return (await rig.client.send(command)).memoryRecordSummaries ?? [];
  };
  const texts = async (namespacePath: string) =>
    (await listed(namespacePath)).map(({ content }) => content?.text);
  const found = async (
    searchQuery: string,
    by: { namespace?: string; namespacePath?: string },
    topK = 10,
  ) => {
    const command = new RetrieveMemoryRecordsCommand({
      memoryId: MEMORY,
      ...by,
      searchCriteria: { searchQuery, topK },
    });
    return (await rig.client.send(command)).memoryRecordSummaries ?? [];
  };
  return { ...rig, listed, texts, found };
}

describe('records', () => {
  test('are taken from what people said, a while later, by each strategy into its namespace', async () => {
    const { create, clock, texts } = await start();
    await create({
      payload: [
        said('USER', 'Our database runs in Ohio. I prefer short answers! How many are stopped?'),
        said('ASSISTANT', 'Two instances are stopped.'),
      ],
    });
    expect(await texts('/')).toEqual([]);
    clock.pass(59);
    expect(await texts('/')).toEqual([]);
    clock.pass(1);
    expect(new Set(await texts(`/facts/${ACTOR}`))).toEqual(
      new Set(['I prefer short answers!', 'Our database runs in Ohio.']),
    );
    expect(await texts(`/likes/${ACTOR}`)).toEqual([expect.stringContaining('"I prefer short answers!"')]);
    expect(await texts(`/sums/${ACTOR}/${SESSION}`)).toEqual([
      '<topic name="Our database runs in Ohio.">\nThe user: Our database runs in Ohio.\nThe agent: Two instances are stopped.\n</topic>',
    ]);
  });

  test('of the same words are one; a summary is replaced by the next', async () => {
    const { create, clock, texts } = await start(0);
    await create({ payload: [said('USER', 'Our database runs in Ohio.')] });
    clock.pass(1);
    await create({ payload: [said('USER', 'our database runs in OHIO')] });
    expect(await texts(`/facts/${ACTOR}`)).toHaveLength(1);
    expect(await texts('/sums')).toEqual([expect.stringMatching(/Ohio.*OHIO/s)]);
  });

  test('are not taken from events that skip it, that were deleted in time, or that say nothing', async () => {
    const { create, clock, texts, client } = await start();
    await create({ payload: [said('USER', 'Skip all of this please.')], extractionMode: 'SKIP' });
    await create({ payload: [{ blob: 'Not said by anybody here.' }] });
    const { event } = await create({ payload: [said('USER', 'I never wanted to say that.')] });
    const { eventId } = event ?? {};
    await client.send(
      new DeleteEventCommand({ memoryId: MEMORY, actorId: ACTOR, sessionId: SESSION, eventId }),
    );
    clock.pass(61);
    expect(await texts('/')).toEqual([]);
  });

  test('are found by their words, best first; a path is a border and a prefix is none', async () => {
    const { create, found } = await start(0);
    await create({
      payload: [said('USER', 'The database runs in Ohio. The budget is small. Coffee is good.')],
    });
    await create({ actorId: `${ACTOR}2`, payload: [said('USER', 'Their secret database is elsewhere.')] });
    const own = await found('where does the database run', { namespacePath: `/facts/${ACTOR}` });
    expect(own.map(({ content }) => content?.text)).toEqual([
      'The database runs in Ohio.',
      'The budget is small.',
    ]);
    expect(own[0]?.score).toBeGreaterThan(own[1]?.score ?? 1);
    expect(own[0]?.namespaces).toEqual([`/facts/${ACTOR}`]);
    expect(await found('database', { namespace: `/facts/${ACTOR}` })).toHaveLength(2);
    expect(await found('the database', { namespacePath: `/facts/${ACTOR}` }, 1)).toHaveLength(1);
    expect(await found('weather', { namespacePath: '/facts' })).toEqual([]);
    for (const by of [{}, { namespace: '/', namespacePath: '/' }]) {
      await expect(found('database', by)).rejects.toMatchObject({ name: 'ValidationException' });
    }
    await expect(found('x'.repeat(10_001), { namespacePath: '/' })).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('are told and deleted one by one', async () => {
    const { create, listed, client } = await start(0);
    await create({ payload: [said('USER', 'The database runs in Ohio.')] });
    const [record] = await listed('/facts');
    const one = { memoryId: MEMORY, memoryRecordId: record?.memoryRecordId };
    expect(record?.memoryRecordId).toMatch(/^mem-[a-zA-Z0-9-_]{36,46}$/);
    expect((await client.send(new GetMemoryRecordCommand(one))).memoryRecord).toEqual(record);
    await client.send(new DeleteMemoryRecordCommand(one));
    expect(await listed('/facts')).toEqual([]);
    await expect(client.send(new GetMemoryRecordCommand(one))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(client.send(new DeleteMemoryRecordCommand(one))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

test('records are written, changed and deleted in batches, and filtered by their metadata', async () => {
  const { client, listed, clock } = await start();
  const write = (text: string, stars: number) => ({
    requestIdentifier: `r${stars}`,
    namespaces: ['/notes'],
    content: { text },
    timestamp: new Date(clock.now()),
    metadata: { stars: { numberValue: stars }, tags: { stringListValue: ['a', text] } },
  });
  const create = new BatchCreateMemoryRecordsCommand({
    memoryId: MEMORY,
    clientToken: 'batch-1',
    records: [write('one', 1), write('two', 2), write('three', 3)],
  });
  const made = await client.send(create);
  expect((await client.send(create)).successfulRecords).toEqual(made.successfulRecords);
  expect(made.successfulRecords).toMatchObject([{ requestIdentifier: 'r1', status: 'SUCCEEDED' }, {}, {}]);
  expect(await listed('/notes')).toHaveLength(3);

  const filtered = async (operator: 'GREATER_THAN' | 'CONTAINS', metadataValue: never) => {
    const left = { metadataKey: operator === 'CONTAINS' ? 'tags' : 'stars' };
    const metadataFilters = [{ left, operator, right: { metadataValue } }];
    const command = new ListMemoryRecordsCommand({ memoryId: MEMORY, namespacePath: '/', metadataFilters });
    return (await client.send(command)).memoryRecordSummaries?.map(({ content }) => content?.text).toSorted();
  };
  expect(await filtered('GREATER_THAN', { numberValue: 1 } as never)).toEqual(['three', 'two']);
  expect(await filtered('CONTAINS', { stringValue: 'one' } as never)).toEqual(['one']);

  const [first] = made.successfulRecords ?? [];
  const missing = { memoryRecordId: `mem-${'0'.repeat(36)}` };
  const change = {
    memoryRecordId: first?.memoryRecordId,
    timestamp: new Date(clock.now()),
    content: { text: 'uno' },
  };
  await client.send(new BatchUpdateMemoryRecordsCommand({ memoryId: MEMORY, records: [change] }));
  expect((await listed('/notes')).map(({ content }) => content?.text)).toContain('uno');
  const gone = await client.send(
    new BatchDeleteMemoryRecordsCommand({
      memoryId: MEMORY,
      records: [{ memoryRecordId: first?.memoryRecordId }, missing],
    }),
  );
  expect(gone.successfulRecords).toMatchObject([{ memoryRecordId: first?.memoryRecordId }]);
  expect(gone.failedRecords).toMatchObject([{ ...missing, errorCode: 404 }]);
  expect(await listed('/notes')).toHaveLength(2);
});
