import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import {
  BedrockAgentCoreControlClient,
  CreateMemoryCommand,
  GetMemoryCommand,
  ListMemoriesCommand,
  type Memory,
  type MemoryStrategyInput,
  type ModifyMemoryStrategyInput,
  UpdateMemoryCommand,
} from '@aws-sdk/client-bedrock-agentcore-control';
import { isRefusal } from '../aws-calls.ts';
import type { Changes } from '../changes.ts';
import { type Hands as AwsHands, withHands } from '../hands.ts';
import { Complaint } from '../redis.ts';
import { DEFAULT_EXPIRY_DAYS, STRATEGIES, strategyOf } from './wanted.ts';

/** What the work on memories needs. */
export type Hands = AwsHands<BedrockAgentCoreControlClient>;

/** AWS needs a few minutes for a memory. */
const ACTIVE_WITHIN_MS = 10 * 60_000;
const LOOK_EVERY_MS = 2_000;
const FIRST_LOOK_MS = 100;

/** Runs work on the memories of a region. */
export const withMemories = <T>(region: string, changes: Changes, work: (hands: Hands) => Promise<T>) =>
  withHands(
    { prefix: 'bedrock-agentcore', connect: (options) => new BedrockAgentCoreControlClient(options) },
    region,
    changes,
    work,
  );

/** The memory of this id; else the one of this name, if there is one. Throws Complaint when an id leads nowhere. */
export async function findMemory(
  { look }: Hands,
  wanted: { readonly id: string | undefined; readonly name: string },
): Promise<Memory | undefined> {
  const id = wanted.id ?? (await idOf(look, wanted.name));
  if (id === undefined) return undefined;
  try {
    return (await look.send(new GetMemoryCommand({ memoryId: id }))).memory;
  } catch (error) {
    if (!isRefusal(error, 'ResourceNotFoundException')) throw error;
    throw new Complaint(
      `There is no memory ${id} in this account and region. Leave MEMORY_RESOURCE_ID out to find or make one by its name.`,
      { cause: error },
    );
  }
}

/** A memory's id is its name with ten characters behind it. */
async function idOf(look: BedrockAgentCoreControlClient, name: string): Promise<string | undefined> {
  const found: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await look.send(new ListMemoriesCommand({ maxResults: 100, nextToken }));
    for (const { id, status } of page.memories ?? [])
      if (id?.slice(0, -11) === name && status !== 'DELETING') found.push(id);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  if (found.length > 1)
    throw new Complaint(`Several memories are called ${name}: ${found.join(', ')}. Say which with --memory.`);
  return found[0];
}

/** Undefined in a dry run. */
export async function createMemory(
  hands: Hands,
  wanted: {
    readonly name: string;
    readonly expiryDays: number | undefined;
    readonly kmsKeyArn: string | undefined;
  },
): Promise<Memory | undefined> {
  const { name, expiryDays = DEFAULT_EXPIRY_DAYS, kmsKeyArn } = wanted;
  const made = await hands.changes.make('create', `the memory ${name}`, () =>
    hands.act.send(
      new CreateMemoryCommand({
        name,
        description: 'Conversations of Threadcore',
        eventExpiryDuration: expiryDays,
        memoryStrategies: STRATEGIES.map(({ input }) => input),
        clientToken: randomUUID(),
        ...(kmsKeyArn === undefined ? {} : { encryptionKeyArn: kmsKeyArn }),
      }),
    ),
  );
  return made?.memory && untilActive(hands, made.memory);
}

/** Waits until AWS has carried a change out. Throws Complaint when it fails, or takes too long. */
export async function untilActive({ look, changes }: Hands, memory: Memory): Promise<Memory> {
  let now = memory;
  let pause = FIRST_LOOK_MS;
  for (let waited = 0; now.status !== 'ACTIVE'; waited += pause) {
    if (now.status === 'FAILED')
      throw new Complaint(
        `AWS could not make the memory ${now.id}: ${now.failureReason ?? 'it gives no reason'}. Delete it in the console, and run this again.`,
      );
    if (waited >= ACTIVE_WITHIN_MS)
      throw new Complaint(
        `The memory ${now.id} is still ${now.status}. Run this again in a while: it goes on from there.`,
      );
    if (waited === 0) changes.note(`AWS is at work on ${now.id} …`);
    pause = Math.min(LOOK_EVERY_MS, pause * 2);
    await wait(pause);
    now = (await look.send(new GetMemoryCommand({ memoryId: memory.id }))).memory ?? now;
  }
  return now;
}

/** Adds the strategies that are missing; with `all` sets also where they put their records, and the expiry. */
export async function completeMemory(
  hands: Hands,
  memory: Memory,
  all: boolean,
  expiryDays: number | undefined,
): Promise<Memory> {
  const missing = STRATEGIES.filter((wanted) => !strategyOf(memory, wanted));
  const astray: ModifyMemoryStrategyInput[] = all
    ? STRATEGIES.flatMap((wanted) => {
        const found = strategyOf(memory, wanted);
        const namespaces = found?.namespaceTemplates ?? found?.namespaces;
        if (!found || namespaces?.[0] === wanted.namespace) return [];
        return [{ memoryStrategyId: found.strategyId, namespaceTemplates: [wanted.namespace] }];
      })
    : [];
  const steps = [
    ...missing.map(({ name }) => `the strategy ${name}`),
    ...(astray.length > 0 ? ['where strategies put their records'] : []),
    ...(expiryDays === undefined ? [] : [`the expiry of events (${expiryDays} days)`]),
  ];
  if (steps.length === 0) return memory;
  const add: MemoryStrategyInput[] = missing.map(({ input }) => input);
  const changed = await hands.changes.make(
    missing.length > 0 ? 'add' : 'set',
    `${steps.join(', ')} of ${memory.id}`,
    () =>
      hands.act.send(
        new UpdateMemoryCommand({
          memoryId: memory.id,
          clientToken: randomUUID(),
          ...(expiryDays === undefined ? {} : { eventExpiryDuration: expiryDays }),
          ...(add.length + astray.length === 0
            ? {}
            : {
                memoryStrategies: {
                  ...(add.length > 0 ? { addMemoryStrategies: add } : {}),
                  ...(astray.length > 0 ? { modifyMemoryStrategies: astray } : {}),
                },
              }),
        }),
      ),
  );
  return changed?.memory ? untilActive(hands, changed.memory) : memory;
}
