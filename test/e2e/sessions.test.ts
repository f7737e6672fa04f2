import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryClient } from '../../src/agentcore/memory-client.ts';
import { RECORD_NAMESPACES } from '../../src/contract/memory.ts';
import { type Connection, connect, disconnect } from '../../src/store/connection.ts';
import { eventually } from '../setup/eventually.ts';
import { type Stack, startStack } from './stack.ts';
import { ask, type BotMessage, settledReplies } from './thread.ts';

const MENTION = '@Cloud Engineer';
const MEMORY = 'threadcore-AbCdEf1234';
const memory = {
  memories: [
    {
      id: MEMORY,
      memoryStrategies: [
        { semanticMemoryStrategy: { name: 'facts', namespaceTemplates: [RECORD_NAMESPACES.semantic] } },
      ],
    },
  ],
  extractionDelayMs: 0,
};

describe('a person’s conversations', () => {
  let stack: Stack;
  let redis: Connection;

  beforeAll(async () => {
    stack = await startStack({
      aws: () => ({ memory }),
      agentEnv: { MEMORY_RESOURCE_ID: MEMORY },
      env: { MEMORY_RESOURCE_ID: MEMORY },
    });
    redis = connect({ url: stack.redisUrl, name: 'sessions-test' });
  });
  afterAll(async () => {
    if (redis) await disconnect(redis);
    await stack?.close();
  });

  const channel = (place: string) => stack.slack.people.place('alice', place).channel.id;
  /** What only alice was shown in a place, oldest first. */
  const whispers = (place: string) =>
    stack.slack.state
      .messages(channel(place))
      .filter(({ ephemeralFor }) => ephemeralFor === stack.slack.people.person('alice').id)
      .map(({ text }) => text);

  async function whispered(place: string, act: () => Promise<unknown>): Promise<string> {
    const before = whispers(place).length;
    await act();
    return eventually('a private answer', () => whispers(place)[before]);
  }
  const say = (place: string, text: string, threadTs?: string) =>
    whispered(place, () =>
      stack.slack.postAs(
        'alice',
        place,
        place === 'dm' ? text : `${MENTION} ${text}`,
        threadTs ? { threadTs } : {},
      ),
    );
  const agent = (text: string, place = '#cloud') =>
    whispered(place, () =>
      stack.slack.interactions.command({ user: 'alice', channel: place, command: '/agent', text }),
    );

  async function followUp(place: string, ts: string, text: string, replies: number): Promise<BotMessage> {
    await stack.slack.postAs('alice', place, place === 'dm' ? text : `${MENTION} ${text}`, { threadTs: ts });
    const all = await settledReplies(stack, channel(place), ts, replies);
    const last = all.at(-1);
    if (!last) throw new Error('no reply');
    return last;
  }
  /** All that Memory knows to have been said. */
  async function said(): Promise<string> {
    const client = createMemoryClient({ region: 'us-east-2', endpoint: stack.aws.url, memoryId: MEMORY });
    const { signal } = new AbortController();
    const found: unknown[] = [];
    for await (const actorId of client.listActors({ signal }))
      for await (const { sessionId } of client.listSessions({ actorId, signal }))
        for await (const { payload } of client.listEvents({ actorId, sessionId, signal }))
          found.push(payload);
    client.close();
    return JSON.stringify(found);
  }
  const runtimeSessions = () => stack.aws.sessions().map(({ sessionId }) => sessionId);

  it('are listed, resumed, begun anew, named, searched and deleted; and a lost Redis loses none of them', async () => {
    const one = await ask(stack, 'alice', '#cloud', `${MENTION} remember the blue door`);
    const two = await ask(stack, 'alice', '#cloud', `${MENTION} remember the red door`);
    const three = await ask(stack, 'alice', 'dm', 'remember the green door');

    const list = await agent('sessions');
    for (const name of ['the blue door', 'the red door', 'the green door']) expect(list).toContain(name);
    expect(await agent('sessions red')).not.toContain('blue');

    // The second thread goes on with the first conversation, in a thread and by a name.
    expect(await say('#cloud', 'resume 1', two.ts)).toContain('Here we go on with');
    expect((await followUp('#cloud', two.ts, 'what did I ask you to remember?', 2)).text).toContain('blue');
    // The third one begins anew.
    expect(await say('dm', 'new "Green things"', three.ts)).toContain('Green things');
    expect((await followUp('dm', three.ts, 'what did I ask you to remember?', 2)).text).not.toContain(
      'green door',
    );
    await followUp('dm', three.ts, 'remember the lime door', 3);

    expect(await say('#cloud', 'rename "Doors in blue"', one.ts)).toContain('Doors in blue');
    expect(await say('#cloud', 'tag #doors', one.ts)).toContain('#doors');
    expect(await agent('sessions doors')).toContain('Doors in blue');
    expect(await say('#cloud', 'history', one.ts)).toContain('remember the blue door');
    expect(await agent('search blue')).toContain('Doors in blue');

    const before = new Set(runtimeSessions());
    await eventually('Memory knows all of it', async () =>
      (await redis.zcard('{tc}:outdue')) === 0 ? true : undefined,
    );
    await redis.flushdb();

    const mention = 'what did I ask you to remember?';
    expect((await followUp('#cloud', two.ts, mention, 3)).text).toContain('blue');
    expect((await followUp('dm', three.ts, mention, 4)).text).toContain('lime');
    expect((await followUp('#cloud', one.ts, mention, 2)).text).toContain('blue');
    expect(new Set(runtimeSessions())).toEqual(before);
    const again = await agent('sessions');
    expect(again).toContain('Doors in blue');
    expect(again).toContain('#doors');
    expect(again).toContain('Green things');

    // A question at the top goes on where it was said before.
    expect(await agent('resume "Green things"')).toContain(
      'Your next question here goes on in “Green things”',
    );
    const four = await ask(stack, 'alice', '#cloud', `${MENTION} ${mention}`);
    expect(four.reply.text).toContain('lime');
    const five = await ask(stack, 'alice', '#cloud', `${MENTION} ${mention}`);
    expect(five.reply.text).not.toContain('lime');

    const number = /(\d+)\. Doors in blue/.exec(again)?.[1] ?? '';
    expect(await agent(`delete ${number}`)).toContain(`delete ${number} really`);
    expect(await agent(`delete ${number} really`)).toContain('is deleted');
    expect(await agent('sessions')).not.toContain('Doors in blue');
    await eventually(
      'Memory forgets it',
      async () => ((await said()).includes('blue') ? undefined : true),
      30_000,
    );
    expect(await said()).toContain('lime');
    expect((await followUp('#cloud', one.ts, mention, 3)).text).not.toContain('blue door');
  }, 120_000);
});
