import { globSync, readFileSync } from 'node:fs';
import type { AppsManifestCreateArguments } from '@slack/web-api';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { LISTENED } from '../../../src/slack/app.ts';
import { createHomeInteractions } from '../../../src/slack/home-interactions.ts';
import { listenToConversations } from '../../../src/slack/session-listeners.ts';

const root = new URL('../../../', import.meta.url);
const source = readFileSync(new URL('manifest.yml', root), 'utf8');
const manifest = parse(source) as AppsManifestCreateArguments['manifest'];
const { features, settings, oauth_config: oauth } = manifest;

/** Bot scopes by method: each of the inner lists needs one. Source: docs.slack.dev, page of each method. */
const SCOPES_OF_METHOD: Record<string, readonly string[]> = {
  'auth.test': [],
  'agents.sessions.setStatus': ['chat:write'],
  'assistant.threads.setStatus': ['chat:write'],
  'assistant.threads.setSuggestedPrompts': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'chat.update': ['chat:write'],
  'chat.delete': ['chat:write'],
  'chat.startStream': ['chat:write'],
  'chat.appendStream': ['chat:write'],
  'chat.stopStream': ['chat:write'],
  'users.info': ['users:read'],
  'views.open': [],
  'views.push': [],
  'views.update': [],
  'views.publish': [],
  'files.getUploadURLExternal': ['files:write'],
  'files.completeUploadExternal': ['files:write'],
  'files.delete': ['files:write'],
  // One for each kind of conversation that the bot answers in.
  'conversations.replies': ['channels:history', 'groups:history', 'im:history', 'mpim:history'],
};

/** Source: docs.slack.dev, page of each event. */
const SCOPES_OF_EVENT: Record<string, readonly string[]> = {
  app_mention: ['app_mentions:read'],
  'message.channels': ['channels:history'],
  'message.groups': ['groups:history'],
  'message.im': ['im:history'],
  'message.mpim': ['mpim:history'],
  app_home_opened: [],
  agent_session_stopped: [],
  reaction_added: ['reactions:read'],
};

const METHOD_NAME =
  /'((?:auth|api|apps|assistant|agents|bookmarks|chat|conversations|dnd|emoji|files|pins|reactions|team|usergroups|users|views)(?:\.[a-zA-Z]+)+)'/g;

function calledMethods(): string[] {
  const files = globSync('src/slack/**/*.ts', { cwd: root });
  expect(files.length).toBeGreaterThan(5);
  const names = files.flatMap((file) =>
    [...readFileSync(new URL(file, root), 'utf8').matchAll(METHOD_NAME)].map((match) => match[1] ?? ''),
  );
  return [...new Set(names)].sort();
}

test('every Web API method that the code calls is known with its scopes, and no other', () => {
  expect(calledMethods()).toEqual(Object.keys(SCOPES_OF_METHOD).sort());
});

test('the bot asks for exactly the scopes that its calls, events, commands and features need', () => {
  const needed = new Set([
    ...calledMethods().flatMap((method) => SCOPES_OF_METHOD[method] ?? []),
    ...(settings?.event_subscriptions?.bot_events ?? []).flatMap(
      (event) => SCOPES_OF_EVENT[event] ?? ['unknown event'],
    ),
    ...(features?.slash_commands ? ['commands'] : []),
    ...(features?.agent_view ? ['assistant:write'] : []),
  ]);
  expect([...(oauth?.scopes?.bot ?? [])].sort()).toEqual([...needed].sort());
  expect(oauth?.scopes?.user).toBeUndefined();
});

test('Slack delivers exactly the events that the code listens to', () => {
  const subscribed = settings?.event_subscriptions?.bot_events ?? [];
  // Every `message.*` subscription arrives as an event of type `message`.
  expect(new Set(subscribed.map((event) => event.split('.')[0]))).toEqual(new Set(LISTENED.events));
  expect([...subscribed].sort()).toEqual(Object.keys(SCOPES_OF_EVENT).sort());
});

test('the names that the app says it listens to are those it registers', () => {
  const app = readFileSync(new URL('src/slack/app.ts', root), 'utf8');
  const registered = (kind: string) =>
    [...app.matchAll(new RegExp(`app\\.${kind}(?:<[^>]*>)?\\('?([^',]+)`, 'g'))].map((m) => m[1]);
  expect(registered('event')).toEqual(LISTENED.events);
  expect(registered('command')).toEqual(LISTENED.commands);
  const listed = (kind: 'actions' | 'views') =>
    /\[([^\]]*)\]/.exec(app.slice(app.indexOf(`  ${kind}: [`)))?.[1]?.match(/[A-Z_]+/g);
  expect(registered('action')).toEqual(listed('actions'));
  expect(registered('view')).toEqual(listed('views'));
  expect(new Set([...LISTENED.actions, ...LISTENED.views]).size).toBe(10);
});

