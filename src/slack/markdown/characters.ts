import { type Source, wholeEnd } from './source.ts';
import { graphemes } from './width.ts';

const REFERENCE = /&[#\w]{1,31};/y;
const REFERENCE_BEGUN = /&[#\w]{0,31}$/y;
/** What a mark of ours comes behind. Divided there, a message would begin with two of ours, which stand for one of the agent's. */
const MARKED = /!\[(?=\])|!(?=\[)|\](?=:)/y;
/** At most so many code points stay together, and what Slack takes for markup begins something new. */
const UNIT = /^[\s\S][^`<&]{0,99}/u;
/** So much is read at a time: more than such a unit. */
const WINDOW = 400;

const isAscii = (code: number): boolean => code >= 0x20 && code <= 0x7e;

/**
 * Tells what a message may not end within: a character as people count them, a reference such as `&amp;`, `![`. What is
 * found depends on where a character begins, not on how much follows it.
 */
export function createCharacters(source: Source) {
  /** Characters found in the last window: where each ends, by where it begins. The last one may be cut off by it. */
  let ends = new Map<number, number>();

  function look(from: number, to: number): number {
    ends = new Map();
    let at = from;
    let begin = from;
    for (const one of graphemes(source.text.slice(from, to))) {
      ends.set(at, at + one.length);
      begin = at;
      at += one.length;
    }
    const end = ends.get(from) ?? to;
    ends.delete(begin);
    return end;
  }

  return {
    /** Where the one that begins at `begin` ends, not behind `to`. */
    endOf(begin: number, to: number): number {
      const { text } = source;
      REFERENCE.lastIndex = begin;
      if (REFERENCE.test(text)) return REFERENCE.lastIndex;
      MARKED.lastIndex = begin;
      const from = MARKED.test(text) ? MARKED.lastIndex : begin;
      if (from + 1 < to && isAscii(text.charCodeAt(from)) && isAscii(text.charCodeAt(from + 1)))
        return from + 1;
      const end = ends.get(from) ?? look(from, from + WINDOW < to ? wholeEnd(text, from + WINDOW) : to);
      return from + (UNIT.exec(text.slice(from, end))?.[0].length ?? 1);
    },
    /** May the one from `from` to `to` still grow, or turn out to be the beginning of a reference? */
    mayGrow(from: number, to: number): boolean {
      if (source.done) return false;
      REFERENCE_BEGUN.lastIndex = from;
      return to === source.text.length || REFERENCE_BEGUN.test(source.text);
    },
  };
}
