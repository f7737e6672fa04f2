import { FULL_AT } from './borders.ts';
import { alignedWidth, type CodePiece, createCodeTable } from './code-table.ts';
import { type Container, indentOf } from './containers.ts';
import { type Context, PART_LIMIT, type Parts } from './parts.ts';
import { lineAt, type Source } from './source.ts';
import { alignOf, cellsOf, TABLE_LIMITS, tableBlock, weightOf } from './table.ts';

/** An aligned table wider than this wraps, so a table of its own in another message is better. */
const READABLE_WIDTH = 90;
const OTHER_BLOCK = /^[ \t]*(?:#{1,6}[ \t]|>|```|~~~|[-*+][ \t]|\d{1,9}[.)][ \t])/;

/** A row has a pipe and is no other block. `within`: columns that the lists around the table indent it by. */
function isRow(content: string, within: number): boolean {
  return content.includes('|') && !OTHER_BLOCK.test(content) && indentOf(content) <= within + 3;
}

export interface OpenTable {
  /** Reads the rows that have come since, and places what more rows cannot change. True when the table is over. */
  read(): boolean;
  /** Behind the last row. */
  end(): number;
}

export interface TableStart {
  /** The line above the delimiter line. */
  readonly head: string;
  /** Where what is not placed yet begins: with the head, or with the delimiter line where the head was sent as text. */
  readonly from: number;
  readonly delimiterAt: number;
  /** The lists that it stands in. */
  readonly kept: readonly Container[];
}

/** A table whose rows may still be coming. `cut` ends the message. */
export function openTable(
  source: Source,
  parts: Parts,
  cut: (context: Context) => void,
  start: TableStart,
): OpenTable {
  const delimiter = lineAt(source, start.delimiterAt);
  const head = cellsOf(start.head);
  const align = alignOf(delimiter.content);
  const within = start.kept.reduce((sum, one) => sum + (one.kind === 'item' ? one.width : 0), 0);
  const begun = source.text.slice(start.from, delimiter.end);
  let at = delimiter.end;
  let rows = 0;
  let weight = weightOf(head, head.length);
  let code: ReturnType<typeof createCodeTable> | undefined;

  const fitsBlock = (): boolean =>
    rows < TABLE_LIMITS.rows && head.length <= TABLE_LIMITS.columns && weight <= TABLE_LIMITS.characters;

  const endMessage = (): void => cut({ containers: [], within: false });

  function place(pieces: readonly CodePiece[]): void {
    for (const piece of pieces) {
      if (parts.isFull() || parts.size() + piece.text.length > PART_LIMIT) endMessage();
      parts.code(piece);
    }
  }

  /** All rows before `at`. Only few are ever read again: those of a table that fits a block. */
  function rowsSoFar(): { cells: string[]; line: string }[] {
    const found: { cells: string[]; line: string }[] = [];
    for (let from = delimiter.end; from < at; ) {
      const { content, end } = lineAt(source, from);
      found.push({ cells: cellsOf(content), line: source.text.slice(from, end) });
      from = end;
    }
    return found;
  }

  function becomeCode(): void {
    const made = createCodeTable({ head, align }, begun);
    code = made;
    for (const { cells, line } of rowsSoFar()) place(made.add(cells, line));
  }

  function add(content: string, end: number): void {
    const cells = cellsOf(content);
    const line = source.text.slice(at, end);
    at = end;
    if (code) {
      place(code.add(cells, line));
      return;
    }
    rows += 1;
    weight += weightOf(cells, head.length);
    if (!fitsBlock()) becomeCode();
  }

  function close(): void {
    if (!code) {
      const table = { head, align, rows: rowsSoFar().map(({ cells }) => cells) };
      if (!parts.hasTable() || alignedWidth(table) > READABLE_WIDTH) {
        if (parts.hasTable() || parts.isFull() || parts.size() >= FULL_AT.word) endMessage();
        parts.table(tableBlock(table), source.text.slice(start.from, at));
        return;
      }
      becomeCode();
    }
    place(code?.end() ?? []);
  }

  if (!fitsBlock()) becomeCode();

  return {
    end: () => at,
    read() {
      while (at < source.text.length) {
        const { content, end, complete } = lineAt(source, at);
        if (!complete) return false;
        if (!isRow(content, within)) break;
        add(content, end);
      }
      if (at === source.text.length && !source.done) return false;
      close();
      return true;
    },
  };
}
