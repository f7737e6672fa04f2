/**
 * Block structure of Markdown, one line at a time: quotes and list items around a line, and what the line is.
 * Looks at nothing after the line, so that a growing text can be read as it comes.
 * Source: CommonMark 0.31, "Container blocks" and "Leaf blocks". HTML blocks are not known: HTML is shown as text.
 */

export type Container =
  | { readonly kind: 'quote' }
  /**
   * `indent`: columns before the marker; `width`: columns that the item's later lines are indented by; `empty`: nothing
   * stands in it yet, and a blank line ends it.
   */
  | {
      readonly kind: 'item';
      readonly marker: string;
      readonly indent: number;
      readonly width: number;
      readonly empty: boolean;
    };

export interface Fence {
  /** The run that opened it, such as ```` ``` ````. */
  readonly mark: string;
  readonly info: string;
  /** Columns of white space before it, which its lines have as well. */
  readonly indent: number;
}

export interface BlockState {
  readonly stack: readonly Container[];
  /** A paragraph is open: the next line may go on with it. */
  readonly paragraph: boolean;
  /** That paragraph is a table which is shown as the agent wrote it: what begins a block ends it. */
  readonly table?: boolean;
  readonly fence?: Fence;
}

export type LineKind =
  | 'blank'
  | 'paragraph'
  | 'continuation'
  /** Goes on with a paragraph inside containers whose markers it lacks. */
  | 'lazy'
  | 'heading'
  | 'underline'
  | 'rule'
  | 'indented'
  | 'fence-open'
  | 'fence-text'
  | 'fence-close';

/** Is a line of this kind shown to the character? */
export const isCode = (kind: LineKind): boolean => kind.startsWith('fence') || kind === 'indented';

export interface Line {
  readonly kind: LineKind;
  /** Containers of the line before that hold this line too. */
  readonly kept: readonly Container[];
  readonly opened: readonly Container[];
  /** Where the content begins, after the markers. */
  readonly at: number;
  readonly fence?: Fence;
}

export const START: BlockState = { stack: [], paragraph: false };

/** A beginning of a line that tells what kind of line it is, whatever follows. */
export const TELLING = /[^\s>*+\-_=#`~|:.)\d]/;

/** Deeper nesting is shown as text: nobody reads it, and what reopens it would fill a message. */
const DEEPEST = 12;
const RULE = /^(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const FENCE = /^(?:(`{3,})([^`]*)|(~{3,})(.*))$/;
/** A longer run is no fence to us: it could not be closed and opened again within a message's limit. */
const LONGEST_FENCE = 60;

interface Place {
  at: number;
  column: number;
}

/** Columns of white space from `place`, and the place behind it. */
function indentAt(line: string, place: Place): { columns: number; next: Place } {
  let { at, column } = place;
  for (; line[at] === ' ' || line[at] === '\t'; at += 1) column += line[at] === '\t' ? 4 - (column % 4) : 1;
  return { columns: column - place.column, next: { at, column } };
}

/** Columns of white space that `line` begins with. */
export const indentOf = (line: string): number => indentAt(line, { at: 0, column: 0 }).columns;

/** Goes over `columns` columns of white space; a tab is never divided. */
function skip(line: string, place: Place, columns: number): Place {
  let { at, column } = place;
  while (column < place.column + columns && (line[at] === ' ' || line[at] === '\t')) {
    column += line[at] === '\t' ? 4 - (column % 4) : 1;
    at += 1;
  }
  return { at, column };
}

const afterQuote = (line: string, place: Place): Place =>
  skip(line, { at: place.at + 1, column: place.column + 1 }, 1);

/** How far the containers of the line before reach into this one. */
function keep(line: string, stack: readonly Container[]): { kept: Container[]; place: Place } {
  const kept: Container[] = [];
  let place: Place = { at: 0, column: 0 };
  for (const container of stack) {
    const { columns, next } = indentAt(line, place);
    const blank = next.at === line.length;
    if (container.kind === 'quote') {
      if (blank || columns > 3 || line[next.at] !== '>') break;
      place = afterQuote(line, next);
    } else {
      if (blank ? container.empty : columns < container.width) break;
      place = skip(line, place, blank ? 0 : container.width);
    }
    kept.push(container);
  }
  return { kept, place };
}

/** A list that begins with another number than 1 may not follow a paragraph's line. */
export const interruptsNothing = (marker: string): boolean => /^\d/.test(marker) && !/^0*1[.)]/.test(marker);

