/**
 * Which part of a growing text is checked next, and how much of it may then be shown. Pure.
 *
 * A window is checked as a whole; of it, the text up to its border is shown, and at least `HELD_BACK` characters behind
 * the border wait for the next window, which begins at the border. So whatever is no longer than that and begins before
 * the border stands in this window, and else in the next: none can hide between two.
 */

/** Nothing is shown before so many characters behind it were checked with it. */
export const HELD_BACK = 200;
/** How much new text the first windows wait for, and every later one. The first is hardly more than what is held back: a word
 * or two, so that reading can begin. */
const STEPS = [208, 350, 780, 1_780] as const;
/** No window is longer: two text units of AWS, which bills and limits by thousands of characters. */
const LONGEST_WINDOW = 2_000;
/** Without a space for so long, a word is cut. */
const LONGEST_WORD = 600;

export interface GrowingText {
  /** From the border of the last window on. */
  readonly text: string;
  /** How much of that the last window has seen. */
  readonly seen: number;
  /** Windows so far. */
  readonly windows: number;
  /** Nothing more will come. */
  readonly ended: boolean;
  /** It was waited long enough: what there is, is checked. */
  readonly due: boolean;
}

/** Offsets in the text. At the end of everything both are its length. */
export interface Window {
  /** Checked up to here. */
  readonly end: number;
  /** Shown up to here. */
  readonly border: number;
}

export function nextWindow({ text, seen, windows, ended, due }: GrowingText): Window | undefined {
  if (ended && text.length <= LONGEST_WINDOW) {
    // What the last window saw to its end needs no other.
    return text.length > seen ? { end: text.length, border: text.length } : undefined;
  }
  const whole = text.length >= LONGEST_WINDOW;
  const most = whole ? LONGEST_WINDOW : text.length;
  const end = wordBorder(text, most, seen);
  const fresh = end - seen;
  const step = STEPS[Math.min(windows, STEPS.length - 1)] ?? 0;
  if (!whole && (fresh <= 0 || (fresh < step && !due && !ended))) return undefined;
  const border = wordBorder(text, end - HELD_BACK, 0);
  if (fresh > 0 && border > 0) return { end, border };
  // A window that cannot grow any more is checked as it is: it ends in a very long word.
  return whole ? { end: most, border: wordBorder(text, most - HELD_BACK, 0) } : undefined;
}

/**
 * The last place up to `limit` and behind `least` where a word begins; where the text has none for very long, `limit`
 * itself. `least` when there is none yet.
 */
function wordBorder(text: string, limit: number, least: number): number {
  let last = least;
  for (let at = limit; at > least; at -= 1) {
    if (!isSpace(text.charCodeAt(at - 1))) continue;
    if (!betweenDigits(text, at)) return at;
    last = Math.max(last, at);
  }
  if (last > least || limit - least < LONGEST_WORD) return last;
  return isLowSurrogate(text.charCodeAt(limit)) ? limit - 1 : limit;
}

const isSpace = (code: number) =>
  code === 32 || (code >= 9 && code <= 13) || code === 0xa0 || code === 0x3000;
const isDigit = (code: number) => code >= 48 && code <= 57;
const isLowSurrogate = (code: number) => code >= 0xdc00 && code <= 0xdfff;

/** A number written in groups is one word. */
function betweenDigits(text: string, at: number): boolean {
  return at > 1 && isDigit(text.charCodeAt(at - 2)) && isDigit(text.charCodeAt(at));
}
