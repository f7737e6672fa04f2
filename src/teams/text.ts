/** Teams' text layer. Inbound: mentions are `<at>…</at>`, and what a person typed is escaped as HTML. */

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** Undoes HTML's character references, each once: `&amp;lt;` is what somebody wrote as `&lt;`. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,5}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return NAMED[String(name).toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    if (code === 0xa0) return ' ';
    const valid = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    return valid ? String.fromCodePoint(code) : whole;
  });
}

export interface Mention {
  /** As it stands in the text: `<at>Cloud Engineer</at>`. */
  readonly text: string;
  readonly ofBot: boolean;
}

/** What a person meant to write: mentions of the bot are gone, those of others read `@Name`. */
export function plainWords(text: string, mentions: readonly Mention[], format?: string | null): string {
  let words = text;
  for (const { text: mention, ofBot } of mentions) {
    if (mention === '') continue;
    if (ofBot) words = words.replaceAll(mention, '');
  }
  if (format === 'xml')
    words = words.replace(/<br\s*\/?>|<\/(?:p|div|li)>/gi, '\n').replace(/<(?!\/?at\b)[^>]*>/gi, '');
  words = words.replace(/<at(?:\s[^>]*)?>(.*?)<\/at>/gis, (_whole, name: string) => `@${name}`);
  return decodeEntities(words)
    .replace(/\u00a0/g, ' ')
    .replace(/[ \t]+$/gm, '')
    .trim();
}

/** Nobody sees it, and it parts what would be markup. */
const APART = '\u200b';

/** What opens or closes a block of code, with what stands before it. What is said behind backticks has none. */
const FENCE = /^([^`~]*)(`{3,}(?=[^`]*$)|~{3,})/;

/**
 * Makes text of the agent safe for Teams: shown to the character, and no tag or picture of its making comes alive; Teams'
 * Markdown lets some HTML through. Code is left alone, which Teams escapes itself, but for tags that load or link to
 * something: what is code to us may be none to Teams. Each character depends only on what stands before it, so that
 * growing text can be sent as it grows.
 */
export function escapeText(text: string): string {
  let fence: string | undefined;
  return text
    .split(/(?<=\n)/)
    .map((line) => {
      const [, before = '', mark] = FENCE.exec(line) ?? [];
      if (fence !== undefined) {
        if (mark?.startsWith(fence) && /^\s*[`~]+\s*$/.test(line)) fence = undefined;
        return disarm(undefine(line, true));
      }
      if (mark !== undefined && CONTAINERS.test(before)) {
        fence = mark;
        return disarm(undefine(line));
      }
      return disarm(undefine(escapeLine(line)));
    })
    .join('');
}

/** A code span ends on its line, as far as this is concerned: one that was never closed hides nothing further down. */
function escapeLine(line: string): string {
  let inCode = '';
  return line.replace(/`+|[<&]/g, (found) => {
    if (found.startsWith('`')) {
      if (inCode === '') inCode = found;
      else if (inCode === found) inCode = '';
      return found;
    }
    if (inCode !== '') return found;
    return found === '<' ? '&lt;' : '&amp;';
  });
}

const LOADS =
  /<(?:a|area|at|attachment|audio|base|body|button|div|embed|form|iframe|image|img|input|link|meta|object|script|source|span|style|svg|table|td|video)(?=[\s/])/gi;

/** Words that Teams is to show as they are, and that nothing comes alive in, should it read them after all. */
export const plainText = (text: string): string => disarm(text.replace(/<(?=[a-z/!])/gi, `<${APART}`));

/** Characters of an address, written in another way. */
const REFERENCE =
  /&(?:#\w{1,8}|colon|period|sol|bsol|commat|excl|lpar|lsqb|lbrack|rsqb|rbrack|Tab|NewLine)(?=;)/g;

/** An address in angle brackets that has no `//`, which the guard of links would have seen. */
const BRACKETED =
  /<(?:javascript|vbscript|data|blob|about|view-source|sips?|skype|callto|sms|facetime|magnet|xmpp|im|news|geo|whatsapp|intent|market|ms-[a-z]+)(?=:)/gi;

/** No picture, no tag with more than its name, and no address in disguise. */
function disarm(line: string): string {
  const apart = (found: string) => found + APART;
  return [LOADS, REFERENCE, BRACKETED].reduce(
    (text, form) => text.replace(form, apart),
    line.replaceAll('![', `!${APART}[`),
  );
}

/** A line in which Markdown may define what a label links to: the label begins the line, or an earlier one. */
const DEFINITION = /^((?:[^[\]\\]|\\.)*)(?:\[(?:[^[\]\\]|\\.)*)?\](?=:)/;
/** Marks of quotes and lists. */
const CONTAINERS = /^[\s>*+.)\d-]*$/;

/** A definition hides its target as a link does, and none is needed: what is not one shows its target. */
function undefine(line: string, code = false): string {
  const [label = '', before = ''] = DEFINITION.exec(line) ?? [];
  const begins = label === `${before}]` ? !code : CONTAINERS.test(before);
  return label !== '' && begins ? `${label}${APART}${line.slice(label.length)}` : line;
}
