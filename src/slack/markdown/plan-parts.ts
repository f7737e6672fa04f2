import { type BlockState, type Line, type LineKind, readLine, START, stateAfter } from './containers.ts';
import { createInline } from './inline.ts';
import { MARK } from './marks.ts';
import { type Context, closingRoom, createParts, itemLines, PART_LIMIT, type PartPlan } from './parts.ts';
import {
  alignedWidth,
  alignOf,
  beginsDelimiter,
  cellsOf,
  codePieces,
  fitsBlock,
  isDelimiter,
  type Row,
  sourceOf,
  type Table,
  tableBlock,
} from './table.ts';
import { graphemes } from './width.ts';

export type { PartPlan } from './parts.ts';

/**
 * How full a message must be before it ends at a border of each kind. What has been sent cannot be taken back, so a
 * message ends at the first border that is good enough, not at the best one. The room between the last of these and
 * the limit holds the longest thing that is never divided.
 */
const FULL_AT = {
  heading: 6_000,
  fence: 6_500,
  block: 7_000,
  item: 7_600,
  nested: 8_000,
  line: 8_400,
  word: 8_800,
  codeLine: 10_600,
  codeWord: 11_000,
} as const;
const FIRST_BORDER = FULL_AT.heading;
/** An aligned table wider than this wraps, so a table of its own in another message is better. */
const READABLE_WIDTH = 90;
/** From this close to the limit on, text is placed character by character. */
const CLOSE = 300;

