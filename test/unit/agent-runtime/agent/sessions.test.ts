import { describe, expect, test } from 'vitest';
import { createSessions, type Sessions, toMessage } from '../../../../agent-runtime/agent/sessions.ts';
import { loadModel } from '../../../../agent-runtime/models/load-model.ts';
import { createCatalogue } from '../../../../agent-runtime/tools/catalogue.ts';

const offline = () => loadModel({ provider: 'offline', wordDelayMs: 0 }, { crash: () => undefined });

type Agent = Awaited<ReturnType<Sessions['agentFor']>>['agent'];

const asking = (sessionId: string, actorId: string | undefined = 'sub-1', turnId = 'turn-1') => ({
  sessionId,
  actorId,
  turnId,
});

describe('the conversations of a process', () => {
  test('are one agent a session, and the one used longest ago goes when there are too many', async () => {
    const sessions = createSessions({ loadModel: offline, catalogue: createCatalogue([]), maxSessions: 2 });
    const agentFor = async (sessionId: string) => (await sessions.agentFor(asking(sessionId))).agent;
    const a = await agentFor('a');
    const b = await agentFor('b');
    expect(a).not.toBe(b);
    expect(await agentFor('a')).toBe(a);
    await agentFor('c');
    expect(sessions.size).toBe(2);
    expect(await agentFor('a')).toBe(a);
    expect(await agentFor('b')).not.toBe(b);
  });

  test('begin anew when they are forgotten, and for another person', async () => {
    const sessions = createSessions({ loadModel: offline, catalogue: createCatalogue([]) });
    const { agent: a } = await sessions.agentFor(asking('a'));
    sessions.forget('a');
    const { agent: again } = await sessions.agentFor(asking('a'));
    expect(again).not.toBe(a);
    const { agent: other } = await sessions.agentFor(asking('a', 'sub-2'));
    expect(other).not.toBe(again);
  });
});

describe('a conversation that Memory knows', () => {
  const said = [
    { role: 'user', text: 'Why?' },
    { role: 'assistant', text: 'So.' },
  ] as const;
  const open = (history: (without: ReadonlySet<string>) => readonly (typeof said)[number][] | undefined) => {
    const asked: string[][] = [];
    const sessions = createSessions({
      loadModel: offline,
      catalogue: createCatalogue([]),
      memory: {
        history: async (_place, without) => {
          asked.push([...without]);
          const found = history(without);
          return found && [...found];
        },
      },
    });
    return { sessions, asked };
  };
  const textsOf = (agent: Agent) =>
    agent.messages.map(({ role, content }) => [
      role,
      ...content.map((block) => 'text' in block && block.text),
    ]);

  test('goes on in a new agent, which asks once, and not for the turn that it answers', async () => {
    const { sessions, asked } = open(() => said);
    const { agent, complete } = await sessions.agentFor(asking('a'));
    expect(complete).toBe(true);
    expect(textsOf(agent)).toEqual([
      ['user', 'Why?'],
      ['assistant', 'So.'],
    ]);
    await sessions.agentFor(asking('a', 'sub-1', 'turn-2'));
    expect(asked).toEqual([['turn-1']]);
  });

  test('is asked for again while Memory does not answer, and then stands before what was said meanwhile', async () => {
    let away = true;
    const { sessions, asked } = open(() => (away ? undefined : said));
    const first = await sessions.agentFor(asking('a'));
    expect(first.complete).toBe(false);
    first.agent.messages.push(toMessage({ role: 'user', text: 'Meanwhile' }));
    away = false;
    const { agent, complete } = await sessions.agentFor(asking('a', 'sub-1', 'turn-2'));
    expect(complete).toBe(true);
    expect(textsOf(agent).map(([, text]) => text)).toEqual(['Why?', 'So.', 'Meanwhile']);
    // What this process has heard itself is not told twice.
    expect(asked.at(-1)).toEqual(['turn-1', 'turn-2']);
  });

  test('is not looked for when nobody vouches for who asks', async () => {
    const { sessions, asked } = open(() => said);
    const { agent, complete } = await sessions.agentFor({ sessionId: 'a', actorId: undefined, turnId: 't' });
    expect([agent.messages.length, complete, asked.length]).toEqual([0, true, 0]);
  });
});
