import { expect, it } from 'vitest';
import { createState } from '../../../../local/slack/state.ts';

it('seeds more people on request, each with an own id, in #cloud and in a direct message with the bot', () => {
  const state = createState(() => 0, 120);
  const ids = state.users.map((user) => user.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(state.channels.map((channel) => channel.id)).size).toBe(state.channels.length);
  for (const name of ['user1', 'user10', 'user100', 'user120']) {
    const user = state.findUser(name);
    if (user === undefined) throw new Error(`no ${name}`);
    expect(state.findChannel('#cloud', user)?.members.has(user.id)).toBe(true);
    expect(state.findChannel('dm', user)).toMatchObject({ kind: 'im', name });
  }
  expect(state.findUser('user121')).toBeUndefined();
  expect(createState(() => 0).findUser('user1')).toBeUndefined();
});
