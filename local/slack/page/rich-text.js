import { emoji } from './emoji.js';
import { el } from './render.js';

/** Slack's `rich_text` blocks as nodes. */

function leaf(part, names) {
  switch (part.type) {
    case 'user':
      return el('span', { class: 'mention user' }, `@${names.user(part.user_id)}`);
    case 'channel':
      return el('span', { class: 'mention channel' }, `#${names.channel(part.channel_id)}`);
    case 'broadcast':
      return el('span', { class: 'mention broadcast' }, `@${part.range}`);
    case 'emoji':
      return emoji(part.name);
    case 'link':
      return /^(?:https?:\/\/|mailto:)/.test(part.url)
        ? el('a', { href: part.url, target: '_blank', rel: 'noreferrer' }, part.text ?? part.url)
        : (part.text ?? part.url);
    default:
      return part.text ?? '';
  }
}

const STYLES = { bold: 'strong', italic: 'em', strike: 's', code: 'code' };

function styled(part, names) {
  return Object.entries(STYLES).reduce(
    (node, [style, tag]) => (part.style?.[style] ? el(tag, {}, node) : node),
    leaf(part, names),
  );
}

const inline = (element, names) => (element.elements ?? []).map((part) => styled(part, names));

function section(element, names) {
  switch (element.type) {
    case 'rich_text_list':
      return el(
        element.style === 'ordered' ? 'ol' : 'ul',
        { class: `indent-${Math.min(element.indent ?? 0, 4)}` },
        ...element.elements.map((item) => el('li', {}, ...inline(item, names))),
      );
    case 'rich_text_preformatted':
      return el('pre', { tabindex: '0' }, el('code', {}, ...inline(element, names)));
    case 'rich_text_quote':
      return el('blockquote', {}, el('p', { class: 'typed' }, ...inline(element, names)));
    default:
      return el('p', { class: 'typed' }, ...inline(element, names));
  }
}

export function richText(block, names) {
  return (block.elements ?? []).map((element) => section(element, names));
}

/** Only the words. */
export function plainRichText(block) {
  if (block === undefined) return '';
  return (block.elements ?? [])
    .flatMap((element) => (element.elements ?? []).map((part) => part.text ?? ''))
    .join('');
}
