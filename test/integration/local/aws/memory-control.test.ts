import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteEventCommand, ListMemoryRecordsCommand } from '@aws-sdk/client-bedrock-agentcore';
import {
  CreateMemoryCommand,
  DeleteMemoryCommand,
  GetMemoryCommand,
  paginateListMemories,
  UpdateMemoryCommand,
  waitUntilMemoryCreated,
} from '@aws-sdk/client-bedrock-agentcore-control';
import { expect, onTestFinished, test } from 'vitest';
import { ACTOR, MEMORY, SESSION, said, startMemory, textsOf } from './memory.ts';
import { raw } from './start.ts';

/** Memories on the control plane, and what is kept of them. */

test('a memory is made once for a token, becomes active, and takes events only then', async () => {
  const { control, create, clock } = await startMemory();
  const wanted = {
    name: 'notes',
    clientToken: 'token-1',
    eventExpiryDuration: 120,
    memoryStrategies: [{ semanticMemoryStrategy: { name: 'facts' } }],
  };
  const { memory } = await control.send(new CreateMemoryCommand(wanted));
  expect(memory).toMatchObject({ name: 'notes', status: 'CREATING', eventExpiryDuration: 120 });
  expect(memory?.id).toMatch(/^notes-[a-zA-Z0-9]{10}$/);
  expect(memory?.arn).toBe(`arn:aws:bedrock-agentcore:us-east-2:123456789012:memory/${memory?.id}`);
  expect(memory?.strategies).toMatchObject([
    {
      name: 'facts',
      type: 'SEMANTIC',
      namespaceTemplates: ['/strategies/{memoryStrategyId}/actors/{actorId}'],
    },
  ]);
  const memoryId = memory?.id;
  await expect(create({ memoryId })).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(control.send(new DeleteMemoryCommand({ memoryId }))).rejects.toMatchObject({
    name: 'ConflictException',
  });
  expect((await control.send(new CreateMemoryCommand(wanted))).memory?.id).toBe(memoryId);
  await expect(control.send(new CreateMemoryCommand({ ...wanted, clientToken: 'token-2' }))).rejects.toThrow(
    'already exists',
  );
  clock.pass(1);
  const waited = await waitUntilMemoryCreated({ client: control, maxWaitTime: 5, minDelay: 1 }, { memoryId });
  expect(waited.state).toBe('SUCCESS');
  expect((await create({ memoryId })).event?.memoryId).toBe(memoryId);
});

test('a memory is changed, listed and deleted with all that it holds', async () => {
  const { control, create, clock, list } = await startMemory();
  await create();
  const { memory } = await control.send(
    new UpdateMemoryCommand({
      memoryId: MEMORY,
      eventExpiryDuration: 365,
      memoryStrategies: { addMemoryStrategies: [{ summaryMemoryStrategy: { name: 'sums' } }] },
    }),
  );
  expect(memory).toMatchObject({ status: 'UPDATING', eventExpiryDuration: 365 });
  clock.pass(1);
  const memoryStrategyId = memory?.strategies?.[0]?.strategyId;
  const change = { memoryStrategyId, namespaceTemplates: ['/s/{actorId}'] };
  await control.send(
    new UpdateMemoryCommand({ memoryId: MEMORY, memoryStrategies: { modifyMemoryStrategies: [change] } }),
  );
  clock.pass(1);
  const told = await control.send(new GetMemoryCommand({ memoryId: MEMORY }));
  expect(told.memory).toMatchObject({ status: 'ACTIVE', eventExpiryDuration: 365 });
  expect(told.memory?.strategies).toMatchObject([
    { type: 'SUMMARIZATION', namespaceTemplates: ['/s/{actorId}'] },
  ]);
  for (let i = 0; i < 4; i += 1) {
    await control.send(new CreateMemoryCommand({ name: `more${i}`, eventExpiryDuration: 30 }));
  }
  const ids: (string | undefined)[] = [];
  for await (const page of paginateListMemories({ client: control, pageSize: 2 }, {})) {
    ids.push(...(page.memories ?? []).map(({ id }) => id));
  }
  expect(ids).toHaveLength(5);
  expect(ids).toContain(MEMORY);

  const gone = await control.send(new DeleteMemoryCommand({ memoryId: MEMORY }));
  expect(gone.status).toBe('DELETING');
  await expect(list()).rejects.toMatchObject({ name: 'ValidationException' });
  clock.pass(1);
  await expect(list()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(control.send(new GetMemoryCommand({ memoryId: MEMORY }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

test.each([
  ['eventExpiryDuration', { eventExpiryDuration: 2 }],
  ['eventExpiryDuration', { eventExpiryDuration: 366 }],
  ['name', { name: 'with-hyphen' }],
  [
    'memoryStrategies',
    {
      memoryStrategies: Array.from({ length: 7 }, (_, i) => ({ semanticMemoryStrategy: { name: `s${i}` } })),
    },
  ],
  [
    'memoryStrategies.0.semanticMemoryStrategy.namespaceTemplates.0',
    { memoryStrategies: [{ semanticMemoryStrategy: { name: 's', namespaceTemplates: ['/a b'] } }] },
  ],
])('a memory is not made with a wrong %s', async (name, changes) => {
  const { control } = await startMemory();
  const command = new CreateMemoryCommand({ name: 'notes', eventExpiryDuration: 30, ...changes });
  await expect(control.send(command)).rejects.toMatchObject({
    name: 'ValidationException',
    fieldList: [{ name }],
  });
});

test('what is kept in a folder is there after a restart, and what was deleted is on no disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'memory-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const options = {
    folder,
    extractionDelayMs: 0,
    memories: [
      {
        id: MEMORY,
        memoryStrategies: [
          { semanticMemoryStrategy: { name: 'facts', namespaceTemplates: ['/facts/{actorId}'] } },
        ],
      },
    ],
  };
  const records = (rig: Awaited<ReturnType<typeof startMemory>>) =>
    rig.client.send(new ListMemoryRecordsCommand({ memoryId: MEMORY, namespacePath: '/facts' }));

  const before = await startMemory(options);
  await before.create({ clientToken: 'kept', payload: [said('USER', 'The canary stays here.')] });
  const { event } = await before.create({ clientToken: 'gone', payload: [said('USER', 'A canary-of-mine')] });
  const first = await records(before);
  expect(first.memoryRecordSummaries).toHaveLength(1);
  await before.client.send(
    new DeleteEventCommand({
      memoryId: MEMORY,
      actorId: ACTOR,
      sessionId: SESSION,
      eventId: event?.eventId,
    }),
  );
  await before.standIn.close();
  const files = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')),
  );
  expect(files.join('')).toContain('The canary stays here.');
  expect(files.join('')).not.toContain('canary-of-mine');

  const after = await startMemory(options);
  expect(textsOf(await after.list({ includePayloads: true }))).toEqual(['The canary stays here.']);
  expect((await records(after)).memoryRecordSummaries).toEqual(first.memoryRecordSummaries);
  await after.create({ clientToken: 'kept' });
  await after.create({ clientToken: 'gone' });
  expect(await after.list()).toHaveLength(1);
  const headers = { 'content-type': 'application/json' };
  expect((await raw(`${after.standIn.url}/control/reset`, { headers })).status).toBe(200);
  expect(await after.list()).toEqual([]);
});
