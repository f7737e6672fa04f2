import { describe, expect, test } from 'vitest';
import { createSessions } from '../../../../agent-runtime/agent/sessions.ts';
import { loadModel } from '../../../../agent-runtime/models/load-model.ts';
import { createCatalogue } from '../../../../agent-runtime/tools/catalogue.ts';

const offline = () => loadModel({ provider: 'offline', wordDelayMs: 0 }, { crash: () => undefined });

describe('the conversations of a process', () => {
  test('are one agent a session, and the one used longest ago goes when there are too many', async () => {
    const sessions = createSessions({ loadModel: offline, catalogue: createCatalogue([]), maxSessions: 2 });
    const a = await sessions.agentFor('a');
    const b = await sessions.agentFor('b');
    expect(a).not.toBe(b);
    expect(await sessions.agentFor('a')).toBe(a);
    await sessions.agentFor('c');
    expect(sessions.size).toBe(2);
    expect(await sessions.agentFor('a')).toBe(a);
    expect(await sessions.agentFor('b')).not.toBe(b);
  });

  test('begin anew when they are forgotten', async () => {
    const sessions = createSessions({ loadModel: offline, catalogue: createCatalogue([]) });
    const a = await sessions.agentFor('a');
    sessions.forget('a');
    expect(await sessions.agentFor('a')).not.toBe(a);
  });
});
