import { plainText, readCell } from './cells.ts';
import { MARK } from './marks.ts';
import { type Align, asWide, type Table } from './table.ts';
import { graphemes, widthOf } from './width.ts';

/** Rows of an aligned table that go into one piece; the head is repeated in each. */
const CODE_LIMIT = 5_000;
/** Cells longer than this are not padded: one long remark would make every row as long. */
const PADDED_WIDTH = 48;

function pad(cell: string, width: number, align: Align): string {
  const missing = Math.max(0, width - widthOf(cell));
  const before = align === 'right' ? missing : align === 'center' ? missing >> 1 : 0;
  return ' '.repeat(before) + cell + ' '.repeat(missing - before);
}

const escapeCode = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Lines of at most `limit` characters as sent. */
function wrap(line: string, limit: number): string[] {
  const whole = escapeCode(line);
  if (whole.length <= limit) return [whole];
  const lines = [''];
  for (const one of graphemes(line).flatMap((cluster) => cluster.match(/[\s\S]{1,100}/gu) ?? [])) {
    const sent = escapeCode(one);
    if ((lines.at(-1) ?? '').length + sent.length > limit) lines.push('');
    lines[lines.length - 1] += sent;
  }
  return lines;
}

/** The words of a row's cells as code shows them; a line break becomes a space. */
const wordsOf = (cells: readonly string[], columns: number): string[] =>
  asWide(cells, columns).map((cell) =>
    plainText(readCell(cell)).replaceAll(MARK, '').replaceAll(/\s+/g, ' '),
  );

interface Sheet {
  readonly rows: readonly string[][];
  readonly widths: readonly number[];
  /** At most what rows have beyond their columns, in characters as sent. */
  readonly excess: number;
}

/** `sheet` with one more row. */
function withRow({ rows, widths, excess }: Sheet, row: string[]): Sheet {
  const wide = [...widths];
  let more = 0;
  for (const [column, cell] of row.entries()) {
    const width = widthOf(cell);
    if (width <= PADDED_WIDTH) wide[column] = Math.max(wide[column] ?? 3, width);
    more += escapeCode(cell).length - width + Math.max(0, width - PADDED_WIDTH);
  }
  return { rows: [...rows, row], widths: wide, excess: excess + more };
}

const headOf = ({ head }: Pick<Table, 'head'>): Sheet =>
  withRow({ rows: [], widths: head.map(() => 3), excess: 0 }, wordsOf(head, head.length));

const lineWidth = ({ widths }: Sheet): number => widths.reduce((sum, width) => sum + width + 2, 0);

/** At most what the sheet takes as sent. */
const sizeOf = (sheet: Sheet): number => (sheet.rows.length + 1) * (lineWidth(sheet) + 1) + sheet.excess;

/** Aligned lines in a fence; in several, where single rows are longer than a message. */
function fenced(sheet: Sheet, align: readonly Align[]): string[] {
  const lines = sheet.rows.map((row) =>
    row
      .map((cell, column) => pad(cell, sheet.widths[column] ?? 3, align[column] ?? 'left'))
      .join('  ')
      .trimEnd(),
  );
  const runs = lines.flatMap((line) => line.match(/`+/g) ?? []);
  const longest = runs.reduce((most, run) => Math.max(most, run.length), 2);
  const fence = '`'.repeat(Math.min(longest + 1, 60));
  const rule = sheet.widths.map((width) => '-'.repeat(width)).join('  ');
  const body = [lines[0] ?? '', rule, ...lines.slice(1)].flatMap((line) => wrap(line, CODE_LIMIT));
  const fences: string[] = [''];
  for (const line of body) {
    const last = fences.at(-1) ?? '';
    if (last.length + line.length > 2 * CODE_LIMIT) fences.push(`${line}\n`);
    else fences[fences.length - 1] = `${last}${line}\n`;
  }
  return fences.map((text) => `${fence}\n${text}${fence}\n`);
}

/** Width of the aligned table, to tell whether it would be readable as code. */
export function alignedWidth(table: Table): number {
  const rows = table.rows.map((cells) => wordsOf(cells, table.head.length));
  const sheet = rows.reduce(withRow, headOf(table));
  return Math.max(...sheet.rows.flat().map(widthOf), lineWidth(sheet) - 2);
}

export interface CodePiece {
  readonly text: string;
  /** The lines of Markdown that it stands for. */
  readonly source: string;
}

/**
 * Makes aligned code of a table as its rows come, in pieces cut between rows with the head repeated. A piece is there
 * with the first row that it has no room for; the last, with the end. `begun`: head and delimiter line as written.
 */
export function createCodeTable({ head, align }: Pick<Table, 'head' | 'align'>, begun: string) {
  let sheet = headOf({ head });
  let source = begun;

  function pieces(): CodePiece[] {
    const texts = fenced(sheet, align);
    const made = texts.map((text, at) => ({ text, source: at === 0 ? source : '' }));
    sheet = headOf({ head });
    source = '';
    return made;
  }

  return {
    /** `line`: the row as written, with its line break. */
    add(cells: readonly string[], line: string): CodePiece[] {
      const row = wordsOf(cells, head.length);
      const longer = withRow(sheet, row);
      const full = sheet.rows.length > 1 && sizeOf(longer) > CODE_LIMIT;
      const made = full ? pieces() : [];
      sheet = full ? withRow(sheet, row) : longer;
      source += line;
      return made;
    },
    end: pieces,
  };
}
