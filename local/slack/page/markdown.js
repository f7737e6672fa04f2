/**
 * Reads Markdown and Slack's mrkdwn into a plain tree. No DOM here, no HTML anywhere: render.js builds nodes from it.
 *
 * Blocks: paragraph, heading, code, list, quote, table, rule. Inline: text, strong, em, strike, code, link, mention, break.
 */

const SAFE_LINK = /^(?:https?:\/\/|mailto:)[^\s]+$/i;
const PUNCTUATION = /[!-/:-@[-`{-~]/;
const WORD = /[\p{L}\p{N}]/u;

/** Undoes Slack's three escapes. */
export function unescapeText(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

const MARKDOWN = [
  ['**', 'strong'],
  ['__', 'strong'],
  ['~~', 'strike'],
  ['*', 'em'],
  ['_', 'em'],
];
const MRKDWN = [
  ['*', 'strong'],
  ['_', 'em'],
  ['~', 'strike'],
];

/** The position where the run that begins with `mark` at `start` closes, or -1. */
function closing(text, start, mark) {
  const before = text[start - 1] ?? ' ';
  const first = text[start + mark.length] ?? ' ';
  if (/\s/.test(first) || (mark[0] === '_' && WORD.test(before))) return -1;
  let at = text.indexOf(mark, start + mark.length + 1);
  while (at !== -1) {
    const last = text[at - 1];
    const after = text[at + mark.length] ?? ' ';
    const longer = mark.length === 1 && mark !== '~' && after === mark;
    if (!/\s/.test(last) && !longer && !(mark[0] === '_' && WORD.test(after))) return at;
    at = text.indexOf(mark, at + (longer ? 2 : 1));
  }
  return -1;
}

/** `<@U…>`, `<#C…|name>`, `<!here>`, `<https://…|label>`; undefined for anything else in angle brackets. */
function control(inner) {
  const [target, label] = inner.split('|', 2);
  if (/^@[UW][A-Z0-9]+$/.test(target)) return { type: 'mention', kind: 'user', id: target.slice(1) };
  if (/^#[CDG][A-Z0-9]+$/.test(target))
    return { type: 'mention', kind: 'channel', id: target.slice(1), label };
  if (/^!(?:channel|here|everyone)$/.test(target))
    return { type: 'mention', kind: 'broadcast', id: target.slice(1) };
  if (/^!subteam\^/.test(target)) return { type: 'mention', kind: 'group', id: target.slice(9), label };
  if (target.startsWith('!date^')) return { type: 'text', text: dateText(target, label) };
  if (SAFE_LINK.test(target)) {
    const text = unescapeText(label ?? target.replace(/^mailto:/, ''));
    return { type: 'link', href: unescapeText(target), children: [{ type: 'text', text }] };
  }
  return undefined;
}

const DAY_MS = 86_400_000;

/** `<!date^1700000000^{date_short_pretty} at {time}|fallback>` as Slack's client shows it, in the reader's zone. */
function dateText(target, fallback) {
  const [, seconds, format] = target.split('^');
  const at = new Date(Number(seconds) * 1000);
  if (format === undefined || Number.isNaN(at.getTime())) return unescapeText(fallback ?? '');
  const date = (month) => at.toLocaleDateString('en-US', { month, day: 'numeric', year: 'numeric' });
  const near = (shown) => {
    const day = (time) => new Date(time).toDateString();
    if (day(at) === day(Date.now())) return 'Today';
    return day(at) === day(Date.now() - DAY_MS) ? 'Yesterday' : shown;
  };
  return unescapeText(format)
    .replaceAll('{date_short_pretty}', near(date('short')))
    .replaceAll('{date_pretty}', near(date('long')))
    .replaceAll('{date_short}', date('short'))
    .replaceAll('{date}', date('long'))
    .replaceAll('{time}', at.toLocaleTimeString('en-US', { hour: 'numeric', minute: '2-digit' }));
}

/** One step of the inline scan at `at`: the node and where it ends, or undefined for plain text. */
function readInline(text, at, marks, markdown) {
  const char = text[at];
  if (char === '\\' && markdown && PUNCTUATION.test(text[at + 1] ?? '')) {
    return { node: { type: 'text', text: text[at + 1] }, end: at + 2 };
  }
  if (char === '`') {
    const fence = /^`+/.exec(text.slice(at))[0];
    const end = text.indexOf(fence, at + fence.length);
    if (end === -1 || end === at + fence.length) return undefined;
    return {
      node: { type: 'code', text: unescapeText(text.slice(at + fence.length, end)) },
      end: end + fence.length,
    };
  }
  if (char === '<') {
    const end = text.indexOf('>', at);
    const node = end === -1 ? undefined : control(text.slice(at + 1, end));
    return node === undefined ? undefined : { node, end: end + 1 };
  }
  if (char === '[' && markdown) {
    const match = /^\[([^\]\n]+)\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)?)\)/.exec(text.slice(at, at + 3000));
    const href = match === null ? '' : unescapeText(match[2]);
    if (!SAFE_LINK.test(href)) return undefined;
    return {
      node: { type: 'link', href, children: parseInline(match[1], markdown) },
      end: at + match[0].length,
    };
  }
  if (char === 'h' && !WORD.test(text[at - 1] ?? ' ')) {
    const match = /^https?:\/\/[^\s<>]+[^\s<>.,;:!?)\]'"*_~]/.exec(text.slice(at, at + 2000));
    if (match === null) return undefined;
    const href = unescapeText(match[0]);
    return {
      node: { type: 'link', href, children: [{ type: 'text', text: href }] },
      end: at + match[0].length,
    };
  }
  for (const [mark, type] of marks) {
    if (!text.startsWith(mark, at)) continue;
    const end = closing(text, at, mark);
    if (end === -1) continue;
    const children = parseInline(text.slice(at + mark.length, end), markdown);
    return { node: { type, children }, end: end + mark.length };
  }
  return undefined;
}

/** Inline text to nodes. A line end is a line break, as in Slack. */
export function parseInline(text, markdown = true) {
  const marks = markdown ? MARKDOWN : MRKDWN;
  const nodes = [];
  let plain = '';
  const flush = () => {
    if (plain !== '') nodes.push({ type: 'text', text: unescapeText(plain) });
    plain = '';
  };
  for (let at = 0; at < text.length; ) {
    if (text[at] === '\n') {
      flush();
      nodes.push({ type: 'break' });
      at += 1;
      continue;
    }
    const read = readInline(text, at, marks, markdown);
    if (read === undefined) {
      // A run of the same mark that opens nothing is text as a whole.
      const run = /^([*_~`])\1*/.exec(text.slice(at, at + 40))?.[0] ?? text[at];
      plain += run;
      at += run.length;
      continue;
    }
    flush();
    nodes.push(read.node);
    at = read.end;
  }
  flush();
  return nodes;
}

