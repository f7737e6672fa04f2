import { editDistance } from '../chat/edit-distance.ts';
import { LIMITS, type SessionEntry } from './session-entry.ts';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The longest beginning of a text with at most `most` UTF-16 units that cuts no character as people see it. Pure. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  let end = 0;
  // What follows the first units cannot move the borders before them, but for one that is too long itself.
  for (const { index, segment } of graphemes.segment(text.slice(0, most * 2))) {
    if (index + segment.length > most) break;
    end = index + segment.length;
  }
  return text.slice(0, end).trimEnd();
}

/** One line without what cannot be seen, or turns the line around; emoji stay whole. Pure. */
export function cleanLine(text: string, most: number): string {
  const line = text
    .toWellFormed()
    .replace(/\s+/g, ' ')
    // The joiner stays (U+200D): emoji and several scripts are written with it.
    .replace(/[\p{Cc}\p{Co}\p{Cn}]|(?!\u200d)\p{Cf}/gu, '')
    .replace(/ +/g, ' ')
    .normalize('NFC')
    .trim();
  return cut(line, most);
}

/** A name out of a first question; where nothing was asked, the word for any. Pure. */
export function nameFrom(question: string): string {
  const lines = question
    .split('\n')
    .map((line) => cleanLine(line.replace(/^[\s#>*`_~-]+/, ''), LIMITS.question));
  const line = lines.find((words) => words !== '') ?? '';
  if (line === '') return 'Conversation';
  if (line.length <= LIMITS.name) return line;
  const short = cut(line, LIMITS.name - 1);
  const space = short.lastIndexOf(' ');
  return `${space > LIMITS.name / 2 ? short.slice(0, space) : short}…`;
}

/**
 * A name is a base and a number that makes it unique: `Costs (2)`. A longer base than the name holds is shown without its
 * end, so names are told apart by the part that is always shown.
 */
export interface SplitName {
  readonly base: string;
  /** 1 is not shown. */
  readonly suffix: number;
}

/** Longer than any number behind a name. */
const ALWAYS_SHOWN = LIMITS.name - 16;

export function splitName(name: string): SplitName {
  const clean = cleanLine(name, LIMITS.name) || 'Conversation';
  const [, base, digits] = /^(.*\S) \(([2-9]|[1-9]\d{1,4})\)$/.exec(clean) ?? [];
  return base === undefined ? { base: clean, suffix: 1 } : { base, suffix: Number(digits) };
}

export function joinName({ base, suffix }: SplitName): string {
  if (suffix === 1) return base;
  const end = ` (${suffix})`;
  return `${cut(base, LIMITS.name - end.length)}${end}`;
}

/** What two bases have in common that nobody may tell apart. */
export const sameBase = (base: string): string => fold(cut(base, ALWAYS_SHOWN));

/** How texts are compared: without case, accents, what cannot be seen, and marks at the end. Pure. */
export function fold(text: string): string {
  // Most names are plain, and thousands are looked through at a time.
  const plain = ASCII.test(text)
    ? text.toLowerCase()
    : text
        .normalize('NFKD')
        .replace(/[\u0300-\u036f\p{Cf}]/gu, '')
        .toLowerCase()
        .normalize('NFC');
  const folded = plain.replace(/\s+/g, ' ').trim();
  return folded.replace(/[\s?!.…]+$/u, '') || folded;
}
const ASCII = /^[\x20-\x7e]*$/;

/** A tag as it is kept: one word or more, without the `#`. */
export const cleanTag = (tag: string): string => cleanLine(tag.replace(/^[\s#]+/, ''), LIMITS.tag);

type Labels = Pick<SessionEntry, 'name' | 'tags' | 'project'>;

const wordsOf = (text: string): string[] => wordsIn(fold(text));

const wordsIn = (folded: string): string[] =>
  folded
    .split(' ')
    .map((word) => word.replace(/^#/, ''))
    .filter((word) => word !== '');

/** Asks for entries that have all the words, each anywhere in name, tags or project. Pure. */
export function matcher(words: string): (labels: Labels) => boolean {
  const wanted = wordsOf(words);
  return ({ name, tags, project }) => {
    const all = fold([name, project, ...tags].join(' \n '));
    return wanted.every((word) => all.includes(word));
  };
}

/** How far what somebody typed is from a name: 0 begins with it … 3 has words like it; undefined: too far. Pure. */
export function distanceTo(typed: string): (labels: Labels) => number | undefined {
  const [whole, words] = [fold(typed), wordsOf(typed)];
  const most = Math.min(3, Math.ceil(whole.length / 4));
  const hasAll = matcher(typed);
  return (labels) => {
    if (words.length === 0) return undefined;
    const name = fold(labels.name);
    if (name.startsWith(whole)) return 0;
    if (hasAll(labels)) return 1;
    if (isNear(whole, name, most)) return 2;
    const known = wordsIn(name);
    return words.every((word) => known.some((other) => isNear(word, other, word.length > 3 ? 1 : 0)))
      ? 3
      : undefined;
  };
}

/** Lengths are compared first: nearly always they tell already. A letter may have two units. */
const isNear = (a: string, b: string, most: number): boolean =>
  a === b || (Math.abs(a.length - b.length) <= most * 2 && most > 0 && editDistance(a, b, most) <= most);
