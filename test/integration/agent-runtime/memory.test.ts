import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { AgentApp } from '../../../agent-runtime/agent-app.ts';
import { type AwsStandIn, createAwsStandIn, type MemoryOptions } from '../../../local/aws/stand-in.ts';
import { createMemoryClient } from '../../../src/agentcore/memory-client.ts';
import type { AgentEvent } from '../../../src/contract/events.ts';
import type { Invocation } from '../../../src/contract/invocation.ts';
import {
  eventToken,
  memoryActor,
  RECORD_NAMESPACES,
  recordsPath,
  talkOf,
} from '../../../src/contract/memory.ts';
import { eventually } from '../../setup/eventually.ts';
import { allEvents, invocation, post, sessionId, startAgent, textOf } from './agent-client.ts';

/** The real agent on the stand-in of Memory, which holds to the rules of the service. */

const MEMORY = 'threadcore-AbCdEf1234';
const STRATEGIES = [
  { semanticMemoryStrategy: { name: 'facts', namespaceTemplates: [RECORD_NAMESPACES.semantic] } },
  { summaryMemoryStrategy: { name: 'sessions', namespaceTemplates: [RECORD_NAMESPACES.summary] } },
];
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-real-secret' };
const { signal } = new AbortController();

beforeEach(() => {
  // The SDK of the agent finds the stand-in as it does in production.
  process.env.AWS_ACCESS_KEY_ID = KEYS.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = KEYS.secretAccessKey;
});

async function startMemory(memory: MemoryOptions = {}, port?: number): Promise<AwsStandIn> {
  const aws = await createAwsStandIn({
    agent: { mode: 'url', url: 'http://127.0.0.1:1' },
    memory: { memories: [{ id: MEMORY, memoryStrategies: STRATEGIES }], extractionDelayMs: 0, ...memory },
    ...(port === undefined ? {} : { port }),
  });
  onTestFinished(() => aws.close());
  return aws;
}

async function agentOn(url: string, env: Record<string, string> = {}): Promise<AgentApp> {
  process.env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE = url;
  const app = await startAgent({ MEMORY_RESOURCE_ID: MEMORY, ...env });
  onTestFinished(() => app.stop());
  return app;
}

function clientOf(url: string) {
  const client = createMemoryClient({
    region: 'us-east-2',
    endpoint: url,
    memoryId: MEMORY,
    credentials: KEYS,
  });
  onTestFinished(() => client.close());
  return {
    client,
    /** What stands in a session, oldest first. */
    async said(session = 'a', actor = 'actor-1'): Promise<string[]> {
      const where = { actorId: memoryActor(actor), sessionId: sessionId(session), signal };
      const found: string[] = [];
      for (const { payload } of await all(client.listEvents(where)))
        for (const item of payload) if (item.kind === 'message') found.unshift(`${item.role}: ${item.text}`);
      return found;
    },
  };
}

type Ask = Partial<Pick<Invocation, 'turnId' | 'thread' | 'memoryWriter'>> & {
  session?: string;
  actor?: string;
};

async function ask(app: AgentApp, prompt: string, { session = 'a', actor = 'actor-1', ...more }: Ask = {}) {
  const id = sessionId(session);
  const body = invocation({
    turnId: randomUUID(),
    ...more,
    prompt,
    actor: { id: actor, name: actor, groups: [] },
    session: { id },
  });
  return allEvents(post(app.port, body, { session: id }));
}

const noticesIn = (events: readonly AgentEvent[]) =>
  events.flatMap((event) => (event.type === 'notice' ? [event.code] : []));

