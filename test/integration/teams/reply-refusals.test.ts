import { afterEach, expect, test } from 'vitest';
import { eventually } from '../../setup/eventually.ts';
import { say, startTeamsThread, type TeamsThread } from './teams-thread.ts';

const threads: TeamsThread[] = [];
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close();
});

async function thread(...args: Parameters<typeof startTeamsThread>): Promise<TeamsThread> {
  const started = await startTeamsThread(...args);
  threads.push(started);
  return started;
}

test('a posting that is answered without a name is not made again: it stands there', async () => {
  for (const body of ['', '{}', '{"id":""}', '<html>ok</html>']) {
    const t = await thread('cloud');
    t.teams.faults.add({ method: 'send', kind: 'answer', status: 200, body, commit: true });
    await t.open().finish(say('42'));
    expect(t.texts()).toEqual(['42']);
    expect(t.doubts()).toBe(0);
  }
});

test.each(['personal', 'cloud'] as const)(
  'what is shown on the way stands once beside the answer where Teams tells no name for it, and is counted (%s)',
  async (where) => {
    const t = await thread(where);
    // In a channel the first call is the sign of typing.
    const after = where === 'personal' ? 0 : 1;
    t.teams.faults.add({ method: 'send', after, kind: 'answer', status: 202, body: '', commit: true });
    const reply = t.open();
    reply.show(say('', { status: 'Looking', long: true }));
    await eventually('a first look', () => t.texts().length > 0);
    reply.show(say('one'));
    await reply.finish(say('one two'));
    expect(t.texts()).toEqual([where === 'personal' ? 'Looking' : 'Working on it…', 'one two']);
    expect(t.doubts()).toBe(1);
  },
);
