/**
 * Cuts text into messages. Teams takes about 28 KB of a message, everything included; what is sent is JSON, so that is
 * what is counted. A part is full at the first end of a line behind `SOFT`, at the first space behind `SPACE`, and at
 * `HARD` wherever that is. Each cut depends only on what stands before it, so that growing text never changes a part
 * that was shown.
 */
const SOFT = 22_000;
const SPACE = 23_000;
const HARD = 24_000;

export interface Piece {
  readonly text: string;
  /** Another one follows: nothing will be added to it. */
  readonly full: boolean;
}

/** Bytes of a character in JSON. */
function costOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x22 || code === 0x5c || code === 0x0a || code === 0x09 || code === 0x0d) return 2;
  if (code < 0x20) return 6;
  if (code < 0x80) return 1;
  return code < 0x8_00 ? 2 : code < 0x1_00_00 ? 3 : 4;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})[^\n]*/;

/** The line below the head of a table. */
const DELIMITER = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
/** A longer head, or opening line of a block of code, is not worth repeating: it would fill the next piece. */
const HEAD_LIMIT = 1_000;
/** A longer run opens no block of code to us. */
const LONGEST_MARK = 60;

/**
 * Always one piece at least. A block of code that is cut is closed, and opened again in the next piece; a table that is
 * cut between two rows has its head there, too. `share`: of what a part holds otherwise.
 */
export function splitText(text: string, share = 1): Piece[] {
  const pieces: Piece[] = [];
  /** The line that opened the block of code we are in. */
  let fence: string | undefined;
  /** The two lines that opened the table we are in. */
  let head: string | undefined;
  let before = '';
  let begun = '';
  let size = 0;
  let from = 0;
  let lineFrom = 0;

  const close = (end: number) => {
    const mark = fence && (FENCE.exec(fence)?.[1] ?? '```');
    const body = begun + text.slice(from, end);
    pieces.push({ text: mark ? `${body}${body.endsWith('\n') ? '' : '\n'}${mark}` : body, full: true });
    const rowsFollow = head !== undefined && end === lineFrom && text[end] === '|';
    begun =
      fence !== undefined ? `${fence.length <= HEAD_LIMIT ? fence : mark}\n` : rowsFollow ? (head ?? '') : '';
    size = [...begun].reduce((sum, character) => sum + costOf(character), 0);
    from = end;
  };

  let at = 0;
  for (const character of text) {
    at += character.length;
    size += costOf(character);
    if (character === '\n') {
      const line = text.slice(lineFrom, at - 1);
      fence = fenceAfter(line, fence);
      head = fence === undefined ? headAfter(line, before, head) : undefined;
      before = line;
      lineFrom = at;
      if (size >= SOFT * share) close(at);
    } else if (size >= HARD * share || (size >= SPACE * share && character === ' ')) close(at);
  }
  if (from < text.length || pieces.length === 0) pieces.push({ text: begun + text.slice(from), full: false });
  return pieces;
}

function fenceAfter(line: string, fence: string | undefined): string | undefined {
  const found = FENCE.exec(line);
  if (!found) return fence;
  const [, mark = ''] = found;
  if (fence === undefined) return mark.length <= LONGEST_MARK ? line : undefined;
  const [, opened = ''] = FENCE.exec(fence) ?? [];
  return mark.startsWith(opened) && line.trim() === mark ? undefined : fence;
}

function headAfter(line: string, before: string, head: string | undefined): string | undefined {
  if (head !== undefined) return line.includes('|') ? head : undefined;
  const begins = before.includes('|') && line.includes('|') && DELIMITER.test(line);
  const lines = `${before}\n${line}\n`;
  return begins && lines.length <= HEAD_LIMIT ? lines : undefined;
}
