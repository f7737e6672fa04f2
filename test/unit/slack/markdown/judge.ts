import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { type PartPlan, planParts } from '../../../../src/slack/markdown/plan-parts.ts';
import { recover } from '../../../../src/slack/markdown/recover.ts';
import { escapeText } from '../../../../src/slack/text.ts';

type Nodes = ReturnType<typeof fromMarkdown> | ReturnType<typeof fromMarkdown>['children'][number];
type Code = Extract<Nodes, { type: 'code' }>;

/** Slack sees `<` and `&` as text, so the judge reads characters of the same length that mean nothing. */
const asSlackReads = (text: string): string =>
  text.replaceAll('<', '‹').replaceAll('&', '＆').replaceAll('[^', '[ˆ');

type Extension = ReturnType<typeof gfm>;
type Initial = Extract<NonNullable<NonNullable<Extension['document']>[number]>, { tokenize: unknown }>;

/**
 * Only a paragraph keeps an ordered list from beginning with another number than 1 (CommonMark 0.31, "List items").
 * The judge lets indented code do so as well, a mistake of its own: https://github.com/micromark/micromark/pull/228.
 * This forgets, before a list is looked for, that something is interrupted if that is indented code. It reads nothing.
 */
const listsBehindCode: Initial = {
  tokenize(_effects, _ok, nok) {
    const flow = this.events.findLast(([, token]) => token.type === 'chunkFlow')?.[1];
    if (flow?._tokenizer?.currentConstruct?.name === 'codeIndented') this.interrupt = false;
    return nok;
  },
};
const STARTS = [...'*+-0123456789'].map((character) => [character.charCodeAt(0), listsBehindCode]);
const extensions = [gfm(), { document: Object.fromEntries(STARTS) } satisfies Extension];
// Addresses that are looked for in words afterwards have no place in the text: they cost time, and nothing is asked of them.
const mdastExtensions = gfmFromMarkdown().map(({ transforms: _addresses, ...rest }) => rest);

function nodesOf(text: string): Nodes[] {
  const all: Nodes[] = [];
  const visit = (node: Nodes): void => {
    all.push(node);
    // What follows a table's last row without a blank line is one more row to the judge, words to us.
    if ('children' in node && node.type !== 'table') for (const child of node.children) visit(child);
  };
  visit(fromMarkdown(text, { extensions, mdastExtensions }));
  return all;
}

const span = (node: Nodes): [number, number] => [
  node.position?.start.offset ?? 0,
  node.position?.end.offset ?? 0,
];

/** The fence that closes a message whose fence goes on in the next, and the one that opens it there again. */
function fencesAt(parts: readonly PartPlan[], at: number): { closing: string; again: string } | undefined {
  const last = parts[at]?.pieces.at(-1);
  const first = parts[at + 1]?.pieces[0];
  if (last?.kind !== 'text' || first?.kind !== 'text') return undefined;
  const closing = /(?:^|\n)[ >]*(`{3,}|~{3,})$/.exec(last.text)?.[1];
  const again = /^[ >]*(`{3,}|~{3,})/m.exec(first.text)?.[1] ?? '';
  return closing === undefined ? undefined : { closing, again };
}

/** Was a line of code divided, so that the break before the closing fence is ours? */
function dividesLine(parts: readonly PartPlan[], at: number): boolean {
  const fences = fencesAt(parts, at);
  return fences !== undefined && fences.again.length < fences.closing.length;
}

/** Where the agent's text was cut. */
function cutsOf(parts: readonly PartPlan[]): number[] {
  const rest = { pieces: [], closed: true };
  return parts
    .slice(0, -1)
    .map((_, at) => recover([...parts.slice(0, at + 1), rest]).length - (dividesLine(parts, at) ? 1 : 0));
}

const WHOLE = new Set([
  'link',
  'image',
  'inlineCode',
  'linkReference',
  'imageReference',
  'footnoteReference',
]);
const SENT_WHOLE = 2_400;

