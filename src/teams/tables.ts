import { attached, type Json } from './cards.ts';

/** A table that stands on a card of its own below the words. */
export interface Table {
  /** As the words name it: 1, 2, … */
  readonly number: number;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Lifted {
  /** The words, with the name of a table where it stood. */
  readonly text: string;
  readonly tables: readonly Table[];
}

/** Text shows narrower ones well enough also where it does not make tables of Markdown, and as they come. */
const WIDE_FROM = 6;
const MOST_COLUMNS = 12;
/** Of one card, and of all of them. Larger tables stay in the words. */
const CARD_BYTES = 12_000;
const ALL_BYTES = 48_000;

const ROW = /^ {0,3}\|/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const DELIMITER = /^ {0,3}\|[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const MAY_BE_DELIMITER = /^ {0,3}(?:\|[|: \t-]*)?$/;

/**
 * Takes wide tables out of the words. `done` false: more may follow, and what may still become such a table is held back:
 * the text for a beginning is a beginning of the text for the whole. Pure.
 */
export function liftTables(text: string, done: boolean): Lifted {
  const lines = text.split('\n');
  const tables: Table[] = [];
  const out: string[] = [];
  let room = ALL_BYTES;
  let fence: string | undefined;
  let inRows = false;
  /** Whether all of this line is there. */
  const whole = (at: number) => done || at < lines.length - 1;
  let at = 0;

  /** The table whose head this line is; `wait` while nobody can tell. */
  const tableAt = (first: number): { readonly table: Table; readonly end: number } | 'wait' | undefined => {
    const [head = '', delimiter = ''] = [lines[first], lines[first + 1]];
    if (!whole(first)) return 'wait';
    if (first + 1 >= lines.length) return undefined;
    if (!whole(first + 1)) return MAY_BE_DELIMITER.test(delimiter) ? 'wait' : undefined;
    const cells = cellsOf(head);
    const fits = cells.length >= WIDE_FROM && cells.length <= MOST_COLUMNS;
    if (!fits || !DELIMITER.test(delimiter) || cellsOf(delimiter).length !== cells.length) return undefined;
    const rows: string[][] = [];
    let bytes = 500 + bytesOf(cells);
    for (let i = first + 2; ; i += 1) {
      const line = lines[i] ?? '';
      const over = i >= lines.length || (!ROW.test(line) && (whole(i) || !/^ {0,3}$/.test(line)));
      if (over) return { table: { number: tables.length + 1, head: cells, rows }, end: i };
      if (!whole(i)) return 'wait';
      const row = asWide(cellsOf(line), cells.length);
      bytes += bytesOf(row);
      if (bytes > Math.min(CARD_BYTES, room)) return undefined;
      rows.push(row);
    }
  };

  for (; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const mark = FENCE.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence) && line.trim() === mark) fence = undefined;
    } else if (mark !== undefined) fence = mark;
    else if (!ROW.test(line)) {
      if (!whole(at) && line !== '' && /^ {0,3}$/.test(line)) break;
      inRows = false;
    } else if (!inRows) {
      const found = tableAt(at);
      if (found === 'wait') break;
      if (found) {
        tables.push(found.table);
        room -= bytesOf([found.table.head, ...found.table.rows].flat());
        out.push(`*Table ${found.table.number}, below*`);
        at = found.end - 1;
        continue;
      }
      inRows = true;
    }
    out.push(line);
  }
  // What is held back brings its line's border with it.
  return { text: out.join('\n') + (at < lines.length && out.length > 0 ? '\n' : ''), tables };
}

/** The cells of one line. A pipe with a backslash before it belongs to its cell. */
function cellsOf(line: string): string[] {
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.replaceAll('\\|', '|').trim());
}

/** As many cells as the head has; what a row has beyond is added to its last cell, so that nothing is lost. */
function asWide(cells: readonly string[], columns: number): string[] {
  const fitted = Array.from({ length: columns }, (_, i) => cells[i] ?? '');
  if (cells.length > columns) fitted[columns - 1] = cells.slice(columns - 1).join(' | ');
  return fitted;
}

/** What a cell costs on a card, its words and what is around them. */
const CELL_BYTES = 90;
const bytesOf = (cells: readonly string[]) =>
  cells.reduce((sum, cell) => sum + CELL_BYTES + Buffer.byteLength(JSON.stringify(wordsOf(cell))), 0);

/** Cards read a part of Markdown, but no code. */
const wordsOf = (cell: string) =>
  cell.replace(/(`+)(.+?)\1/g, (_whole, _mark, code: string) => code.replace(/[\\*_[\]~]/g, '\\$&'));

/** Source: Adaptive Cards 1.5, "Table"; Teams shows it from that version on. */
export function tableCard({ number, head, rows }: Table): Json {
  const cell = (text: string): Json => ({
    type: 'TableCell',
    items: [{ type: 'TextBlock', text: wordsOf(text), wrap: true }],
  });
  return attached({
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: '1.5',
    msteams: { width: 'Full' },
    body: [
      { type: 'TextBlock', text: `Table ${number}`, weight: 'Bolder', wrap: true },
      {
        type: 'Table',
        firstRowAsHeaders: true,
        columns: head.map(() => ({ width: 1 })),
        rows: [head, ...rows].map((cells) => ({ type: 'TableRow', cells: cells.map(cell) })),
      },
    ],
  });
}

/** The same in words, as Markdown. */
export function tableWords({ number, head, rows }: Table): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const lines = [head, head.map(() => '---'), ...rows].map(line);
  return [`**Table ${number}**`, '', ...lines].join('\n');
}
