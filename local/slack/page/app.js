import { createComposer } from './composer.js';
import { act, listen, loadState } from './connection.js';
import { ask, createModals } from './dialogs.js';
import { drawHeader } from './header.js';
import { createHome } from './home.js';
import { createMessageActions } from './message-actions.js';
import { createMessageList } from './message-list.js';
import { messageView } from './message-view.js';
import { createSidebar } from './sidebar.js';
import { createThreadPane, drawPrompts } from './thread-pane.js';
import { addressOf, createWorkspace, key, slugOf } from './workspace.js';

/** The page: which person looks, which conversation and thread are open, and what is drawn when something changes. */

const byId = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);

const view = {
  user: asked.get('user') ?? 'alice',
  channel: asked.get('channel') ?? 'cloud',
  thread: asked.get('thread'),
  tab: asked.get('tab') === 'home' ? 'home' : 'messages',
  /** The message that is being edited. */
  editing: undefined,
  /** Where the unread messages began when this channel was opened. */
  newFrom: undefined,
};
const workspace = createWorkspace();
/** Threads that this page started: they open by themselves when the bot begins to answer. */
const started = new Set();
let stopListening = () => {};
let drawing = false;

const current = () =>
  workspace.state.channels.find((channel) => slugOf(channel) === view.channel) ?? workspace.state.channels[0];

function announce(text) {
  byId('announcer').textContent = text;
}

const report = (error) => {
  announce(error.message);
  byId('connection').textContent = error.message;
};

function openThread(ts) {
  view.thread = ts;
  draw();
  // The pane is there after the next frame.
  requestAnimationFrame(() => threadComposer.box.focus());
}

function choose(slug) {
  if (slug !== view.channel) {
    const channel = workspace.state.channels.find((item) => slugOf(item) === slug);
    view.newFrom = workspace.unread.get(channel?.id);
    view.thread = null;
    view.tab = 'messages';
  }
  view.channel = slug;
  document.body.classList.remove('nav-open');
  draw();
  requestAnimationFrame(() => composer.box.focus());
}

async function write(text, threadTs, files) {
  const channel = current();
  const command = /^(\/[a-z0-9_-]+)(?:\s+([\s\S]*))?$/.exec(text);
  if (command !== null && threadTs !== undefined)
    throw new Error(`${command[1]} is not supported in threads. Sorry!`);
  if (command?.[1] === '/invite') return act.invite(view.user, addressOf(channel));
  if (command !== null) return act.command(view.user, addressOf(channel), command[1], command[2] ?? '');
  view.newFrom = undefined;
  const { ts } = await act.post(view.user, addressOf(channel), text, threadTs, files);
  if (threadTs === undefined) {
    started.add(key(channel.id, ts));
    openStartedThread(channel.id, ts);
  }
  return undefined;
}

const offers = () => workspace.state?.offers ?? { commands: [], shortcuts: [], prompts: [] };
const globals = () =>
  offers()
    .shortcuts.filter((item) => item.type === 'global')
    .map(({ name, callbackId }) => ({
      label: name,
      run: () => act.shortcut(view.user, callbackId).catch(report),
    }));
const composer = createComposer({
  id: 'composer',
  testId: 'composer',
  label: 'Message',
  send: (text, files) => write(text, undefined, files),
  commands: () => offers().commands,
  shortcuts: globals,
});
const threadComposer = createComposer({
  id: 'thread-reply',
  testId: 'thread-composer',
  label: 'Reply in the thread',
  send: (text, files) => write(text, view.thread, files),
  commands: () => [],
  shortcuts: globals,
});

const actions = createMessageActions({
  user: () => view.user,
  channel: current,
  slug: () => view.channel,
  openThread,
  edit(message) {
    view.editing = message?.ts;
    draw();
  },
  announce: (text) => report(new Error(text)),
});
const sidebar = createSidebar({ workspace, choose });
const list = createMessageList(byId('messages'), { onEnter: openThread });
const threadPane = createThreadPane({
  workspace,
  sendPrompt: (message) => void write(message, view.thread).catch(report),
});

/** What blocks of a view need: their controls act on the view. */
const inView = ({ view: shown, values, errors }) => ({
  names: workspace.names,
  user: view.user,
  people: workspace.people().filter((person) => !person.isBot),
  channels: workspace.state.channels.filter(
    (channel) => channel.kind === 'channel' || channel.kind === 'group',
  ),
  values,
  errors,
  ask,
  use: (element, value) => void act.clickView(view.user, shown.id, element.action_id, value).catch(report),
});
const modals = createModals({
  context: inView,
  act: {
    submitView: (id, values) =>
      act.submitView(view.user, id, values).catch((error) => {
        report(error);
        return { result: 'failed' };
      }),
    closeView: () => act.closeView(view.user).catch(report),
  },
});
const home = createHome({ context: inView });

function messageContext() {
  return {
    me: workspace.state.me,
    users: workspace.users(),
    people: workspace.people(),
    channels: workspace.state.channels,
    names: workspace.names,
    bot: workspace.state.bot,
    shortcuts: offers().shortcuts.filter((item) => item.type === 'message'),
    editing: view.editing,
    unreadThreads: workspace.unreadThreads,
    actions,
    inThread: false,
  };
}

