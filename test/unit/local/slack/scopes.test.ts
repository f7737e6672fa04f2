import { expect, test } from 'vitest';
import { readManifest } from '../../../../local/slack/manifest.ts';
import { createScopes } from '../../../../local/slack/scopes.ts';
import { createState } from '../../../../local/slack/state.ts';

const state = createState(() => 1_700_000_000_000);
const channel = (kind: string) => state.channels.find((item) => item.kind === kind)?.id ?? '';

test.each([
  ['chat.postMessage', {}, ['chat:write'], 'channels:read'],
  ['conversations.history', { channel: channel('channel') }, ['channels:history'], 'groups:history'],
  ['conversations.replies', { channel: channel('im') }, ['im:history'], 'channels:history'],
  ['conversations.info', { channel: channel('mpim') }, ['mpim:read'], 'mpim:history'],
  ['conversations.open', { users: 'U1,U2' }, ['mpim:write'], 'im:write'],
  ['conversations.list', { types: 'im, mpim' }, ['im:read', 'mpim:read'], 'im:read'],
])('%s with %j needs %j, and %s is not enough', (method, args, enough, lacking) => {
  expect(createScopes(enough, state).missing(method, args)).toBeUndefined();
  expect(enough).toContain(createScopes([lacking], state).missing(method, args));
  expect(createScopes('all', state).missing(method, args)).toBeUndefined();
});

test('what needs no scope goes with none', () => {
  const none = createScopes([], state);
  for (const method of ['auth.test', 'views.open', 'views.publish']) {
    expect(none.missing(method, {})).toBeUndefined();
  }
});

test("the project's manifest is read, what another leaves out is empty, and a missing one is named", () => {
  const { scopes, events, commands, prompts } = readManifest();
  expect(scopes).toContain('chat:write');
  expect(events).toContain('app_mention');
  expect(commands.map(({ command }) => command)).toContain('/agent');
  expect(prompts.length).toBeGreaterThan(0);
  const other = new URL('../../../../package.json', import.meta.url);
  expect(readManifest(other)).toMatchObject({ scopes: [], events: [], shortcuts: [] });
  expect(() => readManifest('no/such/manifest.yml')).toThrow('ENOENT');
});
