import {
  BedrockAgentCoreControlClient,
  CreateMemoryCommand,
  GetMemoryCommand,
  UpdateMemoryCommand,
} from '@aws-sdk/client-bedrock-agentcore-control';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAwsStandIn } from '../../../local/aws/stand-in.ts';
import { RECORD_NAMESPACES } from '../../../src/contract/memory.ts';
import { KEYS } from '../local/cognito/admin-client.ts';
import { createDesk, json } from './accounts.ts';

async function createMemoryDesk(dotEnv?: string) {
  const aws = await createAwsStandIn({
    credentials: KEYS,
    agent: { mode: 'url', url: 'http://127.0.0.1:1' },
    memory: { statusDelayMs: 150 },
  });
  const control = new BedrockAgentCoreControlClient({
    region: 'us-east-2',
    endpoint: aws.url,
    credentials: KEYS,
  });
  onTestFinished(async () => {
    control.destroy();
    await aws.close();
  });
  const desk = await createDesk({ AWS_ENDPOINT_URL: aws.url }, dotEnv);
  return {
    ...desk,
    control,
    memory: async (memoryId: string) => (await control.send(new GetMemoryCommand({ memoryId }))).memory,
    changesAsked: () =>
      aws.calls
        .splice(0)
        .map(({ operation }) => operation)
        .filter((operation) => /^(Create|Update|Delete)/.test(operation)),
  };
}

const namespaces = {
  SEMANTIC: RECORD_NAMESPACES.semantic,
  USER_PREFERENCE: RECORD_NAMESPACES.preference,
  SUMMARIZATION: RECORD_NAMESPACES.summary,
};

describe('memory create', { timeout: 90_000 }, () => {
  test('makes the memory once, with strategies for what is learnt, and notes it in the file of variables', async () => {
    const desk = await createMemoryDesk('OTHER=x\n');
    const made = await desk.run('memory create --expiry-days 180');
    expect(made).toMatchObject({ code: 0, err: '' });
    const { MEMORY_RESOURCE_ID: id = '' } = await desk.variables();
    expect(id).toMatch(/^threadcore-\w{10}$/);
    const memory = await desk.memory(id);
    expect(memory).toMatchObject({ status: 'ACTIVE', eventExpiryDuration: 180 });
    expect(
      Object.fromEntries(
        memory?.strategies?.map(({ type, namespaceTemplates }) => [type, namespaceTemplates?.[0]]) ?? [],
      ),
    ).toEqual(namespaces);
    expect(desk.changesAsked()).toEqual(['CreateMemory']);

    const again = json(await desk.run('memory create --json'));
    expect(again).toMatchObject({ changes: [], env: null, memoryId: id, deviations: [] });
    // Also by its name alone.
    const byName = json(await desk.run('memory create --json --no-env', { env: { MEMORY_RESOURCE_ID: '' } }));
    expect(byName).toMatchObject({ memoryId: id });
    expect(await desk.run('memory verify')).toMatchObject({
      code: 0,
      out: `The memory ${id} is as it should be.\n`,
    });
    expect(desk.changesAsked()).toEqual([]);
  });

  test('changes nothing in a dry run, and keeps events for longer than sessions are active', async () => {
    const desk = await createMemoryDesk();
    const dry = await desk.run('memory create --dry-run');
    expect(dry).toMatchObject({
      code: 0,
      out: expect.stringContaining('Would create the memory threadcore.') as string,
    });
    const short = await desk.run('memory create --expiry-days 30');
    expect(short.code).toBe(1);
    expect(short.err).toContain('from 91 to 365');
    expect(desk.changesAsked()).toEqual([]);
    expect(await desk.run('memory verify')).toMatchObject({
      code: 1,
      err: expect.stringContaining('memory create') as string,
    });
  });
});

test('memory verify tells what differs in a memory that somebody else made, and mends it', {
  timeout: 90_000,
}, async () => {
  const desk = await createMemoryDesk();
  const { memory } = await desk.control.send(
    new CreateMemoryCommand({
      name: 'ours',
      eventExpiryDuration: 7,
      memoryStrategies: [{ semanticMemoryStrategy: { name: 'own' } }],
    }),
  );
  const id = memory?.id ?? '';
  desk.changesAsked();
  const told = await desk.run(`memory verify --json --memory ${id}`);
  expect(told.code).toBe(1);
  expect((json(told).deviations as { setting: string }[]).map(({ setting }) => setting)).toEqual([
    'eventExpiryDuration',
    'SEMANTIC',
    'USER_PREFERENCE',
    'SUMMARIZATION',
  ]);
  expect(desk.changesAsked()).toEqual([]);
  expect(await desk.run(`memory verify --fix --memory ${id}`)).toMatchObject({ code: 0 });
  expect(desk.changesAsked()).toEqual(['UpdateMemory']);
  const mended = await desk.memory(id);
  expect(mended?.eventExpiryDuration).toBe(365);
  expect(
    Object.fromEntries(
      mended?.strategies?.map(({ type, namespaceTemplates }) => [type, namespaceTemplates?.[0]]) ?? [],
    ),
  ).toEqual(namespaces);
  // Longer than it has to be is right as well, unless a number is asked for.
  await desk.control.send(new UpdateMemoryCommand({ memoryId: id, eventExpiryDuration: 120 }));
  expect((await desk.run(`memory verify --memory ${id}`)).code).toBe(0);
  expect((await desk.run(`memory verify --memory ${id} --expiry-days 365`)).code).toBe(1);
});