/** A beginning of a line that tells what kind of line it is, whatever follows. */
const TELLING = /[^\s>*+\-_=#`~|:.)\d]/;
/** From here on a word may begin a message even if it looks like the beginning of a list or a definition. */
const LAST_RESORT = 10_800;
const PLAIN_START = /^[\p{L}\p{Extended_Pictographic}("'“‘«]/u;
/** Words, and the places between CJK sentences where no space stands. */
const WORD = /\s+|[^\s。！？；，、]*[。！？；，、]+|[^\s。！？；，、]+/gu;
const DEFINITION = /^ {0,3}\[(?:[^[\]\\\n]|\\.){1,999}\](?=:)/;
const SPECIAL = new RegExp(`[&<>[\\]:${MARK}]`, 'g');
const UNITS = /&[#\w]{1,31};/g;

/** How long emphasis may stay open before a cut divides it after all, in characters as sent. */
const patienceAt = (size: number): number => (size < 10_000 ? 1_000 : 0);

/** May a message begin with this word, of which at least the first four characters are known? */
function mayBegin(word: string, size: number): boolean {
  if (/^(?:`{3}|~{3}|_{3}|\*{3}|\*$)/.test(word)) return false;
  return size < LAST_RESORT ? /^[^\s\-+#>=|:[\d]/.test(word) : /^[^\s\-+#>=|:]/.test(word);
}

/** Is the line shown to the character? */
const isCode = (kind: LineKind): boolean => kind.startsWith('fence') || kind === 'indented';

/** At most what a word takes as sent. */
function longestForm(word: string): number {
  const special = word.match(SPECIAL)?.length ?? 0;
  return word.length + 6 * special + (word.includes('<http') ? word.length : 0);
}

type Border = keyof typeof FULL_AT;

/**
 * Cuts what the agent writes into messages in Slack's form. `done` false: more may follow, and what cannot be decided
 * yet (an unfinished table line, half a character) is held back.
 *
 * For every beginning of a text the result is a beginning of the whole text's: closed parts are equal, and in the open
 * part pieces only grow at the end. Each part keeps Slack's limits: 11,500 characters of text, 40 pieces, one table.
 */
export function planParts(markdown: string, done: boolean): PartPlan[] {
  // Half of a surrogate pair cannot be sent.
  const text = done ? markdown : markdown.replace(/[\ud800-\udbff]$/, '');
  const parts = createParts();
  let state: BlockState = START;
  let around: Context = { containers: [], within: true };
  /** The last line keeps with what follows it: a heading, or words that end in a colon. */
  let announces = false;
  let lastContent = '';
  /** A table ended the text in which lists were open: what goes on in them has to open them again. */
  let adrift = false;
  /** Inside a table that is shown as the agent wrote it: it is cut between rows only. */
  let grid = false;
  /** Where text goes while it is not placed yet. */
  let collect: ((more: string) => void) | undefined;
  const emit = (more: string): void => (collect ?? parts.text)(more);
  const inline = createInline(emit, parts.sent);

  let limit = PART_LIMIT - 1;

  function cut(context: Context): void {
    if (parts.isEmpty()) return;
    parts.cut(context);
    adrift = false;
  }

  /** The border before a line, by what the line begins with; undefined where no cut may be. */
  function borderBefore(line: Line, content: string): Border | undefined {
    const { kind, kept, opened } = line;
    if (kind === 'fence-text') return state.fence ? 'codeLine' : undefined;
    if (kind === 'blank' || kind === 'fence-close' || kind === 'underline' || kind === 'lazy')
      return undefined;
    const start = content.trimStart();
    if (/^(?:`{3}|~{3})/.test(start)) return 'fence';
    if (grid && kind === 'continuation') return 'line';
    if (kind === 'continuation') {
      return PLAIN_START.test(start) && !/^ {4}/.test(content) ? 'line' : undefined;
    }
    if (announces || kind === 'indented') return 'line';
    if (kept.length > 0) return 'nested';
    if (opened[0]?.kind === 'item' && state.stack[0]?.kind === 'item') return 'item';
    return kind === 'heading' || kind === 'rule' ? 'heading' : 'block';
  }

  /** Places text where the limit is close, one character at a time. Returns where it stopped. */
  function placeClosely(from: number, to: number, code: boolean): number {
    const word = text.slice(from, to);
    const units: string[] = [];
    let last = 0;
    for (const found of word.matchAll(UNITS)) {
      units.push(...graphemes(word.slice(last, found.index)), found[0]);
      last = found.index + found[0].length;
    }
    units.push(...graphemes(word.slice(last)));
    let at = from;
    let end = from;
    for (const unit of units.flatMap((one) => one.match(/[\s\S]{1,100}/gu) ?? [])) {
      end += unit.length;
      if (end <= at) continue;
      // The last character may still grow, or turn out to be the beginning of a reference.
      if (!done && (end === text.length || (to === text.length && /^&[#\w]{0,31}$/.test(text.slice(at)))))
        return at;
      const pending: string[] = [];
      collect = (more) => pending.push(more);
      const next = inline.send(text, at, end, done, code);
      collect = undefined;
      const out = pending.join('');
      if (parts.size() + out.length > limit) cut({ ...around, within: true });
      parts.text(out);
      if (next < end) return next;
      at = next;
    }
    return at;
  }

  /** Places the content of a line, word by word. Returns where it had to stop. */
  function placeContent(from: number, to: number, kind: LineKind): number {
    const code = isCode(kind);
    const fenceLine = kind === 'fence-open' || kind === 'fence-close';
    const border = fenceLine || grid ? LAST_RESORT : around.fence ? FULL_AT.codeWord : FULL_AT.word;
    let at = from;
    let words = 0;
    for (const found of text.slice(from, to).matchAll(WORD)) {
      const begin = from + found.index;
      const end = begin + found[0].length;
      if (end <= at) continue;
      const start = Math.max(at, begin);
      const word = /\S/.test(found[0]);
      if (word) words += 1;
      if (word && words > 1 && begin >= at && parts.size() >= border) {
        const growing = !done && end === text.length;
        if (!code && growing && end - begin < 4) return at;
        if (code || mayBegin(found[0].slice(0, 4), parts.size())) {
          const inside = code ? false : inline.inside(text, begin, done, patienceAt(parts.size()));
          if (inside === undefined) return at;
          if (!inside) cut({ ...around, within: true });
        }
      }
      const near = parts.size() + longestForm(text.slice(start, end)) > limit - CLOSE;
      at = near ? placeClosely(start, end, code) : inline.send(text, start, end, done, code);
      if (at < end) return at;
    }
    return at;
  }

  /** Places one table that is complete, or as much of it as more rows cannot change. */
  function placeTable(table: Table, ended: boolean): void {
    const block = fitsBlock(table);
    if (block && !ended) return;
    if (block && (parts.hasTable() ? alignedWidth(table) > READABLE_WIDTH : true)) {
      if (parts.hasTable() || parts.isFull() || parts.size() >= FULL_AT.word)
        cut({ containers: [], within: false });
      parts.table(tableBlock(table), sourceOf(table));
      return;
    }
    for (const piece of codePieces(table, ended)) {
      if (parts.isFull() || parts.size() + piece.text.length > PART_LIMIT)
        cut({ containers: [], within: false });
      parts.code(piece);
    }
  }

  /** The line at `from` without its containers' markers; `end` is behind its line break. */
  function lineAt(from: number): { content: string; end: number; complete: boolean } {
    const found = text.indexOf('\n', from);
    const complete = found >= 0;
    const end = complete ? found + 1 : text.length;
    return { content: text.slice(from, complete ? found : end), end, complete: complete || done };
  }

  /**
   * Reads rows from `from` on. A row has a pipe and is no other block.
   * `waits`: the line that follows may still become a row.
   */
  function readRows(from: number): { rows: Row[]; end: number; waits: boolean } {
    const rows: Row[] = [];
    let at = from;
    while (at < text.length) {
      const { content, end, complete } = lineAt(at);
      if (!complete) return { rows, end: at, waits: true };
      const other = /^[ \t]*(?:#{1,6}[ \t]|>|```|~~~|[-*+][ \t]|\d{1,9}[.)][ \t])/.test(content);
      if (other || !content.includes('|')) return { rows, end: at, waits: false };
      rows.push({ cells: cellsOf(content), source: text.slice(at, end) });
      at = end;
    }
    return { rows, end: at, waits: !done };
  }

  /** A table from its delimiter line on. Returns where the text goes on, or -1 to wait. */
  function takeTable(head: string, from: number, delimiterAt: number): number {
    const { content, end } = lineAt(delimiterAt);
    const { rows, end: after, waits } = readRows(end);
    placeTable({ head: cellsOf(head), align: alignOf(content), source: text.slice(from, end), rows }, !waits);
    return waits ? -1 : after;
  }

  let pos = 0;
  while (pos < text.length) {
    const { content: whole, end, complete } = lineAt(pos);
    // Nothing of a line is sent before it tells what it is: text, a list, an underline, a table's delimiters, a fence.
    if (!complete && !TELLING.test(whole)) break;
    const raw = whole.replace(/\r$/, '');
    const line = readLine(state, raw);
    const content = raw.slice(line.at);
    const indent = /^[ \t]*/.exec(content)?.[0].replaceAll('\t', '    ').length ?? 0;
    const code = isCode(line.kind);
    // It may still turn out to be code within a paragraph.
    if (!complete && line.kind === 'fence-open') break;
    const quoted = [...line.kept, ...line.opened].some((one) => one.kind === 'quote');
    const alone = !code && !quoted && line.opened.length === 0 && indent <= 3;

    if (alone && content.trimStart().startsWith('|')) {
      if (!complete) break;
      const below = lineAt(end);
      const under = below.content.replace(/\r$/, '');
      const undecided = !done && end === text.length;
      if (undecided || (!below.complete && (under.trim() === '' || beginsDelimiter(under)))) break;
      if (isDelimiter(content, under) && below.end > end) {
        pos = takeTable(content, pos, end);
        if (pos < 0) break;
        state = { stack: line.kept, paragraph: false };
        adrift = line.kept.length > 0;
        inline.reset();
        announces = false;
        continue;
      }
    }
    let delimiter = false;
    if (state.paragraph && !code && line.opened.length === 0 && beginsDelimiter(content)) {
      if (!complete) break;
      delimiter = isDelimiter(lastContent, content) && content.trim() !== '';
      if (delimiter && alone) {
        pos = takeTable(lastContent, pos, pos);
        if (pos < 0) break;
        state = { stack: line.kept, paragraph: false };
        adrift = line.kept.length > 0;
        inline.reset();
        announces = false;
        continue;
      }
    }

    const goesOn = ['continuation', 'lazy', 'underline'].includes(line.kind);
    if (parts.size() >= FIRST_BORDER) {
      const border = delimiter ? undefined : borderBefore(line, content);
      const full = border !== undefined && parts.size() >= FULL_AT[border];
      const open = full && goesOn && inline.inside(text, pos, done, patienceAt(parts.size()));
      if (open === undefined) break;
      if (full && !open)
        cut({
          containers: line.kept,
          within: false,
          fence: line.kind === 'fence-text' ? state.fence : undefined,
        });
    }

    if (!goesOn) inline.reset();
    grid = goesOn && (grid || delimiter);
    // Marks in one row mean nothing in the next.
    if (grid) inline.reset();
    const defined = code ? null : DEFINITION.exec(content);
    inline.line(defined ? pos + line.at + defined[0].length : -1);
    around = {
      containers: line.kind === 'lazy' ? state.stack : [...line.kept, ...line.opened],
      within: true,
      indented: line.kind === 'indented',
      fence: line.kind === 'fence-text' ? state.fence : undefined,
    };
    // One character is left for a mark at the end.
    limit = PART_LIMIT - 1 - (around.fence ? closingRoom(around) : 0);
    if (parts.size() + line.at + 2 + (adrift ? CLOSE : 0) > limit)
      cut({ ...around, containers: line.kept, within: false });
    if (line.kept.length === 0 && line.kind !== 'blank') adrift = false;
    if (adrift && line.kind !== 'blank') {
      parts.text(itemLines(line.kept));
      adrift = false;
    }
    parts.text(raw.slice(0, line.at));
    let begin = pos + line.at;
    if (delimiter) {
      // The first character, and a mark that keeps the line from making a table.
      parts.text(text.charAt(begin) + MARK);
      begin += 1;
    }
    const stop = placeContent(begin, end, line.kind);
    if (stop < end) break;
    if (line.kind !== 'blank') {
      announces = line.kind === 'heading' || /:\s*$/.test(content);
      lastContent = content;
    }
    state = stateAfter(state, line);
    pos = end;
  }
  return parts.plan(done);
}
