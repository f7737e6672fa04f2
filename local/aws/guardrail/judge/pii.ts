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

/**
 * Everything of the wanted types, in the order of the text. Pure. Where two overlap, the more telling one counts, and of
 * the same kind the first.
 */
export function findPii(text: string, wanted: ReadonlySet<string>): Span[] {
  const found: Span[] = [];
  for (const detector of DETECTORS) {
    if (!wanted.has(detector.type)) continue;
    for (const span of findAll(text, detector)) {
      if (!found.some((other) => span.start < other.end && other.start < span.end)) found.push(span);
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

function findAll(text: string, { type, pattern, accept }: Detector): Span[] {
  return [...text.matchAll(pattern)].flatMap((match) => {
    const value = match.groups?.value ?? match[0];
    if (value === '' || (accept && !accept(value))) return [];
    const start = match.indices?.groups?.value?.[0] ?? match.index;
    return [{ type, start, end: start + value.length }];
  });
}
