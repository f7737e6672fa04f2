import type { Json } from '../json.ts';
import type { Container, Fence } from './containers.ts';
import { CONTINUED, MARK } from './marks.ts';

/** Slack takes 12,000 characters in a message's markdown blocks; what is below is for what others add. */
export const PART_LIMIT = 11_500;
/** Slack takes 50 blocks a message. */
const MOST_PIECES = 40;

/** A piece of a message in Slack's form. */
export type Piece =
  | {
      readonly kind: 'text';
      /** Escaped, ready for a `markdown_text` chunk or a `markdown` block. Blank text is kept here but not sent. */
      readonly text: string;
      /** The agent's Markdown, where the text is not simply that: rows of a table shown as code. */
      readonly source?: string;
    }
  | { readonly kind: 'table'; readonly block: Json; readonly source: string };

/** One message. A closed one never changes again. */
export interface PartPlan {
  readonly pieces: readonly Piece[];
  readonly closed: boolean;
}

/** What the next message has to open again, so that its text means what it meant. */
export interface Context {
  readonly containers: readonly Container[];
  /** The cut is within a line: the line's own markers stand in the message before. */
  readonly within: boolean;
  readonly indented?: boolean;
  readonly fence?: Fence | undefined;
}

/** The markers of later lines inside `containers`. */
function prefixOf(containers: readonly Container[]): string {
  return containers.map((one) => (one.kind === 'quote' ? '> ' : ' '.repeat(one.width))).join('');
}

/**
 * A line for each list item that goes on, in its place and with its marker. A blank line follows each: without it, an
 * ordered list that does not begin at 1 would be read as words of the line before.
 */
export function itemLines(containers: readonly Container[]): string {
  return containers
    .map((one, at) => {
      if (one.kind === 'quote') return '';
      const outer = prefixOf(containers.slice(0, at));
      const gap = ' '.repeat(Math.max(1, one.width - one.indent - one.marker.length));
      return `${outer}${' '.repeat(one.indent)}${one.marker}${gap}${CONTINUED}\n${outer.trimEnd()}\n`;
    })
    .join('');
}

/** The language of a fence that is opened again. Without what Slack reads as markup of its own. */
function readableInfo({ mark, info }: Fence): string {
  const plain = info.replaceAll(new RegExp(`[&<>${MARK}]`, 'g'), '').replace(/^(.{0,100}).*$/su, '$1');
  return plain.startsWith(mark.charAt(0)) ? ` ${plain}` : plain;
}

/** What closes the message before the cut, and what opens the next. */
function seam(context: Context): { closing: string; opening: string } {
  const { containers, within, fence } = context;
  const items = itemLines(containers);
  const prefix = prefixOf(containers);
  if (fence) {
    // One tick more tells that the line break before it is not the agent's.
    const mark = within ? fence.mark + fence.mark.charAt(0) : fence.mark;
    const info = readableInfo(fence);
    return {
      closing: `${within ? '\n' : ''}${prefix}${mark}`,
      opening: `${items}${prefix}${' '.repeat(fence.indent)}${fence.mark}${info}\n${within ? prefix : ''}`,
    };
  }
  if (!within) return { closing: '', opening: items };
  if (context.indented) return { closing: '', opening: `${items}${prefix}    ${MARK}` };
  if (containers.at(-1)?.kind === 'item')
    return { closing: '', opening: items.slice(0, items.lastIndexOf(MARK) + 1) };
  return { closing: '', opening: containers.length > 0 ? `${items}${prefix}${MARK}` : '' };
}

/** The room that closing a message now would take. */
export const closingRoom = (context: Context): number => seam(context).closing.length + 2;

type OpenPiece = { kind: 'text'; text: string; source?: string } | (Piece & { kind: 'table' });

/** Collects the messages. Nothing that was added is ever taken back. */
export function createParts() {
  const parts: OpenPiece[][] = [[]];
  /** Characters of text in the last part, and in all before it. */
  let size = 0;
  let before = 0;

  const last = (): OpenPiece[] => parts[parts.length - 1] as OpenPiece[];

  function text(more: string): void {
    if (more === '') return;
    const piece = last().at(-1);
    if (piece?.kind === 'text' && piece.source === undefined) piece.text += more;
    else last().push({ kind: 'text', text: more });
    size += more.length;
  }

  return {
    text,
    size: () => size,
    sent: () => before + size,
    isEmpty: () => last().length === 0,
    isFull: () => last().length >= MOST_PIECES,
    hasTable: () => last().some((piece) => piece.kind === 'table'),
    table(block: Json, source: string): void {
      last().push({ kind: 'table', block, source });
    },
    code(piece: { readonly text: string; readonly source: string }): void {
      last().push({ kind: 'text', ...piece });
      size += piece.text.length;
    },
    cut(context: Context): void {
      const { closing, opening } = seam(context);
      text(closing);
      const piece = last().at(-1);
      // The end of a message that looks like a fence of ours, and is not.
      if (
        !context.fence &&
        piece?.kind === 'text' &&
        /(?:^|\n)[ >]*(?:`{3,}|~{3,})$/.test(piece.text.slice(-200))
      )
        text(MARK);
      before += size;
      size = 0;
      parts.push([]);
      text(opening);
    },
    plan: (done: boolean): PartPlan[] =>
      parts.map((pieces, at) => ({ pieces, closed: done || at < parts.length - 1 })),
  };
}
