import { afterEach, expect, test } from 'vitest';
import { eventually } from '../../setup/eventually.ts';
import { say, startTeamsThread, type TeamsThread } from './teams-thread.ts';

let t: TeamsThread;
afterEach(() => t.close());

test.each([
  { kind: 'refuse', method: '*', times: 40 },
  { kind: 'status', method: 'update', status: 503, times: 40 },
] as const)('an outage of Teams of some minutes delays an answer, and no more ($kind)', async (fault) => {
  t = await startTeamsThread('cloud');
  const reply = t.open();
  reply.show(say('Four'));
  await t.shows('Four');
  t.teams.faults.add(fault);
  await reply.finish(say('Four instances.'));
  expect(t.texts()).toEqual(['Four instances.']);
});

test('so does one over which nothing has been said yet', async () => {
  t = await startTeamsThread('cloud');
  t.teams.faults.add({ kind: 'status', method: 'send', status: 502, times: 40 });
  await t.open().finish(say('42'));
  expect(t.texts()).toEqual(['42']);
});

test('a new message of which Teams says nothing is given up sooner: each try may be one more', async () => {
  t = await startTeamsThread('cloud');
  t.teams.faults.add({ kind: 'drop_answer', method: 'send', times: 999 });
  await expect(t.open().finish(say('42'))).rejects.toThrow(/Teams did not answer/);
  expect(t.teams.calls.filter(({ method }) => method === 'send')).toHaveLength(6);
});

test.each(['personal', 'cloud'] as const)(
  'an outage of Teams that is over before the answer is complete costs nothing of it (%s)',
  async (where) => {
    t = await startTeamsThread(where, { streams: false });
    const reply = t.open();
    reply.show(say('one'));
    await t.shows('one');
    t.teams.faults.add({ method: 'update', kind: 'status', status: 503, times: 8 });
    reply.show(say('one two'));
    await eventually('the outage', () => t.teams.calls.filter(({ status }) => status === 503).length > 5);
    reply.show(say('one two three'));
    await reply.finish(say('one two three four'));
    expect(t.texts()).toEqual(['one two three four']);
    expect(t.doubts()).toBe(0);
  },
);

test('what Teams said nothing of is not posted again before the end', async () => {
  t = await startTeamsThread('cloud');
  t.teams.faults.add({ method: 'send', after: 1, kind: 'refuse', times: 6 });
  const reply = t.open();
  reply.show(say('one'));
  await eventually('the outage', () => t.doubts() === 6);
  reply.show(say('one two'));
  t.later(60_000);
  await reply.finish(say('one two three'));
  expect(t.texts()).toEqual(['one two three']);
});
