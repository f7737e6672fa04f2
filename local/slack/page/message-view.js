import { parseMarkdown, parseMrkdwn } from './markdown.js';
import { el, renderBlocks } from './render.js';

/** Builds the element of one message from its JSON. */

const TASK_STATES = {
  pending: ['○', 'waiting'],
  in_progress: ['', 'running'],
  complete: ['✓', 'done'],
  error: ['✕', 'failed'],
};
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

function richTextOf(block) {
  if (block === undefined) return '';
  return block.elements
    .flatMap((section) => (section.elements ?? []).map((part) => part.text ?? ''))
    .join('');
}

function task(card) {
  const [icon, word] = TASK_STATES[card.status] ?? TASK_STATES.pending;
  const details = richTextOf(card.details);
  const output = richTextOf(card.output);
  return el(
    'li',
    { class: `task ${card.status}`, 'data-testid': 'task', 'data-status': card.status },
    el('span', { class: 'task-icon', 'aria-hidden': 'true' }, icon),
    el(
      'span',
      { class: 'task-text' },
      el('span', { class: 'task-title' }, card.title),
      el('span', { class: 'visually-hidden' }, ` (${word})`),
      details === '' ? undefined : el('span', { class: 'task-detail' }, details),
      output === '' ? undefined : el('span', { class: 'task-detail' }, output),
    ),
  );
}

function textObject(node, names) {
  if (node.type === 'mrkdwn') return renderBlocks(parseMrkdwn(node.text), names);
  return [el('p', {}, node.text)];
}

function button(element, message, actions) {
  return el(
    'button',
    {
      type: 'button',
      class: `small ${element.style ?? ''}`,
      'data-action-id': element.action_id,
      onclick: () => actions.click(message, element),
    },
    element.text.text,
  );
}

function richText(block, names) {
  const parts = block.elements.flatMap((section) => section.elements ?? []);
  const nodes = parts.map((part) => {
    if (part.type === 'user') return el('span', { class: 'mention user' }, `@${names.user(part.user_id)}`);
    if (part.type === 'channel')
      return el('span', { class: 'mention channel' }, `#${names.channel(part.channel_id)}`);
    if (part.type === 'broadcast') return el('span', { class: 'mention broadcast' }, `@${part.range}`);
    if (part.type === 'link') {
      const safe = /^https?:\/\//.test(part.url);
      return safe ? el('a', { href: part.url, target: '_blank', rel: 'noreferrer' }, part.url) : part.url;
    }
    return part.text ?? '';
  });
  return el('p', { class: 'typed' }, ...nodes);
}

function tableCell(cell) {
  return cell.type === 'rich_text' ? richTextOf(cell) : String(cell.text ?? cell.value ?? '');
}

function block(item, message, names, actions) {
  switch (item.type) {
    case 'markdown':
      return renderBlocks(parseMarkdown(item.text), names);
    case 'section':
      return [
        ...(item.text === undefined ? [] : textObject(item.text, names)),
        ...(item.fields ?? []).flatMap((field) => textObject(field, names)),
        ...(item.accessory?.type === 'button' ? [button(item.accessory, message, actions)] : []),
      ];
    case 'header':
      return [el('h3', { class: 'heading' }, item.text.text)];
    case 'context':
      return [
        el(
          'div',
          { class: 'context' },
          ...item.elements.flatMap((part) => (part.text ? textObject(part, names) : [])),
        ),
      ];
    case 'actions':
      return [
        el(
          'div',
          { class: 'actions' },
          ...item.elements
            .filter((part) => part.type === 'button')
            .map((part) => button(part, message, actions)),
        ),
      ];
    case 'divider':
      return [el('hr')];
    case 'task_card':
      return [el('ol', { class: 'tasks' }, task(item))];
    case 'plan':
      return [
        el('p', { class: 'plan' }, item.title),
        el('ol', { class: 'tasks' }, ...(item.tasks ?? []).map(task)),
      ];
    case 'rich_text':
      return [richText(item, names)];
    case 'table':
      return [
        el(
          'div',
          { class: 'table' },
          el(
            'table',
            {},
            ...item.rows.map((row) => el('tr', {}, ...row.map((cell) => el('td', {}, tableCell(cell))))),
          ),
        ),
      ];
    case 'image':
      return [el('p', { class: 'note' }, `Image: ${item.alt_text}`)];
    default:
      return [el('p', { class: 'note' }, `A block of type ${item.type}`)];
  }
}

/** Neighbouring task cards share one list. */
function joinTasks(nodes) {
  const joined = [];
  for (const node of nodes) {
    const last = joined.at(-1);
    if (node.className === 'tasks' && last?.className === 'tasks') last.append(...node.children);
    else joined.push(node);
  }
  return joined;
}

function bodyOf(message, names, actions) {
  const blocks = message.blocks ?? [];
  if (blocks.length === 0) return renderBlocks(parseMrkdwn(message.text), names);
  return joinTasks(blocks.flatMap((item) => block(item, message, names, actions)));
}

function repliesButton(message, actions) {
  const count = message.reply_count ?? 0;
  if (count === 0) return undefined;
  return el(
    'button',
    {
      type: 'button',
      class: 'replies',
      'data-testid': 'replies',
      onclick: () => actions.openThread(message.ts),
    },
    `${count} ${count === 1 ? 'reply' : 'replies'}`,
    el('span', { class: 'note' }, ` Last ${timeOf(message.latest_reply)}`),
  );
}

const ENDINGS = {
  stopped: 'Stopped.',
  expired: 'Slack ended this stream after five minutes.',
};

/**
 * The element of a message. `context`: `{users, names, bot, actions: {click, openThread}, inThread}`.
 * Hooks for tests: data-testid="message", data-ts, data-user, data-state streaming or done.
 */
export function messageView(message, context) {
  const { users, names, bot, actions, inThread } = context;
  const user = users.get(message.user);
  const own = message.bot_id !== undefined;
  return el(
    'article',
    {
      class: `message ${message.is_ephemeral ? 'ephemeral' : ''} ${message.state}`,
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
      el(
        'div',
        { class: 'head' },
        el('span', { class: 'name' }, user?.realName ?? message.user),
        own ? el('span', { class: 'badge' }, 'APP') : undefined,
        user?.isRestricted ? el('span', { class: 'badge' }, 'GUEST') : undefined,
        user?.isStranger ? el('span', { class: 'badge' }, 'EXTERNAL') : undefined,
        el('time', { datetime: new Date(Number(message.ts) * 1000).toISOString() }, timeOf(message.ts)),
        message.edited ? el('span', { class: 'note' }, '(edited)') : undefined,
        message.is_ephemeral ? el('span', { class: 'note' }, 'Only visible to you') : undefined,
      ),
      el('div', { class: 'body' }, ...bodyOf(message, names, actions)),
      ...(message.files ?? []).map((file) => el('p', { class: 'file' }, `File: ${file.name}`)),
      ENDINGS[message.stream_ended] ? el('p', { class: 'note' }, ENDINGS[message.stream_ended]) : undefined,
      message.reactions
        ? el(
            'p',
            { class: 'reactions' },
            ...message.reactions.map((item) => el('span', {}, `:${item.name}: ${item.count}`)),
          )
        : undefined,
      inThread ? undefined : repliesButton(message, actions),
    ),
    inThread || message.is_ephemeral
      ? undefined
      : el(
          'button',
          { type: 'button', class: 'reply-in-thread small', onclick: () => actions.openThread(message.ts) },
          'Reply in thread',
        ),
  );
}
