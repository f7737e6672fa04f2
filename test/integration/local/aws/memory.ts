import {
  CreateEventCommand,
  type CreateEventCommandInput,
  type Event,
  ListEventsCommand,
  type ListEventsCommandInput,
} from '@aws-sdk/client-bedrock-agentcore';
import { BedrockAgentCoreControlClient } from '@aws-sdk/client-bedrock-agentcore-control';
import { onTestFinished } from 'vitest';
import type { AwsStandInOptions, MemoryOptions } from '../../../../local/aws/stand-in.ts';
import { handClock } from '../cognito/application.ts';
import { KEYS, runtimeClient, startStandIn } from './start.ts';

/** What the tests of Memory on the stand-in share. */

export const MEMORY = 'threadcore-AbCdEf1234';
export const ACTOR = 'slack:T1:U1';
export const SESSION = `tc-${'a'.repeat(52)}`;

/** A stand-in with one memory, its real clients, and a clock in the hand. */
export async function startMemory(memory: MemoryOptions = {}, more: Partial<AwsStandInOptions> = {}) {
  const clock = handClock(Date.UTC(2026, 0, 1));
  const standIn = await startStandIn({
    credentials: KEYS,
    now: clock.now,
    memory: { memories: [{ id: MEMORY }], ...memory },
    ...(more as object),
  });
  const { url: endpoint, region } = standIn;
  const control = new BedrockAgentCoreControlClient({ endpoint, region, credentials: KEYS, maxAttempts: 1 });
  onTestFinished(() => control.destroy());
  const client = runtimeClient(standIn);

  const create = (changes: Partial<CreateEventCommandInput> = {}) =>
    client.send(
      new CreateEventCommand({
        memoryId: MEMORY,
        actorId: ACTOR,
        sessionId: SESSION,
        eventTimestamp: new Date(clock.now()),
        payload: [said('USER', 'hello')],
        ...changes,
      }),
    );

  async function list(changes: Partial<ListEventsCommandInput> = {}): Promise<Event[]> {
    const events: Event[] = [];
    let nextToken: string | undefined;
    do {
      const page = await client.send(
        new ListEventsCommand({
          memoryId: MEMORY,
          actorId: ACTOR,
          sessionId: SESSION,
          nextToken,
          ...changes,
        }),
      );
      events.push(...(page.events ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return events;
  }

  return { standIn, client, control, clock, create, list };
}

export function said(role: 'USER' | 'ASSISTANT', text: string) {
  return { conversational: { role, content: { text } } };
}

export const textsOf = (events: readonly Event[]) =>
  events.flatMap(({ payload = [] }) => payload.map((item) => item.conversational?.content?.text));
