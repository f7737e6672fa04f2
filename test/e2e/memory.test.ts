import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { LAPTOP_GUARDRAIL, laptopGuardrail } from '../../local/laptop/guardrail.ts';
import { createMemoryClient } from '../../src/agentcore/memory-client.ts';
import type { Invocation } from '../../src/contract/invocation.ts';
import { RECORD_NAMESPACES, recordsPath } from '../../src/contract/memory.ts';
import { eventually } from '../setup/eventually.ts';
import { type Stack, type StackOptions, startStack } from './stack.ts';
import { ask, settledReplies } from './thread.ts';

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
const { signal } = new AbortController();

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function start(options: StackOptions): Promise<Stack> {
  const stack = await startStack({
    ...options,
    aws: (publicUrl) => ({ memory, ...options.aws?.(publicUrl) }),
    agentEnv: { MEMORY_RESOURCE_ID: MEMORY, ...options.agentEnv },
    env: { MEMORY_RESOURCE_ID: MEMORY, ...options.env },
  });
  closers.push(() => stack.close());
  return stack;
}

/** Everything that was said in Memory, by person, oldest first. */
async function everythingSaid(stack: Stack): Promise<string[][]> {
  const client = createMemoryClient({ region: 'us-east-2', endpoint: stack.aws.url, memoryId: MEMORY });
  try {
    const people: string[][] = [];
    for await (const actorId of client.listActors({ signal })) {
      const said: string[] = [];
      for await (const { sessionId } of client.listSessions({ actorId, signal }))
        for await (const { payload } of client.listEvents({ actorId, sessionId, signal }))
          for (const item of payload) if (item.kind === 'message') said.unshift(`${item.role}: ${item.text}`);
      people.push(said);
    }
    return people;
  } finally {
    client.close();
  }
}

/** All that Memory holds, talk and what is told of sessions, as one text. */
async function everythingHeld(stack: Stack): Promise<string> {
  const client = createMemoryClient({ region: 'us-east-2', endpoint: stack.aws.url, memoryId: MEMORY });
  try {
    const held: unknown[] = [];
    for await (const actorId of client.listActors({ signal })) {
      for await (const { sessionId } of client.listSessions({ actorId, signal }))
        for await (const event of client.listEvents({ actorId, sessionId, signal })) held.push(event);
      const namespacePath = recordsPath(actorId);
      for await (const record of client.listRecords({ namespacePath, signal })) held.push(record);
    }
    return JSON.stringify(held);
  } finally {
    client.close();
  }
}

