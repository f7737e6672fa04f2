import type { Block, LiveMentions } from './model.ts';

const CONTROL = /<([@#!]?)([^<>\s|][^<>|]*)(?:\|[^<>]*)?>/g;
const BROADCASTS = new Set(['channel', 'here', 'everyone']);

/** Slack's three escapes; everything else is sent as it is. Source: "Formatting message text", escaping. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export function unescapeText(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** Markup that a composer makes, and bare addresses, which Slack turns into links. */
const TYPED =
  /<(?:@[UW][A-Z0-9]+|#C[A-Z0-9]+(?:\|[^<>]*)?|![a-z]+|https?:\/\/[^<>\s]+)>|\bhttps?:\/\/[^\s<>|]*[^\s<>|.,;:!?)\]'"]/g;

/**
 * The form in which Slack stores what a person typed: markup that the composer made (`<@U…>`, `<#C…>`, `<!here>`) stays
 * live, an address becomes `<https://…>`, every other `&`, `<`, `>` is escaped.
 */
export function escapeTyped(text: string): string {
  let out = '';
  let last = 0;
  for (const match of text.matchAll(TYPED)) {
    const [found] = match;
    out += escapeText(text.slice(last, match.index));
    out += found.startsWith('<') ? found : `<${found.replaceAll('&', '&amp;')}>`;
    last = match.index + found.length;
  }
  return out + escapeText(text.slice(last));
}

/** Every text inside a block in which Slack would parse markup, and the ready-made mention elements. */
function blockTexts(value: unknown, found: string[]): void {
  if (Array.isArray(value)) {
    for (const item of value) blockTexts(item, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const node = value as Record<string, unknown>;
  if ((node.type === 'mrkdwn' || node.type === 'markdown') && typeof node.text === 'string') {
    found.push(node.text);
    return;
  }
  if (node.type === 'user' && typeof node.user_id === 'string') found.push(`<@${node.user_id}>`);
  if (node.type === 'usergroup' && typeof node.usergroup_id === 'string') {
    found.push(`<!subteam^${node.usergroup_id}>`);
  }
  if (node.type === 'broadcast' && typeof node.range === 'string') found.push(`<!${node.range}>`);
  if (node.type === 'channel' && typeof node.channel_id === 'string') found.push(`<#${node.channel_id}>`);
  for (const inner of Object.values(node)) blockTexts(inner, found);
}

/** What the text and blocks of a message would notify or link to. */
export function findLiveMentions(text: string, blocks: readonly Block[]): LiveMentions {
  const texts = [text];
  blockTexts(blocks, texts);
  const users = new Set<string>();
  const groups = new Set<string>();
  const channels = new Set<string>();
  const links = new Set<string>();
  for (const match of texts.flatMap((item) => [...item.matchAll(CONTROL)])) {
    const [, sigil = '', target = ''] = match;
    if (sigil === '@' && /^[UW][A-Z0-9]+$/.test(target)) users.add(target);
    else if (sigil === '#' && /^[CDG][A-Z0-9]+$/.test(target)) channels.add(target);
    else if (sigil === '!' && BROADCASTS.has(target)) groups.add(target);
    else if (sigil === '!' && target.startsWith('subteam^')) groups.add(target.slice('subteam^'.length));
    else if (sigil === '' && /^(?:https?:\/\/|mailto:)/.test(target)) links.add(target);
  }
  return { users: [...users], groups: [...groups], channels: [...channels], links: [...links] };
}
