import type { Json } from '../json.ts';
import { plainText, readCell, richCell } from './cells.ts';
import { MARK } from './marks.ts';
import { graphemes, widthOf } from './width.ts';

/**
 * Slack's limits for a table block: 100 rows with the head, 20 columns, 10,000 characters in all cells of a message.
 * Source: Slack, "Table block". A little less is used, because it does not say how it counts.
 */
export const TABLE_LIMITS = { rows: 100, columns: 20, characters: 9_500 } as const;

/** Rows of an aligned table that go into one piece; the head is repeated in each. */
const CODE_LIMIT = 5_000;
/** Cells longer than this are not padded: one long remark would make every row as long. */
const PADDED_WIDTH = 48;

type Align = 'left' | 'center' | 'right';

export interface Row {
  readonly cells: readonly string[];
  /** The line as the agent wrote it, with its line break. */
  readonly source: string;
}

export interface Table {
  readonly head: readonly string[];
  readonly align: readonly Align[];
  /** Head and delimiter lines as written; without the head where that was sent as text already. */
  readonly source: string;
  readonly rows: readonly Row[];
}

/** The cells of one line. A pipe with a backslash before it belongs to its cell. */
export function cellsOf(line: string): string[] {
  const inner = line.trim().replace(/^\|/, '');
  const cells: string[] = [''];
  for (const [token] of inner.matchAll(/\\[\s\S]|[^\\|]+|\||\\/g)) {
    if (token === '|') cells.push('');
    else cells[cells.length - 1] += token === '\\|' ? '|' : token;
  }
  if (cells.length > 1 && cells.at(-1)?.trim() === '') cells.pop();
  return cells.map((cell) => cell.trim());
}

const DELIMITER = /^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/** May this beginning of a line still become a table's delimiter line? */
export function beginsDelimiter(content: string): boolean {
  return /^[ \t]*[|:-][|: \t-]*\r?$/.test(content);
}

/** Is this the delimiter line under `head`? */
export function isDelimiter(head: string, content: string): boolean {
  const line = content.trimEnd();
  if (!DELIMITER.test(line) || !(line.includes('|') || line.includes(':') || head.includes('|')))
    return false;
  return cellsOf(line).length === cellsOf(head).length && (line.includes('|') || !/^-+$/.test(line.trim()));
}

export function alignOf(delimiter: string): Align[] {
  return cellsOf(delimiter).map((cell) =>
    cell.endsWith(':') ? (cell.startsWith(':') ? 'center' : 'right') : 'left',
  );
}

/** As many cells as the head has; what a row has beyond is added to its last cell, so that nothing is lost. */
function asWide(cells: readonly string[], columns: number): string[] {
  const fitted = Array.from({ length: columns }, (_, at) => cells[at] ?? '');
  if (cells.length > columns) fitted[columns - 1] = cells.slice(columns - 1).join(' | ');
  return fitted;
}

const fittedRows = (table: Table): string[][] =>
  [{ cells: table.head }, ...table.rows].map(({ cells }) => asWide(cells, table.head.length));

/** True while the table may stand in a table block. */
export function fitsBlock(table: Table): boolean {
  if (table.rows.length >= TABLE_LIMITS.rows || table.head.length > TABLE_LIMITS.columns) return false;
  let characters = 0;
  for (const row of fittedRows(table)) for (const cell of row) characters += Math.max(1, cell.length);
  return characters <= TABLE_LIMITS.characters;
}

export function tableBlock(table: Table): Json {
  return {
    type: 'table',
    rows: fittedRows(table).map((row) => row.map((cell) => richCell(readCell(cell)))),
    column_settings: table.align.map((align) => ({ align, is_wrapped: true })),
  };
}

export const sourceOf = (table: Table): string =>
  table.source + table.rows.map(({ source }) => source).join('');

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
  readonly widths: number[];
  readonly rows: string[][];
  /** Characters as sent that rows have beyond their columns. */
  excess: number;
}

function addTo(sheet: Sheet, row: string[]): void {
  for (const [column, cell] of row.entries()) {
    const width = widthOf(cell);
    if (width <= PADDED_WIDTH) sheet.widths[column] = Math.max(sheet.widths[column] ?? 3, width);
    sheet.excess += escapeCode(cell).length - width;
  }
  sheet.rows.push(row);
}

/** At most what the sheet takes as sent. */
const sizeOf = (sheet: Sheet): number =>
  (sheet.rows.length + 1) * sheet.widths.reduce((sum, width) => sum + width + 2, 1) +
  sheet.excess +
  sheet.rows.flat().reduce((sum, cell) => sum + Math.max(0, widthOf(cell) - PADDED_WIDTH), 0);

/** Aligned lines in a fence; in several, where single rows are longer than a message. */
function fenced(sheet: Sheet, align: readonly Align[]): string[] {
  const lines = sheet.rows.map((row) =>
    row
      .map((cell, column) => pad(cell, sheet.widths[column] ?? 3, align[column] ?? 'left'))
      .join('  ')
      .trimEnd(),
  );
  const longest = Math.max(2, ...lines.flatMap((line) => line.match(/`+/g) ?? []).map((run) => run.length));
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

export interface CodePiece {
  readonly text: string;
  readonly source: string;
}

/** Width of the aligned table, to tell whether it would be readable as code. */
export function alignedWidth(table: Table): number {
  const sheet: Sheet = { widths: table.head.map(() => 3), rows: [], excess: 0 };
  for (const { cells } of [{ cells: table.head }, ...table.rows])
    addTo(sheet, wordsOf(cells, table.head.length));
  const longest = Math.max(...sheet.rows.flat().map(widthOf));
  return Math.max(
    longest,
    sheet.widths.reduce((sum, width) => sum + width + 2, -2),
  );
}

/**
 * The table as aligned code, cut between rows with the head repeated. `ended` false: more rows may come, so the last
 * rows wait. A piece depends only on the rows up to the first one that it has no room for. `rows`: how many are placed.
 */
export function codePieces(table: Table, ended: boolean): CodePiece[] {
  const pieces: CodePiece[] = [];
  const columns = table.head.length;
  const head = wordsOf(table.head, columns);
  const begin = (): Sheet => {
    const sheet: Sheet = { widths: table.head.map(() => 3), rows: [], excess: 0 };
    addTo(sheet, head);
    return sheet;
  };
  let sheet = begin();
  let source = table.source;
  const flush = (): void => {
    for (const [at, text] of fenced(sheet, table.align).entries())
      pieces.push({ text, source: at === 0 ? source : '' });
    sheet = begin();
    source = '';
  };
  for (const row of table.rows) {
    const words = wordsOf(row.cells, columns);
    const tried: Sheet = { widths: [...sheet.widths], rows: [...sheet.rows], excess: sheet.excess };
    addTo(tried, words);
    if (sheet.rows.length > 1 && sizeOf(tried) > CODE_LIMIT) {
      flush();
      addTo(sheet, words);
    } else sheet = tried;
    source += row.source;
  }
  if (ended && (source !== '' || pieces.length === 0)) flush();
  return pieces;
}