function cells(line) {
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => parseInline(cell.trim().replaceAll('\\|', '|')));
}

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+-]*)\s*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/;
const QUOTE = /^ {0,3}(?:>|&gt;) ?/;
const ITEM = /^(\s*)(?:([-*+•])|(\d{1,9})[.)])\s+(.*)$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

function startsTable(lines, at) {
  return lines[at].includes('|') && DIVIDER.test(lines[at + 1] ?? '') && (lines[at + 1] ?? '').includes('-');
}

function readCode(lines, at) {
  const [, fence, language] = FENCE.exec(lines[at]);
  let end = at + 1;
  while (
    end < lines.length &&
    !(lines[end].trim().startsWith(fence) && lines[end].trim().replaceAll(fence[0], '') === '')
  ) {
    end += 1;
  }
  return {
    node: { type: 'code', language, text: unescapeText(lines.slice(at + 1, end).join('\n')) },
    end: end + 1,
  };
}

function readTable(lines, at) {
  let end = at + 2;
  while (end < lines.length && lines[end].includes('|') && lines[end].trim() !== '') end += 1;
  return {
    node: { type: 'table', header: cells(lines[at]), rows: lines.slice(at + 2, end).map(cells) },
    end,
  };
}

function readQuote(lines, at) {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(QUOTE, ''));
  return { node: { type: 'quote', children: parseMarkdown(inner.join('\n')) }, end };
}

