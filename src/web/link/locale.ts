/** The languages of the link pages. */
export const LOCALES = ['en', 'de'] as const;
export type Locale = (typeof LOCALES)[number];

const FALLBACK: Locale = 'en';
/** Browsers send far less; whoever sends more is not read. */
const LONGEST_HEADER = 1000;

/**
 * The language to answer in: that of the hint (a chat user's own, like `de-DE`) if the pages have it, else the one that
 * the browser likes best.
 */
export function chooseLocale(acceptLanguage: string | undefined, hint?: string): Locale {
  return localeOf(hint ?? '') ?? preferred(acceptLanguage ?? '') ?? FALLBACK;
}

function localeOf(tag: string): Locale | undefined {
  const language = tag.trim().toLowerCase().split(/[-_]/)[0];
  return LOCALES.find((locale) => locale === language);
}

interface Wish {
  readonly locale: Locale;
  readonly weight: number;
}

function preferred(header: string): Locale | undefined {
  if (header.length > LONGEST_HEADER) return undefined;
  const wishes = header.split(',').flatMap(readWish);
  // Sorting is stable: of equal wishes the first one counts.
  return wishes.toSorted((a, b) => b.weight - a.weight)[0]?.locale;
}

/** One language with its weight, as RFC 9110 has it: `de-DE;q=0.8`. What is malformed or refused (`q=0`) is no wish. */
function readWish(entry: string): Wish[] {
  const [, tag = '', q = '1'] =
    /^\s*([a-z]{1,8}(?:-[a-z0-9]{1,8})*|\*)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/i.exec(entry) ??
    [];
  const locale = tag === '*' ? FALLBACK : localeOf(tag);
  const weight = Number(q);
  return locale !== undefined && weight > 0 ? [{ locale, weight }] : [];
}