test('each slash command reaches the one request URL with its text as typed', () => {
  expect(features?.slash_commands?.map((command) => command.command)).toEqual(LISTENED.commands);
  for (const command of features?.slash_commands ?? []) {
    expect(command).toMatchObject({ should_escape: false, url: 'https://YOUR-HOST/slack/events' });
    expect(command.usage_hint).toBeTruthy();
  }
});

test('the shortcuts that people see are those that the code listens to', () => {
  const shortcuts = features?.shortcuts ?? [];
  expect(shortcuts.map(({ callback_id: id }) => id)).toEqual(LISTENED.shortcuts);
  expect(shortcuts.map(({ type }) => type)).toEqual(['message', 'global']);
  for (const { name, description } of shortcuts) {
    expect(name.length).toBeLessThanOrEqual(24);
    expect(description.length).toBeLessThanOrEqual(150);
  }
});

test('each button and form of conversations, tasks and the App Home is registered once, under a name of its own', () => {
  const registered: string[] = [];
  const note = (kind: string) => (name: unknown) => void registered.push(`${kind} ${String(name)}`);
  const listener = async () => undefined;
  const anything = new Proxy({}, { get: () => listener });
  listenToConversations({ action: note('action'), view: note('view'), shortcut: note('shortcut') } as never, {
    conversing: anything as never,
    shortcuts: anything as never,
    tasks: listener,
    home: createHomeInteractions(anything as never),
  });
  expect(new Set(registered).size).toBe(registered.length);
  expect(registered.filter((name) => name.startsWith('shortcut'))).toEqual(
    LISTENED.shortcuts.map((name) => `shortcut ${name}`),
  );
  const source = globSync(['src/slack/*.ts', 'src/commands/session-buttons.ts'], { cwd: root })
    .map((file) => readFileSync(new URL(file, root), 'utf8'))
    .join('\n');
  const named = [...source.matchAll(/export const (?:SESSIONS?|HOME)_[A-Z]+ = '([a-z_]+)'/g)].map(
    (m) => m[1],
  );
  expect(named.length).toBeGreaterThan(15);
  for (const name of named) expect(registered.map((one) => one.split(' ')[1])).toContain(name);
});

test('buttons can be pressed, and everything goes to /slack/events over https', () => {
  expect(settings?.interactivity).toEqual({
    is_enabled: true,
    request_url: 'https://YOUR-HOST/slack/events',
  });
  expect(settings?.event_subscriptions?.request_url).toBe('https://YOUR-HOST/slack/events');
  expect(source.match(/https?:\/\/[^\s]+/g)).toEqual(Array(3).fill('https://YOUR-HOST/slack/events'));
});

test('it is an agent that takes direct messages, and nothing that the code cannot serve is switched on', () => {
  expect(features?.agent_view?.agent_description).toBeTruthy();
  expect(features).not.toHaveProperty('assistant_view');
  expect(features?.app_home).toEqual({
    home_tab_enabled: true,
    messages_tab_enabled: true,
    messages_tab_read_only_enabled: false,
  });
  expect(settings).toMatchObject({
    org_deploy_enabled: false,
    socket_mode_enabled: false,
    token_rotation_enabled: false,
  });
});

// Source: the manifest types of @slack/web-api and docs.slack.dev, "App manifest reference".
test('lengths are within Slack’s limits', () => {
  const {
    name,
    description = '',
    long_description: long = '',
    background_color: color,
  } = manifest.display_information;
  expect(name.length).toBeLessThanOrEqual(35);
  expect(description.length).toBeLessThanOrEqual(140);
  expect(long.length).toBeGreaterThanOrEqual(174);
  expect(long.length).toBeLessThanOrEqual(4_000);
  expect(color).toMatch(/^#[0-9a-f]{6}$/);
  expect(features?.bot_user?.display_name).toMatch(/^[\w .-]{1,80}$/);
  expect(features?.agent_view?.agent_description?.length).toBeLessThanOrEqual(300);
  expect(features?.agent_view?.suggested_prompts?.length).toBeLessThanOrEqual(4);
});
