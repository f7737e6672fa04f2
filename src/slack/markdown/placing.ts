import { CLOSE, FULL_AT, LAST_RESORT, mayBegin, patienceAt } from './borders.ts';
import { createCharacters } from './characters.ts';
import { isCode, type LineKind } from './containers.ts';
import type { Inline } from './inline.ts';
import { MARK } from './marks.ts';
import { type Context, closingRoom, PART_LIMIT, type Parts } from './parts.ts';
import { type Source, wholeEnd } from './source.ts';

/** Words, and the places between CJK sentences where no space stands. */
const WORD = /\s+|[^\s。！？；，、]*[。！？；，、]+|[^\s。！？；，、]+/gu;
const SPECIAL = `&>[]:${MARK}`;
/** At most what one of these takes as sent: `&amp;`, a mark before it, a word for an image that has none. */
const LONGEST_FORM = 7;
/** At most what an address in angle brackets takes over its own length: it is sent twice. */
const LONGEST_ADDRESS = 4_200;

/** How the text of a line is placed. */
export interface LineText {
  /** It is shown to the character. */
  readonly code: boolean;
  /** How full a message must be to end between two words. */
  readonly border: number;
  readonly around: Context;
  /** Characters that a message may hold before it is closed. */
  readonly limit: number;
}

/** `grid`: it is a row of a table that is shown as written. */
export function lineText(kind: LineKind, around: Context, grid: boolean): LineText {
  const whole = grid || kind === 'heading' || kind === 'fence-open' || kind === 'fence-close';
  return {
    code: isCode(kind),
    border: whole ? LAST_RESORT : around.fence ? FULL_AT.codeWord : FULL_AT.word,
    around,
    // One character is left for a mark at the end.
    limit: PART_LIMIT - 1 - (around.fence ? closingRoom(around) : 0),
  };
}

/** What a message ends in only where it must, and then between two characters: a word, white space, the rest after a cut. */
interface Stretch {
  readonly begin: number;
  /** How much of it may be sent before the limit is close. */
  readonly room: number;
  /** Where a character begins, not behind the place that was reached. */
  unit: number;
}

const isSpace = (character: string): boolean => /\s/.test(character);
const isStop = (character: string): boolean => /[。！？；，、]/.test(character);

export interface Placing {
  /** Begins the text of a line. */
  begin(from: number, as: LineText): void;
  /** Places it up to `to`, or as far as what follows is known. True when all of it is placed. */
  place(to: number): boolean;
  /** Where it stopped. */
  at(): number;
}

/**
 * Places the text of lines in messages, word by word. Where it has to wait it goes on later, and does then what it would
 * have done had all the text been there at once: nothing depends on the steps in which the text came.
 */
export function createPlacing(
  source: Source,
  parts: Parts,
  inline: Inline,
  cut: (context: Context) => void,
): Placing {
  const characters = createCharacters(source);
  let line: LineText = lineText('paragraph', { containers: [], within: true }, false);
  let from = 0;
  let at = 0;
  /** The line has a word already. */
  let worded = false;
  let stretch = stretchHere();

  function stretchHere(): Stretch {
    return { begin: at, room: line.limit - CLOSE - parts.size(), unit: at };
  }

  /** Is a border between words, and white space, where it stopped? */
  function betweenWords(): boolean {
    const before = source.text.charAt(at - 1);
    const after = source.text.charAt(at);
    return at === from || isSpace(before) !== isSpace(after) || (isStop(before) && !isStop(after));
  }

  /** How far the stretch is sent before the limit is close, whatever its characters turn out to be. */
  function plainEnd(end: number): number {
    const { text } = source;
    const { begin, room } = stretch;
    const word = text.slice(begin, end);
    if (LONGEST_FORM * word.length <= room && (line.code || !word.includes('<'))) return end;
    let left = room;
    for (let place = begin; place < end; place += 1) {
      const character = text.charAt(place);
      if (character === '<') left -= line.code ? LONGEST_FORM : LONGEST_ADDRESS;
      else left -= SPECIAL.includes(character) ? LONGEST_FORM : 1;
      if (left < 0) return Math.max(begin, wholeEnd(text, place));
    }
    return end;
  }

  /** Places the stretch where the limit is close, one character at a time. False when it has to wait. */
  function placeClosely(end: number): boolean {
    while (at < end) {
      const to = characters.endOf(stretch.unit, end);
      if (characters.mayGrow(stretch.unit, to)) return false;
      if (to <= at) {
        stretch.unit = to;
        continue;
      }
      const begun = at;
      const sent = parts.aside(() => {
        at = inline.send(begun, to, line.code);
      });
      if (at === begun) return false;
      // The break of a line of words takes the character that is left for a mark: no mark stands behind it.
      const more = !line.code && sent === '\n' ? 0 : sent.length;
      const full = parts.size() + more > line.limit;
      if (full) cut({ ...line.around, within: true });
      parts.text(sent);
      stretch.unit = at;
      if (full) {
        stretch = stretchHere();
        return true;
      }
    }
    return true;
  }

  /** Places the stretch up to `end`. False when it has to wait. */
  function placeStretch(end: number): boolean {
    while (at < end) {
      const plain = plainEnd(end);
      if (at < plain) {
        at = inline.send(at, plain, line.code);
        if (at < plain) return false;
      }
      if (!placeClosely(end)) return false;
    }
    // What was sent whole reached into the next word.
    if (at > end) stretch = stretchHere();
    return true;
  }

  /** Ends the message before the word at `at` if it is full enough. False when that cannot be told yet. */
  function endBefore(word: string): boolean {
    if (!worded || parts.size() < line.border) return true;
    const growing = !source.done && at + word.length === source.text.length;
    if (!line.code && growing && word.length < 4) return false;
    if (!line.code && !mayBegin(word.slice(0, 4), parts.size())) return true;
    const inside = line.code ? false : inline.inside(at, patienceAt(parts.size()));
    if (inside === false) cut({ ...line.around, within: true });
    return inside !== undefined;
  }

  return {
    at: () => at,
    begin(start, as) {
      line = as;
      from = start;
      at = start;
      worded = false;
    },
    place(to) {
      const base = at;
      for (const found of source.text.slice(base, to).matchAll(WORD)) {
        const begin = base + found.index;
        const end = begin + found[0].length;
        if (end <= at) continue;
        const word = /\S/.test(found[0]);
        if (begin === at && betweenWords()) {
          if (word && !endBefore(found[0])) return false;
          stretch = stretchHere();
        }
        if (!placeStretch(end)) return false;
        worded ||= word;
      }
      return at >= to;
    },
  };
}