/** What a cut at `at` would break, by the judge's reading of the whole text. */
function damageAt(text: string, nodes: readonly Nodes[], at: number): string | undefined {
  const around = `${text.slice(at - 20, at)}✂${text.slice(at, at + 20)}`;
  const before = /\S*$/.exec(text.slice(Math.max(0, at - 3_000), at))?.[0] ?? '';
  const after = /^\S*/.exec(text.slice(at, at + 3_000))?.[0] ?? '';
  if (before && after && !/[。！？；，、]$/.test(before) && escapeText(before + after).length < SENT_WHOLE) {
    return `a word: ${around}`;
  }
  const clusters = [...new Intl.Segmenter('en').segment(before + after)];
  if (before && after && !clusters.some(({ index }) => index === before.length))
    return `a character: ${around}`;
  for (const node of nodes) {
    const [start, end] = span(node);
    if (start >= at || end <= at) continue;
    const length = escapeText(text.slice(start, end)).length;
    if (WHOLE.has(node.type) && length < SENT_WHOLE) return `${node.type}: ${around}`;
    if (node.type === 'heading' && text[start] === '#' && length < SENT_WHOLE) return `heading: ${around}`;
    if (node.type === 'table') {
      // To us a row has a pipe; to the judge every line does that follows one.
      const other = node.children.findIndex((row) => !text.slice(...span(row)).includes('|'));
      const rows = node.children.slice(0, other < 0 ? undefined : other);
      if (rows.some((row) => span(row)[0] < at && at < span(row)[1])) return `table row: ${around}`;
    }
    if (node.type === 'listItem' && /^(?:[-*+]|\d+[.)])$/.test(text.slice(start, at).trim())) {
      return `the start of a list item: ${around}`;
    }
    if (node.type === 'code' && isFenced(text, node) && length < 4_000) {
      return `a fence of ${length}: ${around}`;
    }
  }
  return undefined;
}

/** Indented code begins with its indentation. */
const isFenced = (text: string, node: Code): boolean => '`~'.includes(text.charAt(span(node)[0]));

export interface Fenced {
  readonly language: string;
  readonly code: string;
}

function fencesIn(text: string, nodes: readonly Nodes[] = nodesOf(text)): Fenced[] {
  return nodes
    .filter((node): node is Code => node.type === 'code')
    .filter((node) => isFenced(text, node))
    .map((node) => ({
      language: (node.lang ?? '').replaceAll('\u200b', ''),
      code: node.value.replaceAll('\r\n', '\n').replaceAll('\u200b', ''),
    }));
}

/** Of a fence that is never closed, parsers count the blank lines at the end differently. */
const trimmed = (fences: Fenced[]): Fenced[] =>
  fences.map(({ language, code }) => ({ language, code: code.trimEnd() }));

/** The fences of all messages, those that go on in the next message joined again. */
function fencesSent(parts: readonly PartPlan[]): Fenced[] {
  const all: Fenced[] = [];
  let goesOn: string | undefined;
  for (const [at, part] of parts.entries()) {
    for (const [index, piece] of part.pieces.entries()) {
      if (piece.kind === 'table' || piece.source !== undefined) continue;
      const shown = asSlackReads(
        piece.text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
      );
      const found = /`{3}|~{3}/.test(shown) ? fencesIn(shown) : [];
      if (goesOn !== undefined) {
        const last = all.pop();
        const first = found.shift();
        if (!last || !first)
          throw new Error('a fence was closed at the end of a message and not opened again');
        all.push({ language: last.language, code: last.code + goesOn + first.code });
        goesOn = undefined;
      }
      all.push(...found);
      if (index === part.pieces.length - 1 && fencesAt(parts, at))
        goesOn = dividesLine(parts, at) ? '' : '\n';
    }
  }
  return all;
}

/** What of `text` its messages break, by an independent parser's reading; nothing if all is well. */
export function judge(text: string): { damage: string[]; expected: Fenced[]; got: Fenced[] } {
  const parts = planParts(text, true);
  const nodes = nodesOf(asSlackReads(text));
  const damage = cutsOf(parts).flatMap((at) => damageAt(text, nodes, at) ?? []);
  return { damage, expected: trimmed(fencesIn(asSlackReads(text), nodes)), got: trimmed(fencesSent(parts)) };
}