describe('an agent with Memory', () => {
  test('goes on with what was said when it is replaced in the middle of a conversation', async () => {
    const { url } = await startMemory();
    const first = await agentOn(url);
    await ask(first, 'remember the blue door');
    await ask(first, 'echo and then?');
    await first.stop();
    const second = await agentOn(url);
    const events = await ask(second, 'what did I ask first?');
    expect(textOf(events)).toContain('First you asked: "remember the blue door"');
    expect(textOf(await ask(second, 'what did I ask you to remember?'))).toContain('the blue door');
    expect(noticesIn(events)).toEqual([]);
  });

  test('writes the question as it was asked and the whole answer, each once, even when the turn is asked again', async () => {
    const { url } = await startMemory();
    const { said, client } = clientOf(url);
    const first = await agentOn(url);
    const thread = [{ author: 'Bob', at: '2026-01-01', text: 'CANARY of somebody else' }];
    const events = await ask(first, 'say 300 words', { turnId: 'turn-1', thread });
    const once = ['user: say 300 words', `assistant: ${textOf(events)}`];
    expect(await said()).toEqual(once);
    await first.stop();
    // Its end was never seen, so the turn is begun anew in another process: it does not know its own first answer.
    const second = await agentOn(url);
    const again = await ask(second, 'what did I ask first?', { turnId: 'turn-1' });
    expect(textOf(again)).toContain('This is your first question');
    expect(await said()).toEqual(once);
    const [answer] = await all(
      client.listEvents({ actorId: memoryActor('actor-1'), sessionId: sessionId('a'), signal }),
    );
    expect(answer?.metadata).toEqual({ turn: 'turn-1' });
  });

  test('keeps two people of the same thread apart, even under the same session id', async () => {
    const { url } = await startMemory();
    const first = await agentOn(url);
    await ask(first, 'remember that my code is 1234', { actor: 'ana' });
    const told = textOf(await ask(first, 'what did I ask you to remember?', { actor: 'ben' }));
    expect(told).not.toContain('1234');
    const second = await agentOn(url);
    expect(textOf(await ask(second, 'what do you know about me?', { actor: 'ben' }))).not.toContain('1234');
    expect(textOf(await ask(second, 'what did I ask first?', { actor: 'ana' }))).toContain('1234');
  });

  test('uses in a new session what was learnt in one of last week, as notes', async () => {
    const { url } = await startMemory();
    const { client } = clientOf(url);
    const week = Date.now() - 7 * 86_400_000;
    const turn = { turnId: 'old', question: 'My project is called Atlas.', answer: 'Noted.' };
    for (const { token, at, role, text } of talkOf({ ...turn, askedAt: week, answeredAt: week + 1 }))
      await client.createEvent({
        actorId: memoryActor('actor-1'),
        sessionId: sessionId('lastweek'),
        clientToken: token,
        at: new Date(at),
        payload: [{ kind: 'message', role, text }],
        signal,
      });
    await eventually('it is learnt', async () => {
      const found = client.listRecords({ namespacePath: recordsPath(memoryActor('actor-1')), signal });
      return (await all(found)).length >= 2;
    });
    const app = await agentOn(url);
    const told = textOf(await ask(app, 'What do you know about my project?', { session: 'new' }));
    expect(told).toContain('My project is called Atlas.');
    const other = await ask(app, 'What do you know about my project?', { session: 'other', actor: 'ben' });
    expect(textOf(other)).not.toContain('Atlas');
  });

  test('reads what the backend has written, and writes nothing itself where the backend does', async () => {
    const { url } = await startMemory();
    const { client, said } = clientOf(url);
    const turn = { turnId: 'turn-0', question: 'remember the red door', answer: 'I will.' };
    for (const { token, at, role, text, metadata } of talkOf({ ...turn, askedAt: 1_000, answeredAt: 2_000 }))
      await client.createEvent({
        actorId: memoryActor('actor-1'),
        sessionId: sessionId('a'),
        clientToken: token,
        at: new Date(at),
        payload: [{ kind: 'message', role, text }],
        metadata,
        signal,
      });
    await client.createEvent({
      actorId: memoryActor('actor-1'),
      sessionId: sessionId('a'),
      clientToken: eventToken('name', 'session', 0),
      at: new Date(),
      payload: [{ kind: 'document', value: '{"kind":"renamed","name":"Doors"}' }],
      metadata: { threadcore: 'session' },
      signal,
    });
    const app = await agentOn(url, { MEMORY_WRITER: 'backend' });
    expect(textOf(await ask(app, 'what did I ask you to remember?'))).toContain('the red door');
    expect(await said()).toEqual(['user: remember the red door', 'assistant: I will.']);
  });

  test('writes nothing of a turn that somebody else writes, however it is set, and goes on with it all the same', async () => {
    const { url } = await startMemory();
    const { said } = clientOf(url);
    const app = await agentOn(url, { MEMORY_WRITER: 'agent' });
    await ask(app, 'remember the blue door', { memoryWriter: 'backend' });
    expect(await said()).toEqual([]);
    expect(textOf(await ask(app, 'what did I ask first?'))).toContain('the blue door');
    expect(await said()).toHaveLength(2);
  });

  test('answers without Memory, says so, and catches up when Memory is back', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const app = await agentOn(url);
    const events = await ask(app, 'remember the green door');
    expect(textOf(events)).toContain('the green door');
    expect(noticesIn(events)).toEqual(['memory_unavailable']);
    expect(events.at(-1)).toMatchObject({ type: 'end', stop: 'end' });
    await startMemory({}, port);
    const { said } = clientOf(url);
    await eventually('it is written', async () => (await said()).length === 2, 20_000);
    const next = await ask(app, 'what did I ask first?');
    expect(textOf(next)).toContain('the green door');
    expect(noticesIn(next)).toEqual([]);
    expect(await said()).toHaveLength(4);
  });

  test('is not held up by a Memory that says nothing', async () => {
    const silent: Server = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const app = await agentOn(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    const events = await ask(app, 'echo here I am');
    expect(textOf(events)).toBe('here I am');
    expect(noticesIn(events)).toEqual(['memory_unavailable']);
  });

  test('remembers nothing of a bare prompt, for which nobody vouches', async () => {
    const { url } = await startMemory();
    const app = await agentOn(url);
    const answer = await post(app.port, { prompt: 'remember 1234' }, { accept: 'application/json' });
    expect(await answer.json()).toMatchObject({ response: expect.stringContaining('1234') as string });
    const { client } = clientOf(url);
    expect(await all(client.listActors({ signal }))).toEqual([]);
  });
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