/** An agent of somebody else's, which notes what it was sent. */
async function someAgent(
  answers: string | ((prompt: string) => string),
): Promise<{ url: string; bodies: Partial<Invocation>[] }> {
  const bodies: Partial<Invocation>[] = [];
  const server = createServer((request, response) => {
    void read(request).then((text) => {
      if (request.url === '/ping') return response.end('{"status":"Healthy"}');
      const body = JSON.parse(text) as Partial<Invocation>;
      bodies.push(body);
      const answer = typeof answers === 'string' ? answers : answers(body.prompt ?? '');
      if (request.headers.accept?.includes('text/event-stream') && 'v' in body) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const events = [
          { type: 'text', seq: 1, text: answer },
          { type: 'end', seq: 2, stop: 'end' },
        ];
        return response.end(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      return response.end(JSON.stringify({ response: answer }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

describe('the conversation of a thread', () => {
  it('goes on after its agent has been replaced, and each person has their own', async () => {
    const stack = await start({ agentMode: 'process' });
    const { ts, channelId } = await ask(stack, 'alice', '#cloud', `${MENTION} remember the blue door`);
    await stack.slack.postAs('bob', '#cloud', `${MENTION} remember the red door`, { threadTs: ts });
    await settledReplies(stack, channelId, ts, 2);
    // The microVMs of both are lost.
    const lost = stack.aws.sessions().flatMap(({ pid }) => pid ?? []);
    for (const pid of lost) process.kill(pid, 'SIGKILL');
    await eventually('they are gone', () =>
      stack.aws.sessions().every(({ pid }) => !lost.includes(pid ?? 0)),
    );
    await stack.slack.postAs('alice', '#cloud', 'what did I ask you to remember?', { threadTs: ts });
    const replies = await settledReplies(stack, channelId, ts, 3);
    expect(replies.at(-1)?.text).toContain('the blue door');
    expect(replies.at(-1)?.text).not.toContain('the red door');
    expect(lost).toHaveLength(2);
    const people = await everythingSaid(stack);
    expect(people).toHaveLength(2);
    expect(people.map((said) => said.length).toSorted((a, b) => a - b)).toEqual([2, 4]);
  });
});

describe('an agent that does not write to Memory', () => {
  it('is remembered by the backend: what was asked, and the whole answer, each once', async () => {
    const agent = await someAgent('Four instances.');
    const stack = await start({
      agent: { mode: 'url', url: agent.url },
      env: { AGENT_PROTOCOL: 'generic' },
    });
    await ask(stack, 'alice', '#cloud', `${MENTION} how many?`);
    const people = await eventually('Memory knows', async () => {
      const found = await everythingSaid(stack);
      return found[0]?.length === 2 ? found : undefined;
    });
    expect(people).toEqual([['user: how many?', 'assistant: Four instances.']]);
  });

  it('answers while Memory is away, and is remembered once it is back', async () => {
    const agent = await someAgent('Four instances.');
    const stack = await start({
      agent: { mode: 'url', url: agent.url },
      env: { AGENT_PROTOCOL: 'generic' },
    });
    stack.aws.faults.push({
      operation: 'CreateEvent',
      kind: 'error',
      name: 'ServiceException',
      times: 1_000,
    });
    const { reply } = await ask(stack, 'alice', '#cloud', `${MENTION} how many?`);
    expect(reply.text).toContain('Four instances.');
    stack.aws.faults.length = 0;
    await eventually('Memory knows', async () => (await everythingSaid(stack))[0]?.length === 2, 20_000);
  });
});

describe('behind a guardrail that is enforced', () => {
  const GUARDRAIL = {
    GUARDRAIL_MODE: 'enforce',
    BEDROCK_GUARDRAIL_ID: LAPTOP_GUARDRAIL.id,
    BEDROCK_GUARDRAIL_VERSION: LAPTOP_GUARDRAIL.version,
  };
  const aws = () => ({ guardrail: laptopGuardrail('us-east-2') });

  it('Memory holds what was shown, and an agent that knows of no guardrail writes nothing to it', async () => {
    const stack = await start({ env: GUARDRAIL, aws });
    await ask(stack, 'alice', '#cloud', `${MENTION} echo anna@example.com works on 203.0.113.77`);
    const people = await eventually('Memory knows', async () => {
      const found = await everythingSaid(stack);
      return found[0]?.length === 2 ? found : undefined;
    });
    expect(people).toEqual([
      [
        'user: echo {EMAIL} works on 203.0.113.77',
        expect.stringContaining('{EMAIL} works on {IP_ADDRESS}') as string,
      ],
    ]);
    // The session is named after its first question.
    const held = await eventually('the session is told of', async () => {
      const all = await everythingHeld(stack);
      return all.includes('created') && all;
    });
    expect(held).toContain('echo {EMAIL} works on');
    expect(held).not.toContain('anna');
  });

  it('a question that was refused, and an answer that was withheld, are nowhere: not for the agent, not in Memory', async () => {
    const token = `gh${'p_'}${'a1B2c3D4e5F6'.repeat(3)}`;
    const agent = await someAgent((prompt) => (prompt.includes('rotate') ? `Use ${token}.` : 'I see.'));
    const stack = await start({
      agent: { mode: 'url', url: agent.url },
      // What is not addressed to the bot is no question to it, not even in its threads.
      env: { ...GUARDRAIL, SLACK_FOLLOW_UPS: 'mention' },
      aws,
    });
    const lasagna = 'Give me a recipe for lasagna.';
    const { ts, channelId, reply } = await ask(stack, 'alice', '#cloud', `${MENTION} ${lasagna}`);
    expect(reply.notices.join()).toContain('I am here for cloud engineering');
    expect(agent.bodies).toEqual([]);
    await stack.slack.postAs('bob', '#cloud', lasagna, { threadTs: ts });
    await stack.slack.postAs('bob', '#cloud', 'The deploy fails with E42.', { threadTs: ts });
    const asked: [string, string][] = [
      ['alice', 'why does it fail?'],
      ['bob', 'which region is that?'],
      ['alice', 'how do I rotate the key?'],
      ['alice', 'and now?'],
    ];
    for (const [i, [person, question]] of asked.entries()) {
      await stack.slack.postAs(person, '#cloud', `${MENTION} ${question}`, { threadTs: ts });
      await settledReplies(stack, channelId, ts, i + 2);
    }
    const [, why, where, how, now] = await settledReplies(stack, channelId, ts, 5);
    for (const answered of [why, where, now]) expect(answered?.text).toContain('I see.');
    expect(how?.text).toBe('');
    expect(how?.notices).not.toEqual([]);
    // All of them reached the agent, with what others said but for what a policy minds.
    expect(agent.bodies.map(({ prompt }) => prompt)).toEqual(asked.map(([, question]) => question));
    expect(JSON.stringify(agent.bodies[0]?.thread)).toContain('E42');
    expect(JSON.stringify(agent.bodies)).not.toMatch(/lasagna|ghp_/);
    await eventually('Memory knows', async () => {
      const said = await everythingSaid(stack);
      return (
        said
          .map((one) => one.length)
          .toSorted((a, b) => a - b)
          .join() === '2,4'
      );
    });
    expect(await everythingHeld(stack)).not.toMatch(/lasagna|ghp_|rotate/);
  });
});

describe('what others said in the thread', () => {
  async function withAgent() {
    const agent = await someAgent('I see.');
    // What is not addressed to the bot is no question to it, not even in its threads.
    const env = { SLACK_FOLLOW_UPS: 'mention' };
    const stack = await start({ agent: { mode: 'url', url: agent.url }, env });
    return { stack, agent };
  }

  it('is told to the agent when it is mentioned there, with names, and without its own answers', async () => {
    const { stack, agent } = await withAgent();
    const { ts } = await stack.slack.postAs('alice', '#cloud', 'The deploy fails with E42.');
    await stack.slack.postAs('bob', '#cloud', 'Since when? Ask <@U999> &amp; co', { threadTs: ts });
    const channelId = stack.slack.people.place('alice', '#cloud').channel.id;
    await stack.slack.postAs('alice', '#cloud', `${MENTION} why?`, { threadTs: ts });
    await settledReplies(stack, channelId, ts, 1);
    await stack.slack.postAs('bob', '#cloud', 'I doubt it.', { threadTs: ts });
    await stack.slack.postAs('alice', '#cloud', `${MENTION} sure?`, { threadTs: ts });
    await settledReplies(stack, channelId, ts, 2);
    const told = agent.bodies.map(({ prompt, thread }) => [
      prompt,
      thread?.map(({ author, text }) => [author, text]),
    ]);
    expect(told).toEqual([
      [
        'why?',
        [
          [expect.stringMatching(/^Alice/i), 'The deploy fails with E42.'],
          [expect.stringMatching(/^Bob/i), expect.stringContaining('Since when?')],
        ],
      ],
      [
        'sure?',
        [
          [expect.stringMatching(/^Alice/i), 'The deploy fails with E42.'],
          [expect.stringMatching(/^Bob/i), expect.stringContaining('Since when?')],
          [expect.stringMatching(/^Bob/i), 'I doubt it.'],
        ],
      ],
    ]);
  });

  it('is not looked for in direct messages, or for a question that opens a thread', async () => {
    const { stack, agent } = await withAgent();
    const { ts } = await ask(stack, 'alice', '#cloud', `${MENTION} one`);
    const direct = await ask(stack, 'alice', 'dm', 'two');
    await stack.slack.postAs('bob', '#cloud', 'What a pity.', { threadTs: ts });
    await stack.slack.postAs('alice', 'dm', 'three', { threadTs: direct.ts });
    await eventually('an answer', () => agent.bodies.length === 3);
    expect(agent.bodies.map(({ thread }) => thread)).toEqual([undefined, undefined, undefined]);
  });

  it('is left out when Slack does not tell it, and the question is answered all the same', async () => {
    const { stack, agent } = await withAgent();
    const { ts } = await stack.slack.postAs('bob', '#cloud', 'The deploy fails.');
    stack.slack.faults.add({
      kind: 'error',
      method: 'conversations.replies',
      error: 'internal_error',
    } as never);
    await stack.slack.postAs('alice', '#cloud', `${MENTION} why?`, { threadTs: ts });
    await eventually('an answer', () => agent.bodies.length === 1);
    expect(agent.bodies[0]?.thread).toBeUndefined();
  });
});
