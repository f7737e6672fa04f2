import type { Json } from '../json.ts';

/** One run of a table cell's text. */
interface Span {
  readonly text: string;
  readonly url?: string;
  readonly style: Readonly<Partial<Record<'bold' | 'italic' | 'strike' | 'code', true>>>;
}

/** Run of backticks · link or image · address in brackets · bare address · line break · escape · markers of emphasis. */
const TOKEN =
  /(?<ticks>`+)|!?\[(?<label>(?:[^[\]\\]|\\.)*)\]\((?<target>[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)(?:\s+"[^"]*")?\)|<(?<bracketed>https?:\/\/[^\s<>]+)>|(?<bare>https?:\/\/[^\s<>|*`]*[^\s<>|*`.,;:!?)\]'"])|(?<brk><br\s*\/?>)|\\(?<escaped>[!-/:-@[-`{-~])|(?<mark>\*{1,3}|_{1,3}|~{2})/gisu;

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
/** Markers within more of them that are open are shown as written: each costs time for all that follows. */
const DEEPEST = 6;

/** Finds where code ends, by the length of the run of backticks that began it and ends it. */
function createCodeEnds(markdown: string) {
  /** Lengths that no run to come has. */
  const missing = new Set<number>();
  return (from: number, length: number): number => {
    if (missing.has(length)) return -1;
    for (const run of markdown.slice(from).matchAll(/`+/g))
      if (run[0].length === length) return from + run.index;
    missing.add(length);
    return -1;
  };
}

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
  /** Takes back that markers from the `from`-th on are open: they were none, and are shown where they stood. */
  const close = (from: number): void => {
    for (const { mark, at } of open.splice(from).toReversed())
      spans.splice(at, 0, { text: mark, style: PLAIN });
  };
  const codeEnd = createCodeEnds(markdown);
  const tokens = new RegExp(TOKEN);
  let last = 0;
  for (let found = tokens.exec(markdown); found; found = tokens.exec(markdown)) {
    const { ticks, label, target, bracketed, bare, brk, escaped, mark } = found.groups ?? {};
    const end = ticks === undefined ? -1 : codeEnd(tokens.lastIndex, ticks.length);
    // Backticks that begin no code are text.
    if (ticks !== undefined && end < 0) continue;
    add(markdown.slice(last, found.index));
    last = tokens.lastIndex;
    if (ticks !== undefined) {
      add(markdown.slice(last, end), { code: true });
      last = end + ticks.length;
      tokens.lastIndex = last;
    } else if (target !== undefined) {
      const words = plainText(readCell(label ?? '')) || target;
      if (linkable(target)) add(words, { url: target });
      else add(target === '' ? words : `${words} (${target})`);
    } else if (bracketed ?? bare) add(bracketed ?? bare ?? '', { url: bracketed ?? bare ?? '' });
    else if (brk !== undefined) add('\n');
    else if (escaped !== undefined) add(escaped);
    else if (mark !== undefined) {
      const { opens, closes } = flanks(markdown, found.index, mark);
      const opener = open.findLastIndex((one) => one.mark === mark);
      if (closes && opener >= 0) {
        close(opener + 1);
        open.pop();
      } else if (opens && STYLES[mark] && open.length < DEEPEST && markdown.includes(mark, last)) {
        // Only what closes again is a marker.
        open.push({ mark, at: spans.length });
      } else add(mark);
    }
  }
  add(markdown.slice(last));
  if (open.length === 0) return spans;
  close(0);
  return spans.map((span) => (span.style.code ? span : { ...span, style: PLAIN }));
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
