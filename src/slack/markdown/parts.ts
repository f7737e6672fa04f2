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
export function prefixOf(containers: readonly Container[]): string {
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

/** What closes the message before the cut. */
function closingOf({ containers, within, fence }: Context): string {
  if (!fence) return '';
  // One tick more tells that the line break before it is not the agent's.
  const mark = within ? fence.mark + fence.mark.charAt(0) : fence.mark;
  return `${within ? '\n' : ''}${prefixOf(containers)}${mark}`;
}

/** What opens the message after it. */
function openingOf({ containers, within, fence, indented }: Context): string {
  const items = itemLines(containers);
  const prefix = prefixOf(containers);
  if (fence) {
    const indent = ' '.repeat(fence.indent);
    return `${items}${prefix}${indent}${fence.mark}${readableInfo(fence)}\n${within ? prefix : ''}`;
  }
  if (!within) return items;
  if (indented) return `${items}${prefix}    ${MARK}`;
  if (containers.at(-1)?.kind === 'item') return items.slice(0, items.lastIndexOf(MARK) + 1);
  return containers.length > 0 ? `${items}${prefix}${MARK}` : '';
}

/** The room that closing a message now would take. */
export const closingRoom = (context: Context): number => closingOf(context).length + 2;

export type Parts = ReturnType<typeof createParts>;

/** Collects the messages. Nothing that was added is ever taken back. */
export function createParts() {
  const closed: PartPlan[] = [];
  /** What the last message holds. */
  let pieces: Piece[] = [];
  /** The last message as it was planned, while nothing is added to it. */
  let planned: PartPlan | undefined;
  /** Characters of text in the last message, and in all before it. */
  let size = 0;
  let before = 0;
  let held: string[] | undefined;

  function add(piece: Piece, place = pieces.length): void {
    pieces[place] = piece;
    planned = undefined;
  }

  function text(more: string): void {
    if (held) {
      held.push(more);
      return;
    }
    if (more === '') return;
    const last = pieces.at(-1);
    if (last?.kind === 'text' && last.source === undefined)
      add({ kind: 'text', text: last.text + more }, pieces.length - 1);
    else add({ kind: 'text', text: more });
    size += more.length;
  }

  return {
    text,
    /** The text that `write` would add, which is not added. */
    aside(write: () => void): string {
      const texts: string[] = [];
      held = texts;
      write();
      held = undefined;
      return texts.join('');
    },
    size: () => size,
    sent: () => before + size,
    isEmpty: () => pieces.length === 0,
    isFull: () => pieces.length >= MOST_PIECES,
    hasTable: () => pieces.some((piece) => piece.kind === 'table'),
    table(block: Json, source: string): void {
      add({ kind: 'table', block, source });
    },
    code(piece: { readonly text: string; readonly source: string }): void {
      add({ kind: 'text', ...piece });
      size += piece.text.length;
    },
    cut(context: Context): void {
      text(closingOf(context));
      const last = pieces.at(-1);
      // The end of a message that looks like a fence of ours, and is not.
      if (
        !context.fence &&
        last?.kind === 'text' &&
        /(?:^|\n)[ >]*(?:`{3,}|~{3,})$/.test(last.text.slice(-200))
      )
        text(MARK);
      before += size;
      size = 0;
      closed.push({ pieces, closed: true });
      pieces = [];
      planned = undefined;
      text(openingOf(context));
    },
    /** All messages. What has not changed since it was planned last is the same object. */
    plan(done: boolean): PartPlan[] {
      if (planned?.closed !== done) planned = { pieces: [...pieces], closed: done };
      return [...closed, planned];
    },
  };
}