function readList(lines, at) {
  const [, indent, , number] = ITEM.exec(lines[at]);
  const items = [];
  let end = at;
  while (end < lines.length) {
    const item = ITEM.exec(lines[end]);
    if (item !== null && item[1].length <= indent.length) {
      if (item[1].length < indent.length || (item[3] === undefined) !== (number === undefined)) break;
      items.push([item[4]]);
    } else if (lines[end].trim() === '') {
      const next = lines[end + 1] ?? '';
      const goesOn = ITEM.exec(next)?.[1].length >= indent.length || /^\s{2,}\S/.test(next);
      if (!goesOn) break;
      items.at(-1).push('');
    } else if (item !== null || /^\s{2,}/.test(lines[end])) {
      items
        .at(-1)
        .push(lines[end].replace(new RegExp(`^\\s{0,${indent.length + (number?.length ?? 0) + 2}}`), ''));
    } else {
      break;
    }
    end += 1;
  }
  const ordered = number !== undefined;
  const children = items.map((item) => parseMarkdown(item.join('\n')));
  return { node: { type: 'list', ordered, start: ordered ? Number(number) : 1, items: children }, end };
}

function startsBlock(lines, at) {
  const line = lines[at];
  return (
    FENCE.test(line) ||
    HEADING.test(line) ||
    RULE.test(line) ||
    QUOTE.test(line) ||
    ITEM.test(line) ||
    startsTable(lines, at)
  );
}

function readParagraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() !== '' && !startsBlock(lines, end)) end += 1;
  return { node: { type: 'paragraph', children: parseInline(lines.slice(at, end).join('\n').trim()) }, end };
}

/** Standard Markdown, as in markdown blocks and streamed text. */
export function parseMarkdown(text) {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const nodes = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (line.trim() === '') {
      at += 1;
      continue;
    }
    const heading = HEADING.exec(line);
    let read;
    if (FENCE.test(line)) read = readCode(lines, at);
    else if (heading !== null) {
      read = {
        node: { type: 'heading', level: heading[1].length, children: parseInline(heading[2]) },
        end: at + 1,
      };
    } else if (RULE.test(line)) read = { node: { type: 'rule' }, end: at + 1 };
    else if (QUOTE.test(line)) read = readQuote(lines, at);
    else if (ITEM.test(line)) read = readList(lines, at);
    else if (startsTable(lines, at)) read = readTable(lines, at);
    else read = readParagraph(lines, at);
    nodes.push(read.node);
    at = read.end;
  }
  return nodes;
}

/** Lines in order, those of a quotation together. */
function quoteRuns(lines) {
  const runs = [];
  for (const line of lines) {
    const quoted = QUOTE.test(line);
    const last = runs.at(-1);
    if (last?.quoted === quoted) last.lines.push(line);
    else runs.push({ quoted, lines: [line] });
  }
  return runs;
}

/** Slack's own mrkdwn, as in the text of messages and sections. */
export function parseMrkdwn(text) {
  return text.split(/```\n?/).flatMap((part, index) => {
    if (index % 2 === 1) return [{ type: 'code', language: '', text: unescapeText(part.replace(/\n$/, '')) }];
    const trimmed = part.replace(/^\n|\n$/g, '');
    if (trimmed === '') return [];
    return quoteRuns(trimmed.split('\n')).map(({ quoted, lines }) => {
      const inner = lines.map((line) => (quoted ? line.replace(/^(?:>|&gt;) ?/, '') : line)).join('\n');
      const paragraph = { type: 'paragraph', children: parseInline(inner, false) };
      return quoted ? { type: 'quote', children: [paragraph] } : paragraph;
    });
  });
}