/** Reads out what the reply shows, not its markup. */
function announceReply(message) {
  const shown = messageView(message, { ...messageContext(), inThread: true });
  announce(`Cloud Engineer: ${shown.querySelector('.body').textContent.slice(0, 500)}`);
}

/** A thread of ours opens when the bot has begun: a status, a session, or a reply. */
function openStartedThread(channelId, ts) {
  if (!started.has(key(channelId, ts)) || current().id !== channelId || view.thread === ts) return;
  const thread = workspace.thread(channelId, ts);
  const root = workspace.message(channelId, ts);
  const answered = root !== undefined && workspace.repliesOf(root).some((item) => item.bot_id);
  if (!answered && !thread?.status && thread?.session !== 'processing') return;
  started.delete(key(channelId, ts));
  view.thread = ts;
  draw();
}

/** Draws once per frame however much changed. */
function draw() {
  if (drawing || !workspace.ready) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const channel = current();
    view.channel = slugOf(channel);
    if (!document.hidden) workspace.unread.delete(channel.id);
    sidebar.draw(view.channel, view.user);
    if (channel.kind !== 'im') view.tab = 'messages';
    const place = drawHeader(channel, workspace.title(channel), view.tab);
    composer.setPlaceholder(`Message ${place}`);
    home.draw(workspace.state.views.home);
    const roots = workspace
      .inChannel(channel)
      .filter((item) => item.thread_ts === undefined || item.thread_ts === item.ts);
    list.draw(roots, messageContext(), { where: `${view.user}:${channel.id}`, newFrom: view.newFrom });
    const own = workspace.thread(channel.id, '')?.prompts ?? [];
    const prompts = own.length > 0 ? own : roots.length === 0 ? offers().prompts : [];
    drawPrompts(byId('prompts'), channel.kind === 'im' ? prompts : [], (message) =>
      write(message).catch(report),
    );
    threadPane.draw(channel, view.tab === 'home' ? null : view.thread, messageContext());
    modals.show(workspace.state.views.modals);
    const query = new URLSearchParams({ user: view.user, channel: view.channel });
    if (view.thread !== null) query.set('thread', view.thread);
    if (view.tab === 'home') query.set('tab', 'home');
    history.replaceState(null, '', `?${query}`);
  });
}

function takeMessage(message) {
  const known = workspace.takeMessage(message);
  if (known === undefined) {
    const fresh = workspace.noteUnread(message, current(), view.thread, document.hidden);
    if (fresh) view.newFrom ??= message.ts;
  }
  const bot = message.bot_id !== undefined;
  const finished = bot && message.state === 'done' && (known === undefined || known.state === 'streaming');
  if (finished && message.channel === current().id) announceReply(message);
  if (bot && message.thread_ts !== undefined) openStartedThread(message.channel, message.thread_ts);
}

function takeChange(change) {
  if (!workspace.ready) return;
  if (change.kind === 'reload') void reload().catch(report);
  if (change.kind === 'message') takeMessage(change.message);
  if (change.kind === 'deleted') workspace.takeDeleted(change);
  if (change.kind === 'views') workspace.takeViews(change.views);
  if (change.kind === 'thread') {
    workspace.takeThread(change.thread);
    openStartedThread(change.thread.channel, change.thread.threadTs);
  }
  draw();
}

async function reload() {
  workspace.load(await loadState(view.user));
  draw();
}

function connect() {
  stopListening();
  stopListening = listen(view.user, {
    onOpen: () => {
      byId('connection').textContent = '';
      reload().catch(report);
    },
    onChange: takeChange,
    onLost: () => {
      byId('connection').textContent = 'Connection lost, trying again…';
    },
  });
}

function showTab(tab) {
  view.tab = tab;
  if (tab === 'home') act.home(view.user).catch(report);
  draw();
}

threadComposer.setPlaceholder('Reply…');
byId('main-composer').append(composer.element);
byId('thread-composer').append(threadComposer.element);
byId('user-switcher').addEventListener('change', (event) => {
  Object.assign(view, { user: event.target.value, thread: null, editing: undefined, newFrom: undefined });
  workspace.unread.clear();
  workspace.unreadThreads.clear();
  started.clear();
  connect();
});
byId('thread-close').addEventListener('click', () => {
  const root = view.thread;
  view.thread = null;
  draw();
  const message = byId('messages').querySelector(`[data-ts="${root}"]`);
  (message ?? composer.box).focus();
});
byId('stop').addEventListener('click', () => {
  act.stop(view.user, addressOf(current()), view.thread).catch(report);
});
byId('menu').addEventListener('click', () => document.body.classList.toggle('nav-open'));
for (const tab of ['messages', 'home']) byId(`tab-${tab}`).addEventListener('click', () => showTab(tab));
byId('tabs').addEventListener('keydown', (event) => {
  if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
  showTab(view.tab === 'home' ? 'messages' : 'home');
  byId(`tab-${view.tab}`).focus();
});
document.addEventListener('visibilitychange', draw);
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || document.querySelector('dialog[open]') !== null) return;
  if (document.body.classList.contains('nav-open')) document.body.classList.remove('nav-open');
  else if (view.thread !== null) byId('thread-close').click();
});
connect();
