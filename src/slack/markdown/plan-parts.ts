import { borderBefore, CLOSE, FIRST_BORDER, FULL_AT, patienceAt } from './borders.ts';
import {
  type BlockState,
  type Container,
  indentOf,
  interruptsNothing,
  isCode,
  type Line,
  readLine,
  START,
  stateAfter,
  TELLING,
} from './containers.ts';
import { createInline } from './inline.ts';
import { MARK } from './marks.ts';
import { type OpenTable, openTable } from './open-table.ts';
import { type Context, createParts, itemLines, type PartPlan, prefixOf } from './parts.ts';
import { createPlacing, lineText } from './placing.ts';
import { lineAt, type SourceLine, wholeEnd, withoutReturn } from './source.ts';
import { beginsDelimiter, isDelimiter } from './table.ts';

export type { PartPlan } from './parts.ts';

/**
 * Cuts what the agent writes into messages in Slack's form. `done` false: more may follow, and what cannot be decided
 * yet (an unfinished table line, half a character) is held back.
 *
 * For every beginning of a text the result is a beginning of the whole text's: closed parts are equal, and in the open
 * part pieces only grow at the end. Each part keeps Slack's limits: 11,500 characters of text, 40 pieces, one table.
 */
export type PlanParts = (markdown: string, done: boolean) => PartPlan[];

/**
 * Plans one text as it grows, at the cost of what is new in it. The plans are those that `planParts` makes, and what has
 * not changed from one to the next is the same object. A text that does not go on from the last one is read anew.
 */
export function createPlanner(): PlanParts {
  let reading = createReading();
  return (markdown, done) => {
    const text = done ? markdown : markdown.slice(0, wholeEnd(markdown, markdown.length));
    if (!reading.goesOn(text, done)) reading = createReading();
    return reading.read(text, done);
  };
}

/** Plans a text at once. */
export const planParts: PlanParts = (markdown, done) => createPlanner()(markdown, done);

