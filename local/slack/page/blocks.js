import { control, heldValue, newId } from './controls.js';
import { parseMarkdown, parseMrkdwn } from './markdown.js';
import { el, renderBlocks } from './render.js';
import { plainRichText, richText } from './rich-text.js';

/** Blocks of messages, modals and the App Home. `context` as for controls, with `names`, `user` and `errors`. */

const TASK_STATES = {
  pending: ['○', 'waiting'],
  in_progress: ['', 'running'],
  complete: ['✓', 'done'],
  error: ['✕', 'failed'],
};

function task(card) {
  const [icon, word] = TASK_STATES[card.status] ?? TASK_STATES.pending;
  const details = plainRichText(card.details);
  const output = plainRichText(card.output);
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

export function textObject(node, names) {
  if (node.type === 'mrkdwn') return renderBlocks(parseMrkdwn(node.text), names);
  return [el('p', {}, node.text)];
}

function tableCell(cell, names) {
  return cell.type === 'rich_text' ? richText(cell, names) : [String(cell.text ?? cell.value ?? '')];
}

/** The first row of a table block is its head. It scrolls in its own box, so that a narrow thread stays whole. */
function table({ rows }, names) {
  const row = (tag) => (cells) =>
    el('tr', {}, ...cells.map((cell) => el(tag, {}, ...tableCell(cell, names))));
  const [head, ...body] = rows;
  return el(
    'div',
    { class: 'table', tabindex: '0', role: 'region', 'aria-label': 'Table' },
    el('table', {}, el('thead', {}, row('th')(head)), el('tbody', {}, ...body.map(row('td')))),
  );
}

function image(item, context) {
  const title = item.title ? el('figcaption', {}, item.title.text) : undefined;
  if (item.slack_file?.id === undefined) {
    return el('p', { class: 'note' }, `Image: ${item.alt_text}`);
  }
  const src = `/page/file/${encodeURIComponent(item.slack_file.id)}?user=${encodeURIComponent(context.user)}`;
  return el('figure', { class: 'picture' }, title, el('img', { src, alt: item.alt_text, loading: 'lazy' }));
}

const held = (item, element, context) => heldValue(context.values?.[item.block_id]?.[element.action_id]);

function acting(item, element, context) {
  const node = control(element, context, { value: held(item, element, context) });
  if (node.read !== undefined) {
    node.setAttribute('aria-label', element.placeholder?.text ?? element.action_id);
  }
  return node;
}

function input(item, context) {
  const id = newId();
  const { element } = item;
  const problem = context.errors?.[item.block_id];
  const node = control(element, context, { id, value: held(item, element, context), acts: false });
  node.classList.add('entered');
  const grouped = node.classList.contains('ticks');
  if (grouped) node.setAttribute('aria-labelledby', `${id}-label`);
  if (problem) node.setAttribute('aria-invalid', 'true');
  const described = [item.hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ');
  if (described !== '') node.setAttribute('aria-describedby', described);
  node.dataset.blockId = item.block_id;
  node.dataset.entered = element.action_id;
  const label = el(
    grouped ? 'span' : 'label',
    grouped ? { id: `${id}-label`, class: 'label' } : { for: id, class: 'label' },
    item.label.text,
    item.optional ? el('span', { class: 'note' }, ' (optional)') : undefined,
  );
  return el(
    'div',
    { class: 'input' },
    label,
    node,
    item.hint ? el('p', { id: `${id}-hint`, class: 'note' }, item.hint.text) : undefined,
    problem ? el('p', { id: `${id}-problem`, class: 'problem' }, problem) : undefined,
  );
}

function section(item, context) {
  const { names } = context;
  const words = [
    ...(item.text === undefined ? [] : textObject(item.text, names)),
    ...(item.fields === undefined
      ? []
      : [
          el(
            'div',
            { class: 'columns' },
            ...item.fields.map((field) => el('div', {}, ...textObject(field, names))),
          ),
        ]),
  ];
  if (item.accessory === undefined) return words;
  const side =
    item.accessory.type === 'image' ? image(item.accessory, context) : acting(item, item.accessory, context);
  return [el('div', { class: 'section' }, el('div', { class: 'words' }, ...words), side)];
}

/** One block as nodes. */
export function block(item, context) {
  const { names } = context;
  switch (item.type) {
    case 'markdown':
      return renderBlocks(parseMarkdown(item.text), names);
    case 'section':
      return section(item, context);
    case 'header':
      return [el('h3', { class: 'heading' }, item.text.text)];
    case 'context': {
      const parts = item.elements.flatMap((part) => (part.text ? textObject(part, names) : []));
      return [el('div', { class: 'context' }, ...parts)];
    }
    case 'actions':
    case 'context_actions':
      return [el('div', { class: 'actions' }, ...item.elements.map((part) => acting(item, part, context)))];
    case 'input':
      return [input(item, context)];
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
      return richText(item, names);
    case 'table':
      return [table(item, names)];
    case 'image':
      return [image(item, context)];
    default:
      return [el('p', { class: 'note' }, `A block of type ${item.type}`)];
  }
}

/** Blocks in order; neighbouring task cards share one list. */
export function blocksView(items, context) {
  const joined = [];
  for (const node of items.flatMap((item) => block(item, context))) {
    const last = joined.at(-1);
    if (node.className === 'tasks' && last?.className === 'tasks') last.append(...node.children);
    else joined.push(node);
  }
  return joined;
}
