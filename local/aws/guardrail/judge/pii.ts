import { type Detector, NUMBERS } from './pii-numbers.ts';
import { WORDS } from './pii-words.ts';

/** A piece of a text and what it is; offsets in UTF-16 units. */
export interface Span {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

// What is more telling comes first: the digits of a card are no phone number, and a key in an address is a key.
const DETECTORS: readonly Detector[] = [...WORDS, ...NUMBERS];

/** Belongs to no number and no word, so that nothing reaches over it. */
const TAKEN = '\u0000';

/**
 * Everything of the wanted types, in the order of the text. Pure. Where two overlap, the more telling one counts, and of
 * the same kind the first.
 */
export function findPii(text: string, wanted: ReadonlySet<string>): Span[] {
  const found: Span[] = [];
  let rest = text;
  for (const detector of DETECTORS) {
    if (!wanted.has(detector.type)) continue;
    for (const span of findAll(rest, detector)) {
      found.push(span);
      rest = rest.slice(0, span.start) + TAKEN.repeat(span.end - span.start) + rest.slice(span.end);
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

function findAll(text: string, { type, pattern, accept, isGrouped = false }: Detector): Span[] {
  const found: Span[] = [];
  const search = new RegExp(pattern);
  for (let match = search.exec(text); match; match = search.exec(text)) {
    const whole = match.groups?.value ?? match[0];
    const start = match.indices?.groups?.value?.[0] ?? match.index;
    const value = (isGrouped ? shorterOnes(whole) : [whole]).find((each) => !accept || accept(each)) ?? '';
    if (value !== '' && !value.includes(TAKEN)) found.push({ type, start, end: start + value.length });
    // What is none as a whole may hold one.
    search.lastIndex = value === '' ? match.index + 1 : start + value.length;
  }
  return found;
}

/** A number may be followed by another one: the whole, then without the last group, and so on. */
function shorterOnes(value: string): string[] {
  const shorter = value.replace(/[\s./-]+[^\s./-]*$/, '');
  return shorter === value ? [value] : [value, ...shorterOnes(shorter)];
}