function readFence(content: string, indent: number): Fence | undefined {
  const found = FENCE.exec(content);
  const mark = found?.[1] ?? found?.[3];
  if (mark === undefined || mark.length > LONGEST_FENCE) return undefined;
  return { mark, info: (found?.[2] ?? found?.[4] ?? '').trim(), indent };
}

function closes(fence: Fence, content: string): boolean {
  const run = content.trimEnd();
  return run.length >= fence.mark.length && run === fence.mark.charAt(0).repeat(run.length);
}

/** `line` without its line break. */
export function readLine(state: BlockState, line: string): Line {
  const { kept, place: begin } = keep(line, state.stack);
  const whole = kept.length === state.stack.length;
  if (state.fence && whole) {
    const { columns, next } = indentAt(line, begin);
    const closing = columns <= 3 && closes(state.fence, line.slice(next.at));
    return { kind: closing ? 'fence-close' : 'fence-text', kept, opened: [], at: begin.at };
  }
  const opened: Container[] = [];
  let place = begin;
  for (;;) {
    const { columns, next } = indentAt(line, place);
    const content = line.slice(next.at);
    const as = (kind: LineKind): Line => ({ kind, kept, opened, at: place.at });
    if (content === '') return as('blank');
    const goesOn = state.paragraph && opened.length === 0;
    const onward: LineKind = goesOn ? (whole ? 'continuation' : 'lazy') : 'paragraph';
    if (columns >= 4) return as(goesOn ? onward : 'indented');
    const room = kept.length + opened.length < DEEPEST;
    if (content.startsWith('>') && room) {
      opened.push({ kind: 'quote' });
      place = afterQuote(line, next);
      continue;
    }
    if (/^#{1,6}(?=[ \t]|$)/.test(content)) return as('heading');
    const fence = readFence(content, columns);
    if (fence) return { ...as('fence-open'), fence };
    if (goesOn && whole && /^(?:=+|-+)[ \t]*$/.test(content)) return as('underline');
    if (RULE.test(content)) return as('rule');
    const marker = /^(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$)/.exec(content)?.[0];
    if (marker === undefined || !room) return as(onward);
    const bare = content.slice(marker.length).trim() === '';
    if (goesOn && whole && (bare || (!state.table && interruptsNothing(marker)))) return as(onward);
    const behind = { at: next.at + marker.length, column: next.column + marker.length };
    const gap = indentAt(line, behind).columns;
    const padding = bare || gap > 4 ? 1 : gap;
    const width = columns + marker.length + padding;
    opened.push({ kind: 'item', marker, indent: columns, width, empty: bare });
    place = skip(line, behind, padding);
  }
}

/** The containers behind a line that is not blank: none of them is empty. */
const stackAfter = ({ kept, opened }: Line): Container[] =>
  [...kept, ...opened].map((one) => (one.kind === 'item' && one.empty ? { ...one, empty: false } : one));

export function stateAfter(state: BlockState, line: Line): BlockState {
  switch (line.kind) {
    case 'blank':
      return { stack: [...line.kept, ...line.opened], paragraph: false };
    case 'lazy':
      return state;
    case 'fence-text':
      return state;
    case 'fence-open':
      return {
        stack: stackAfter(line),
        paragraph: false,
        ...(line.fence && { fence: line.fence }),
      };
    default: {
      const paragraph = line.kind === 'paragraph' || line.kind === 'continuation';
      return { stack: stackAfter(line), paragraph };
    }
  }
}
