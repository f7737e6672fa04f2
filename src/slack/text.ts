/**
 * Slack's text layer. Inbound: mentions and links are written `<…>` and `& < >` are escaped. Outbound: whatever the
 * agent writes is escaped, so that no `<@…>`, `<!channel>` or `<url|label>` of its making comes alive.
 * Source: Slack, "Formatting message text", section on escaping.
 */

const REFERENCE = /<([^<>]*)>/g;

/** What a person meant to write, as plain text. References become readable: `@U123`, `#general`, `label (url)`. */
export function toPlainText(slackText: string): string {
  return withoutEscapes(slackText.replace(REFERENCE, (_whole, inner: string) => readable(inner)));
}

function readable(inner: string): string {
  const bar = inner.indexOf('|');
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? '' : inner.slice(bar + 1);
  if (target.startsWith('@')) return `@${label || target.slice(1)}`;
  if (target.startsWith('#')) return `#${label || target.slice(1)}`;
  if (target.startsWith('!')) return label || `@${target.slice(1).split('^')[0]}`;
  return label === '' || label === target ? target.replace(/^mailto:/, '') : `${label} (${target})`;
}

function withoutEscapes(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** The message without its mentions of `botUserId`. */
export function withoutMention(slackText: string, botUserId: string): string {
  return slackText
    .replace(/<@([^<>|]*)(?:\|[^<>]*)?>[ \t]?/g, (whole, id: string) => (id === botUserId ? '' : whole))
    .trim();
}

export function mentions(slackText: string, userId: string): boolean {
  return slackText.includes(`<@${userId}>`) || slackText.includes(`<@${userId}|`);
}

/** True when the message opens by speaking to somebody else. */
export function addressesSomebodyElse(slackText: string, botUserId: string): boolean {
  const first = /^\s*<@([A-Z0-9]+)(?:\|[^>]*)?>/.exec(slackText);
  return first !== null && first[1] !== botUserId;
}

/**
 * Makes text of the agent safe for Slack: shown to the character, never live. A `>` that opens a Markdown quote is
 * left as it is. Each character depends only on what stands before it, so that growing text can be sent in pieces.
 */
export function escapeText(text: string): string {
  return text
    .replace(/[&<]/g, (c) => (c === '&' ? '&amp;' : '&lt;'))
    .replace(
      /^([ \t]*(?:>[ \t]?)*)(.*)$/gm,
      (_line, quote: string, rest: string) => quote + rest.replaceAll('>', '&gt;'),
    );
}

/**
 * Plain text where Slack knows no escapes, such as a status or the title of a file: as it is, but that nothing in angle
 * brackets would come alive, should Slack read it after all.
 */
export const disarmed = (text: string): string => text.replace(/<(?=[@!#]|\w+:)/g, '<\u200b');