/** One text, read once from its beginning to its end. */
function createReading() {
  const source = { text: '', done: false };
  const parts = createParts();
  const inline = createInline(source, parts.text, parts.sent);
  const placing = createPlacing(source, parts, inline, cut);
  /** Where the line begins, of which not all is placed yet. */
  let pos = 0;
  /** That line and the table in whose rows we are, if any. */
  let line: Line | undefined;
  let table: (OpenTable & { readonly kept: readonly Container[] }) | undefined;
  let state: BlockState = START;
  /** The last line keeps with what follows it: a heading, or words that end in a colon. */
  let announces = false;
  let lastContent = '';
  /** A table ended the text in which lists were open: what goes on in them has to open them again. */
  let adrift = false;
  /** Inside a table that is shown as the agent wrote it: it is cut between rows only. */
  let grid = false;
  /** Behind its last row, in lines that are indented so far that they are none: code to others, and more of it to Slack. */
  let behind = false;

  function cut(context: Context): void {
    if (parts.isEmpty()) return;
    parts.cut(context);
    adrift = false;
  }

  /** The fence that a cut before or in this line has to close and open again. */
  const fenceAround = ({ kind }: Line) => (kind === 'fence-text' ? state.fence : undefined);

  /**
   * A blank line before a list that may follow a table, but not the paragraph that is shown for it. The mark before the
   * list's words tells that the line is ours.
   */
  function setApart({ kind, kept, opened }: Line): string {
    const [first] = opened;
    const needed = state.table && kind === 'paragraph' && kept.length === state.stack.length;
    return needed && first?.kind === 'item' && interruptsNothing(first.marker)
      ? `${prefixOf(kept).trimEnd()}\n`
      : '';
  }

  /**
   * What a line means for tables. `head`: it and the line below begin one; `delimiter`: it makes one of itself and the
   * line above; `row-below-text`: the same where a table cannot stand. Undefined while the text so far does not tell.
   */
  function tableAt(next: Line, content: string, { end, complete }: SourceLine) {
    const inText = isCode(next.kind) || next.opened.length > 0;
    if (inText) return 'none';
    const alone = indentOf(content) <= 3 && !next.kept.some((one) => one.kind === 'quote');
    if (alone && content.trimStart().startsWith('|')) {
      if (!complete || (!source.done && end === source.text.length)) return undefined;
      const below = lineAt(source, end);
      const under = withoutReturn(below.content);
      if (!below.complete && (under.trim() === '' || beginsDelimiter(under))) return undefined;
      if (isDelimiter(content, under) && below.end > end) return 'head';
    }
    if (!state.paragraph || !beginsDelimiter(content)) return 'none';
    if (!complete) return undefined;
    if (!isDelimiter(lastContent, content)) return 'none';
    return alone ? 'delimiter' : 'row-below-text';
  }

  /** Reads what the line at `pos` is, and places what stands before its text. False when it has to wait. */
  function beginLine(): boolean {
    const whole = lineAt(source, pos);
    // Nothing of a line is sent before it tells what it is: text, a list, an underline, a table's delimiters, a fence.
    if (!whole.complete && !TELLING.test(whole.content)) return false;
    const raw = withoutReturn(whole.content);
    const next = readLine(state, raw);
    const content = raw.slice(next.at);
    // It may still turn out to be code within a paragraph.
    if (!whole.complete && next.kind === 'fence-open') return false;
    const tabular = tableAt(next, content, whole);
    if (tabular === undefined) return false;
    if (tabular === 'head' || tabular === 'delimiter') {
      const [head, delimiterAt] = tabular === 'head' ? [content, whole.end] : [lastContent, pos];
      const { kept } = next;
      table = { ...openTable(source, parts, cut, { head, from: pos, delimiterAt, kept }), kept };
      return true;
    }
    const delimiter = tabular === 'row-below-text';
    const goesOn = ['continuation', 'lazy', 'underline'].includes(next.kind);
    let apart = setApart(next);
    if (parts.size() >= FIRST_BORDER && !delimiter) {
      const border = borderBefore(next, content, { state, announces, grid });
      const full = border !== undefined && parts.size() >= FULL_AT[border];
      const open = full && goesOn && inline.inside(pos, patienceAt(parts.size()));
      if (open === undefined) return false;
      if (full && !open) {
        cut({ containers: next.kept, within: false, fence: fenceAround(next) });
        apart = '';
      }
    }

    if (!goesOn) inline.reset();
    const wasBehind = behind;
    behind = goesOn && (grid || behind) && indentOf(content) > 3;
    grid = goesOn && !behind && (grid || delimiter);
    const row = grid || behind;
    // Marks in one row mean nothing in the next.
    if (row || wasBehind) inline.reset();
    inline.line(pos + next.at, isCode(next.kind), row ? undefined : stateAfter(state, next));
    const around: Context = {
      containers: next.kind === 'lazy' ? state.stack : [...next.kept, ...next.opened],
      within: true,
      indented: next.kind === 'indented',
      fence: fenceAround(next),
    };
    const as = lineText(next.kind, around, row);
    let marked = delimiter;
    if (parts.size() + apart.length + next.at + 3 + (adrift ? CLOSE : 0) > as.limit) {
      cut({ ...around, containers: next.kept, within: false });
      apart = '';
      // No line is above, and behind white space the mark would read as one that opens a quote again.
      marked = false;
    }
    if (adrift && (next.kind !== 'blank' || next.opened.length > 0)) {
      parts.text(itemLines(next.kept));
      adrift = false;
    }
    parts.text(apart + raw.slice(0, next.at) + (apart && MARK));
    let begin = pos + next.at;
    if (marked) {
      // The first character, and a mark that keeps it from making a table with the line above.
      parts.text(source.text.charAt(begin) + MARK);
      begin += 1;
    }
    placing.begin(begin, as);
    line = next;
    return true;
  }

  /** Places the text of a line that was begun. False when it has to wait. */
  function placeLine(begun: Line): boolean {
    const { end, complete } = lineAt(source, placing.at());
    if (!placing.place(end) || !complete) return false;
    if (begun.kind !== 'blank') {
      const content = withoutReturn(source.text.slice(pos + begun.at, end).replace(/\n$/, ''));
      announces = begun.kind === 'heading' || /:\s*$/.test(content);
      lastContent = content;
    }
    const after = stateAfter(state, begun);
    state = { ...after, table: (grid || behind) && after.stack.some((one) => one.kind === 'quote') };
    pos = end;
    line = undefined;
    return true;
  }

  /** Places rows. False when it has to wait for more. */
  function placeRows({ read, end, kept }: NonNullable<typeof table>): boolean {
    if (!read()) return false;
    state = { stack: kept, paragraph: false };
    adrift = kept.length > 0;
    inline.reset();
    announces = false;
    pos = end();
    table = undefined;
    return true;
  }

  const step = (): boolean => (table ? placeRows(table) : line ? placeLine(line) : beginLine());

  return {
    goesOn: (text: string, done: boolean): boolean =>
      text.slice(0, source.text.length) === source.text && (!source.done || (done && text === source.text)),
    read(text: string, done: boolean): PartPlan[] {
      source.text = text;
      source.done = done;
      while ((table || pos < text.length) && step());
      return parts.plan(done);
    },
  };
}
