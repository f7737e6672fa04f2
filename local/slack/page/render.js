/** Builds DOM nodes from the trees of markdown.js. Text only ever becomes text nodes. */

/** An element with properties, `data-*` and `aria-*` attributes, and children (nodes or strings). */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
}

const TAGS = { strong: 'strong', em: 'em', strike: 's' };

function mentionName(node, names) {
  if (node.kind === 'user') return `@${names.user(node.id)}`;
  if (node.kind === 'channel') return `#${node.label || names.channel(node.id)}`;
  return `@${node.label ?? node.id}`;
}

const SLACK_THREAD = /^https:\/\/app\.slack\.com\/client\/[A-Z0-9]+\/([A-Z0-9]+)\/thread\/\1-([\d.]+)$/;

/** The address of a thread in Slack's own client leads to the same thread on this page. */
function addressOf(href, names) {
  const [, channel, thread] = SLACK_THREAD.exec(href) ?? [];
  if (channel === undefined || names.slug === undefined) return href;
  const user = new URLSearchParams(location.search).get('user') ?? '';
  return `/?${new URLSearchParams({ user, channel: names.slug(channel), thread })}`;
}

function renderInline(node, names) {
  switch (node.type) {
    case 'text':
      return node.text;
    case 'break':
      return el('br');
    case 'code':
      return el('code', {}, node.text);
    case 'link':
      return el(
        'a',
        { href: addressOf(node.href, names), target: '_blank', rel: 'noreferrer' },
        ...renderAll(node.children, names),
      );
    case 'mention':
      return el('span', { class: `mention ${node.kind}` }, mentionName(node, names));
    default:
      return el(TAGS[node.type] ?? 'span', {}, ...renderAll(node.children, names));
  }
}

function renderAll(nodes, names) {
  return nodes.map((node) => renderInline(node, names));
}

function renderItem(blocks, names) {
  // A single paragraph needs no paragraph of its own.
  if (blocks.length > 0 && blocks[0].type === 'paragraph') {
    return el(
      'li',
      {},
      ...renderAll(blocks[0].children, names),
      ...blocks.slice(1).map((node) => renderBlock(node, names)),
    );
  }
  return el('li', {}, ...blocks.map((node) => renderBlock(node, names)));
}

function renderTable(node, names) {
  const row = (tag) => (items) =>
    el('tr', {}, ...items.map((cell) => el(tag, {}, ...renderAll(cell, names))));
  const table = el(
    'table',
    {},
    el('thead', {}, row('th')(node.header)),
    el('tbody', {}, ...node.rows.map(row('td'))),
  );
  return el('div', { class: 'table', tabindex: '0', role: 'region', 'aria-label': 'Table' }, table);
}

/** One block node to one element. `names` tells what ids are called: `{user(id), channel(id)}`. */
export function renderBlock(node, names) {
  switch (node.type) {
    case 'heading':
      return el(`h${Math.min(6, node.level + 2)}`, { class: 'heading' }, ...renderAll(node.children, names));
    case 'code':
      return el('pre', { tabindex: '0' }, el('code', {}, node.text));
    case 'list':
      return el(
        node.ordered ? 'ol' : 'ul',
        node.ordered && node.start !== 1 ? { start: String(node.start) } : {},
        ...node.items.map((item) => renderItem(item, names)),
      );
    case 'quote':
      return el('blockquote', {}, ...node.children.map((child) => renderBlock(child, names)));
    case 'table':
      return renderTable(node, names);
    case 'rule':
      return el('hr');
    default:
      return el('p', {}, ...renderAll(node.children, names));
  }
}

export function renderBlocks(nodes, names) {
  return nodes.map((node) => renderBlock(node, names));
}
