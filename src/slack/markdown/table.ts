import type { Json } from '../json.ts';
import { readCell, richCell } from './cells.ts';

/**
 * Slack's limits for a table block: 100 rows with the head, 20 columns, 10,000 characters in all cells of a message.
 * Source: Slack, "Table block". A little less is used, because it does not say how it counts.
 */
export const TABLE_LIMITS = { rows: 100, columns: 20, characters: 9_500 } as const;

export type Align = 'left' | 'center' | 'right';

export interface Table {
  readonly head: readonly string[];
  readonly align: readonly Align[];
  /** The cells of each row. */
  readonly rows: readonly (readonly string[])[];
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

const DELIMITER = /^[ \t]*(?:\|[ \t]*)?:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*(?:\|[ \t]*)?$/;

/** May this beginning of a line still become a table's delimiter line? */
export function beginsDelimiter(content: string): boolean {
  return /^[ \t]*[|:-][|: \t-]*$/.test(content);
}

/** Is this the delimiter line under `head`? Nothing but dashes is an underline. */
export function isDelimiter(head: string, content: string): boolean {
  return DELIMITER.test(content) && /[|:]/.test(content) && cellsOf(content).length === cellsOf(head).length;
}

export function alignOf(delimiter: string): Align[] {
  return cellsOf(delimiter).map((cell) =>
    cell.endsWith(':') ? (cell.startsWith(':') ? 'center' : 'right') : 'left',
  );
}

/** As many cells as the head has; what a row has beyond is added to its last cell, so that nothing is lost. */
export function asWide(cells: readonly string[], columns: number): string[] {
  const fitted = Array.from({ length: columns }, (_, at) => cells[at] ?? '');
  if (cells.length > columns) fitted[columns - 1] = cells.slice(columns - 1).join(' | ');
  return fitted;
}

/** What cells count in a table block. */
export const weightOf = (cells: readonly string[], columns: number): number =>
  asWide(cells, columns).reduce((sum, cell) => sum + Math.max(1, cell.length), 0);

export function tableBlock({ head, align, rows }: Table): Json {
  return {
    type: 'table',
    rows: [head, ...rows].map((cells) => asWide(cells, head.length).map((cell) => richCell(readCell(cell)))),
    column_settings: align.map((one) => ({ align: one, is_wrapped: true })),
  };
}
