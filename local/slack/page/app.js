import { createComposer } from './composer.js';
import { act, listen, loadState } from './connection.js';
import { messageView } from './message-view.js';
import { el } from './render.js';

/** The page: which user looks, which channel and thread are open, and what is drawn when something changes. */

const byId = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);

const view = {
  user: asked.get('user') ?? 'alice',
  channel: asked.get('channel') ?? 'cloud',
  thread: asked.get('thread'),
};
let workspace;
let messages = new Map();
let threads = new Map();
let stopListening = () => {};
const unread = new Set();
/** Threads that this page started: they open by themselves when the bot begins to answer. */
const started = new Set();
let drawing = false;

const key = (channel, ts) => `${channel}:${ts}`;
const users = () => new Map(workspace.users.map((user) => [user.id, user]));
const slugOf = (channel) => (channel.kind === 'im' ? 'dm' : channel.name);
const current = () =>
  workspace.channels.find((channel) => slugOf(channel) === view.channel) ?? workspace.channels[0];
const addressOf = (channel) => (channel.kind === 'im' ? 'dm' : `#${channel.name}`);
const names = {
  user: (id) => workspace.users.find((user) => user.id === id)?.realName ?? id,
  channel: (id) => workspace.channels.find((channel) => channel.id === id)?.name ?? id,
};

async function write(text, threadTs) {
  const channel = current();
  const command = /^(\/[a-z0-9_-]+)(?:\s+([\s\S]*))?$/.exec(text);
  if (command !== null && threadTs !== undefined)
    throw new Error(`${command[1]} is not supported in threads. Sorry!`);
  if (command?.[1] === '/invite') return act.invite(view.user, addressOf(channel));
  if (command !== null) return act.command(view.user, addressOf(channel), command[1], command[2] ?? '');
  const { ts } = await act.post(view.user, addressOf(channel), text, threadTs);
  if (threadTs === undefined) {
    started.add(key(channel.id, ts));
    openStartedThread(channel.id, ts);
  }
  return undefined;
}

const composer = createComposer({
  id: 'composer',
  testId: 'composer',
  label: 'Message',
  send: (text) => write(text),
});
const threadComposer = createComposer({
  id: 'thread-reply',
  testId: 'thread-composer',
  label: 'Reply in the thread',
  send: (text) => write(text, view.thread),
});

const actions = {
  click: (message, element) =>
    act
      .click(view.user, addressOf(current()), message.ts, element.action_id, element.value)
      .catch((error) => announce(error.message)),
  openThread(ts) {
    view.thread = ts;
    draw();
    threadComposer.box.focus();
  },
};

function announce(text) {
  byId('announcer').textContent = text;
}

/** Reads out what the reply shows, not its markup. */
function announceReply(message) {
  const shown = messageView(message, { users: users(), names, bot: workspace.bot, actions, inThread: true });
  announce(`Cloud Engineer: ${shown.querySelector('.body').textContent.slice(0, 500)}`);
}

/** A thread of ours opens when the bot has begun: a status, a session, or a reply. */
function openStartedThread(channelId, ts) {
  if (!started.has(key(channelId, ts)) || current().id !== channelId || view.thread === ts) return;
  const thread = threads.get(key(channelId, ts));
  const answered = [...messages.values()].some(
    (item) => item.channel === channelId && item.thread_ts === ts && item.bot_id,
  );
  if (!answered && !thread?.status && thread?.session !== 'processing') return;
  started.delete(key(channelId, ts));
  view.thread = ts;
  draw();
}

