import type { Json } from '../json.ts';

/** One run of a table cell's text. */
interface Span {
  readonly text: string;
  readonly url?: string;
  readonly style: Readonly<Partial<Record<'bold' | 'italic' | 'strike' | 'code', true>>>;
}

/** Code · link or image · address in brackets · bare address · line break · escape · markers of emphasis. */
const TOKEN =
  /(?<ticks>`+)(?<code>[^`]|[^`].*?[^`])\k<ticks>(?!`)|!?\[(?<label>(?:[^[\]\\]|\\.)*)\]\((?<target>[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)(?:\s+"[^"]*")?\)|<(?<bracketed>https?:\/\/[^\s<>]+)>|(?<bare>https?:\/\/[^\s<>|*`]*[^\s<>|*`.,;:!?)\]'"])|(?<brk><br\s*\/?>)|\\(?<escaped>[!-/:-@[-`{-~])|(?<mark>\*{1,3}|_{1,3}|~{2})/gisu;

const STYLES: Record<string, readonly (keyof Span['style'])[]> = {
  '*': ['italic'],
  _: ['italic'],
  '**': ['bold'],
  __: ['bold'],
  '***': ['bold', 'italic'],
  ___: ['bold', 'italic'],
  '~~': ['strike'],
};

const PLAIN: Span['style'] = {};

/** May a run of emphasis markers at `at` open or close? Underscores inside words do neither. */
function flanks(text: string, at: number, mark: string): { opens: boolean; closes: boolean } {
  const before = text.charAt(at - 1);
  const after = text.charAt(at + mark.length);
  const word = /[\p{L}\p{N}]/u;
  const inWord = mark.startsWith('_');
  return {
    opens: !/^\s?$/.test(after) && !(inWord && word.test(before)),
    closes: !/^\s?$/.test(before) && !(inWord && word.test(after)),
  };
}

const linkable = (url: string): boolean => /^(?:https?:\/\/|mailto:)/i.test(url) && url.length <= 2_000;

/** Reads the Markdown of one cell. What is not understood stays as it is written. */
export function readCell(markdown: string): Span[] {
  const spans: Span[] = [];
  const open: { mark: string; at: number }[] = [];
  const styleNow = (): Span['style'] =>
    Object.fromEntries(open.flatMap(({ mark }) => STYLES[mark] ?? []).map((name) => [name, true]));
  const add = (text: string, more: { url?: string; code?: true } = {}): void => {
    if (text === '') return;
    const style = more.code ? { ...styleNow(), code: true as const } : styleNow();
    spans.push({ text, style, ...(more.url !== undefined && { url: more.url }) });
  };
  let last = 0;
  for (const found of markdown.matchAll(TOKEN)) {
    const { code, label, target, bracketed, bare, brk, escaped, mark } = found.groups ?? {};
    add(markdown.slice(last, found.index));
    last = found.index + found[0].length;
    if (code !== undefined) add(code, { code: true });
    else if (target !== undefined) {
      const words = plainText(readCell(label ?? '')) || target;
      if (linkable(target)) add(words, { url: target });
      else add(target === '' ? words : `${words} (${target})`);
    } else if (bracketed ?? bare) add(bracketed ?? bare ?? '', { url: bracketed ?? bare ?? '' });
    else if (brk !== undefined) add('\n');
    else if (escaped !== undefined) add(escaped);
    else if (mark !== undefined) {
      const { opens, closes } = flanks(markdown, found.index, mark);
      const opener = open.findLastIndex((one) => one.mark === mark);
      if (closes && opener >= 0) open.splice(opener);
      else if (opens && STYLES[mark]) {
        // Only what closes again is a marker.
        const rest = markdown.slice(last);
        if (rest.includes(mark)) open.push({ mark, at: spans.length });
        else add(mark);
      } else add(mark);
    }
  }
  add(markdown.slice(last));
  // What never closed was no emphasis: it is shown as written, where it stood.
  for (const { mark, at } of open.toReversed()) spans.splice(at, 0, { text: mark, style: PLAIN });
  return open.length === 0
    ? spans
    : spans.map((span) => (span.style.code ? span : { ...span, style: PLAIN }));
}

/** The words of a cell, with the address of each link that does not show it. */
export function plainText(spans: readonly Span[]): string {
  return spans
    .map(({ text, url }) => (url === undefined || url === text ? text : `${text} (${url})`))
    .join('');
}

/** A cell of Slack's table block, which takes text literally: nothing in it can come alive. Never empty: Slack refuses that. */
export function richCell(spans: readonly Span[]): Json {
  const elements = spans.map(({ text, url, style }) => ({
    type: url === undefined ? 'text' : 'link',
    ...(url !== undefined && { url }),
    text,
    ...(Object.keys(style).length > 0 && { style }),
  }));
  return {
    type: 'rich_text',
    elements: [
      {
        type: 'rich_text_section',
        elements: elements.length > 0 ? elements : [{ type: 'text', text: ' ' }],
      },
    ],
  };
}
