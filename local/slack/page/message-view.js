import { blocksView } from './blocks.js';
import { ask } from './dialogs.js';
import { filesView } from './files-view.js';
import { parseMrkdwn, unescapeText } from './markdown.js';
import { openCard } from './menu.js';
import { messageTools, reactionsView } from './message-tools.js';
import { el, renderBlocks } from './render.js';

/** Builds the element of one message from its JSON. */

const COLOURS = 6;

export function timeOf(ts) {
  return new Date(Number(ts) * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

export function avatar(user, bot) {
  if (user?.isBot || user === undefined) {
    return el('img', {
      class: 'avatar',
      src: '/page/icon.svg',
      alt: '',
      width: '36',
      height: '36',
      title: bot.id,
    });
  }
  const colour = [...user.id].reduce((sum, char) => sum + char.charCodeAt(0), 0) % COLOURS;
  return el('span', { class: `avatar colour-${colour}`, 'aria-hidden': 'true' }, user.realName.slice(0, 1));
}

function bodyOf(message, context) {
  const blocks = message.blocks ?? [];
  if (blocks.length === 0) return renderBlocks(parseMrkdwn(message.text), context.names);
  return blocksView(blocks, {
    names: context.names,
    user: context.me.name,
    people: context.people,
    channels: context.channels,
    ask,
    use: (element, value) => context.actions.click(message, element, value),
  });
}

/** The text as its author would type it again. */
function typedText(message, bot) {
  return unescapeText(message.text.replaceAll(`<@${bot.botUserId}>`, '@Cloud Engineer')).replace(
    /<(https?:[^>|]+)>/g,
    '$1',
  );
}

function editor(message, { bot, actions }) {
  const box = el('textarea', { class: 'field', rows: '3', 'aria-label': 'Edit message' });
  box.value = typedText(message, bot);
  const save = () => void actions.saveEdit(message, box.value);
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      actions.edit(undefined);
    }
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    save();
  });
  requestAnimationFrame(() => box.focus());
  return el(
    'div',
    { class: 'editor' },
    box,
    el(
      'div',
      { class: 'actions' },
      el('button', { type: 'button', class: 'small', onclick: () => actions.edit(undefined) }, 'Cancel'),
      el('button', { type: 'button', class: 'small primary', onclick: save }, 'Save'),
    ),
  );
}

function profile(user, bot) {
  const app = user.id === bot.botUserId;
  const kind = app
    ? 'App'
    : user.isRestricted
      ? 'Guest'
      : user.isStranger
        ? 'From another workspace'
        : 'Member';
  return [
    el('b', {}, user.realName),
    el('span', { class: 'note' }, `@${user.name}`),
    el('span', { class: 'note' }, kind),
    el('code', {}, user.id),
  ];
}

function repliesButton(message, { actions, unreadThreads }) {
  const count = message.reply_count ?? 0;
  if (count === 0) return undefined;
  return el(
    'button',
    {
      type: 'button',
      class: unreadThreads.has(message.ts) ? 'replies unread' : 'replies',
      'data-testid': 'replies',
      onclick: () => actions.openThread(message.ts),
    },
    `${count} ${count === 1 ? 'reply' : 'replies'}`,
    el('span', { class: 'note' }, ` Last ${timeOf(message.latest_reply)}`),
    unreadThreads.has(message.ts) ? el('span', { class: 'visually-hidden' }, ' (new)') : undefined,
  );
}

const ENDINGS = {
  stopped: 'Stopped.',
  expired: 'Slack ended this stream after five minutes.',
};

function head(message, user, { bot, people }) {
  const who = people.find((person) => person.id === message.user) ?? user;
  const name = el(
    'button',
    {
      type: 'button',
      class: 'name',
      'aria-haspopup': 'dialog',
      tabindex: '-1',
      onclick: (event) => who && openCard(event.currentTarget, who.realName, ...profile(who, bot)),
    },
    user?.realName ?? message.user,
  );
  return el(
    'div',
    { class: 'head' },
    name,
    message.bot_id !== undefined ? el('span', { class: 'badge' }, 'APP') : undefined,
    user?.isRestricted ? el('span', { class: 'badge' }, 'GUEST') : undefined,
    user?.isStranger ? el('span', { class: 'badge' }, 'EXTERNAL') : undefined,
    el('time', { datetime: new Date(Number(message.ts) * 1000).toISOString() }, timeOf(message.ts)),
    message.edited ? el('span', { class: 'note' }, '(edited)') : undefined,
    message.is_ephemeral ? el('span', { class: 'note' }, 'Only visible to you') : undefined,
  );
}

/**
 * The element of a message. `context`: `{me, users, people, channels, names, bot, actions, shortcuts, inThread, editing,
 * unreadThreads}`. Hooks for tests: data-testid="message", data-ts, data-user, data-state streaming or done.
 */
export function messageView(message, context) {
  const { me, users, bot, actions, inThread, editing } = context;
  const user = users.get(message.user);
  const ending = ENDINGS[message.stream_ended];
  return el(
    'article',
    {
      class: `message ${message.is_ephemeral ? 'ephemeral' : ''} ${message.state}`,
      tabindex: '-1',
      'aria-label': `${user?.realName ?? message.user}, ${timeOf(message.ts)}`,
      'data-testid': 'message',
      'data-ts': message.ts,
      'data-user': user?.name,
      'data-state': message.state,
      'aria-busy': message.state === 'streaming' ? 'true' : 'false',
    },
    avatar(user, bot),
    el(
      'div',
      { class: 'content' },
      head(message, user, context),
      editing === message.ts
        ? editor(message, context)
        : el('div', { class: 'body' }, ...bodyOf(message, context)),
      ...filesView(message.files ?? [], me.name),
      ending ? el('p', { class: 'note' }, ending) : undefined,
      reactionsView(message, me, actions),
      inThread ? undefined : repliesButton(message, context),
    ),
    messageTools(message, context),
  );
}
