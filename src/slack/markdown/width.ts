const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });
const ZERO = /^[\p{Mark}\p{Cf}\p{Cc}]+$/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{17000}-\u{18fff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;

/** The characters of `text` as people count them: an emoji of several code points is one. */
export function graphemes(text: string): string[] {
  return Array.from(GRAPHEMES.segment(text), ({ segment }) => segment);
}

/** Columns that `text` takes in a monospaced font: two for CJK and emoji, none for marks. Source: Unicode UAX #11. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  // Without marks and joiners every code point stands for itself.
  const parts = /^[\p{L}\p{N}\p{P}\p{Zs}\p{Sm}\p{Sc}]*$/u.test(text) ? Array.from(text) : graphemes(text);
  return parts.reduce((sum, one) => sum + (ZERO.test(one) ? 0 : WIDE.test(one) ? 2 : 1), 0);
}