/** Puts `items` into `list`, touching only elements whose message changed. Stays at the end if it was there. */
function drawList(list, items, inThread) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80 || list.childElementCount === 0;
  const known = new Map([...list.children].map((child) => [child.dataset.ts, child]));
  const context = { users: users(), names, bot: workspace.bot, actions, inThread };
  const next = items.map((message) => {
    const version = JSON.stringify(message);
    const old = known.get(message.ts);
    if (old?.version === version) return old;
    const fresh = messageView(message, context);
    fresh.version = version;
    return fresh;
  });
  const same =
    next.length === list.childElementCount && next.every((node, index) => list.children[index] === node);
  if (!same) list.replaceChildren(...next);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function channelLink(channel) {
  const slug = slugOf(channel);
  const open = slug === view.channel;
  const label = channel.kind === 'im' ? 'Cloud Engineer' : channel.name;
  const mark = { im: '●', group: '◇', channel: '#' }[channel.kind];
  return el(
    'li',
    {},
    el(
      'button',
      {
        type: 'button',
        class: unread.has(channel.id) ? 'unread' : '',
        'data-testid': `channel-${slug}`,
        'aria-current': open ? 'page' : undefined,
        onclick: () => {
          view.channel = slug;
          view.thread = null;
          unread.delete(channel.id);
          draw();
          composer.box.focus();
        },
      },
      el('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
      el('span', { class: 'label' }, label),
      unread.has(channel.id)
        ? el('span', { class: 'dot' }, el('span', { class: 'visually-hidden' }, 'unread'))
        : undefined,
    ),
  );
}

function drawSidebar() {
  const focused = document.activeElement?.dataset?.testid;
  byId('workspace-name').textContent = workspace.team.name;
  byId('channels').replaceChildren(
    ...workspace.channels.filter((item) => item.kind !== 'im').map(channelLink),
  );
  byId('directs').replaceChildren(
    ...workspace.channels.filter((item) => item.kind === 'im').map(channelLink),
  );
  if (focused?.startsWith('channel-')) document.querySelector(`[data-testid="${focused}"]`)?.focus();
  const switcher = byId('user-switcher');
  if (switcher.childElementCount === 0) {
    const people = workspace.users.filter((user) => !user.isBot);
    switcher.append(...people.map((user) => el('option', { value: user.name }, user.realName)));
  }
  switcher.value = view.user;
}

function drawThread(channel) {
  const pane = byId('thread-pane');
  const root = view.thread === null ? undefined : messages.get(key(channel.id, view.thread));
  pane.hidden = root === undefined;
  if (root === undefined) return;
  const inThread = inChannel(channel).filter((item) => item.ts === root.ts || item.thread_ts === root.ts);
  drawList(byId('thread-messages'), inThread, true);
  const thread = threads.get(key(channel.id, root.ts));
  byId('thread-title').textContent = thread?.title || 'Thread';
  const working = thread?.session === 'processing';
  const streams = inThread.some((item) => item.state === 'streaming');
  const text = thread?.status || (working && !streams ? 'is working…' : '');
  byId('status-line').hidden = text === '' && !working;
  byId('status').textContent = text === '' ? '' : `Cloud Engineer ${text}`;
  byId('stop').hidden = !working;
}

const inChannel = (channel) =>
  [...messages.values()]
    .filter((item) => item.channel === channel.id)
    .sort((a, b) => Number(a.ts) - Number(b.ts));

/** Draws once per frame however much changed. */
function draw() {
  if (drawing || workspace === undefined) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const channel = current();
    view.channel = slugOf(channel);
    unread.delete(channel.id);
    drawSidebar();
    byId('channel-title').textContent = channel.kind === 'im' ? 'Cloud Engineer' : `# ${channel.name}`;
    byId('channel-note').textContent = channel.isExternallyShared ? 'shared with Outside' : '';
    composer.setPlaceholder(channel.kind === 'im' ? 'Message Cloud Engineer' : `Message #${channel.name}`);
    threadComposer.setPlaceholder('Reply…');
    const roots = inChannel(channel).filter(
      (item) => item.thread_ts === undefined || item.thread_ts === item.ts,
    );
    drawList(byId('messages'), roots, false);
    drawThread(channel);
    const query = new URLSearchParams({ user: view.user, channel: view.channel });
    if (view.thread !== null) query.set('thread', view.thread);
    history.replaceState(null, '', `?${query}`);
  });
}

/** The root tells how many replies it has; the count is kept here so that only the reply itself needs to be sent. */
function countReply(message) {
  const root = messages.get(key(message.channel, message.thread_ts));
  if (root === undefined || root.ts === message.ts || message.is_ephemeral) return;
  const replies = [...messages.values()].filter(
    (item) =>
      item.channel === root.channel &&
      item.thread_ts === root.ts &&
      item.ts !== root.ts &&
      !item.is_ephemeral,
  );
  const latest = replies
    .map((item) => item.ts)
    .sort()
    .at(-1);
  messages.set(key(root.channel, root.ts), { ...root, reply_count: replies.length, latest_reply: latest });
}

function takeMessage(message) {
  const id = key(message.channel, message.ts);
  const known = messages.get(id);
  messages.set(id, message);
  if (message.thread_ts !== undefined && message.thread_ts !== message.ts) countReply(message);
  const bot = message.bot_id !== undefined;
  if (known === undefined && message.channel !== current().id) unread.add(message.channel);
  const finished = bot && message.state === 'done' && (known === undefined || known.state === 'streaming');
  if (finished && message.channel === current().id) announceReply(message);
  if (bot && message.thread_ts !== undefined) openStartedThread(message.channel, message.thread_ts);
}

function takeChange(change) {
  if (change.kind === 'reload') return void reload();
  if (change.kind === 'message') takeMessage(change.message);
  if (change.kind === 'deleted') {
    const gone = messages.get(key(change.channel, change.ts));
    messages.delete(key(change.channel, change.ts));
    if (gone?.thread_ts !== undefined) countReply(gone);
  }
  if (change.kind === 'thread') {
    threads.set(key(change.thread.channel, change.thread.threadTs), change.thread);
    openStartedThread(change.thread.channel, change.thread.threadTs);
  }
  draw();
  return undefined;
}

async function reload() {
  workspace = await loadState(view.user);
  messages = new Map(workspace.messages.map((message) => [key(message.channel, message.ts), message]));
  threads = new Map(workspace.threads.map((thread) => [key(thread.channel, thread.threadTs), thread]));
  draw();
}

function showConnection(text) {
  byId('connection').textContent = text;
}

function connect() {
  stopListening();
  stopListening = listen(view.user, {
    onOpen: () => {
      showConnection('');
      reload().catch((error) => showConnection(error.message));
    },
    onChange: takeChange,
    onLost: () => showConnection('Connection lost, trying again…'),
  });
}

// Scrollable by keyboard in every browser.
byId('messages').tabIndex = 0;
byId('thread-messages').tabIndex = 0;
byId('main-composer').append(composer.element);
byId('thread-composer').append(threadComposer.element);
byId('user-switcher').addEventListener('change', (event) => {
  view.user = event.target.value;
  view.thread = null;
  unread.clear();
  started.clear();
  connect();
});
byId('thread-close').addEventListener('click', () => {
  view.thread = null;
  draw();
  composer.box.focus();
});
byId('stop').addEventListener('click', () => {
  act.stop(view.user, addressOf(current()), view.thread).catch((error) => announce(error.message));
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && view.thread !== null) byId('thread-close').click();
});
connect();
