/** Texts as bags of words, roughly stemmed, so that what is said in other forms is still the same word. */

const STOP = new Set(
  `a an and any are as at be been but by can could did do does for from give had has have how i if in into is it its
  make me my of on or our should show so tell than that the their them then there these they this to up us was we were
  what when where which who why will with would you your about please much many best write
  der die das den dem des ein eine einen einem einer und oder ist sind war wie was wer wo warum ich du er sie es wir mir mich
  mein meine dein für von mit zu zum zur auf an im in am bei nicht kann soll bitte welche welcher hat habe
  le la les l un une des de du d et ou est sont était comment que qui quoi où pourquoi je tu il elle nous vous me mon ma mes
  pour par avec sur dans au aux en ne pas peut quel quelle quels a ai ce cette
  el los las una unos unas y o es son era cómo qué quién dónde cuál cuándo yo tú él ella mi mis tu su para por con sobre
  en del al no puede hay lo se`.split(/\s+/),
);

const stem = (word: string) => (word.length > 4 ? word.replace(/(?:ies|es|s|ing|ed|en|e)$/u, '') : word);

/** In the order of the text, with repetitions, without words that say nothing. */
export const contentWords = (text: string): string[] =>
  (text.toLowerCase().match(/[\p{L}\p{N}]+(?:[.:-]\p{N}+)*/gu) ?? [])
    .filter((word) => !STOP.has(word))
    .map(stem);

/** Share of words in common, from 0 to 1. */
export function similarity(a: readonly string[], b: readonly string[]): number {
  const one = new Set(a);
  const two = new Set(b);
  if (one.size === 0 || two.size === 0) return 0;
  const common = [...one].filter((word) => two.has(word)).length;
  return common / Math.max(one.size, two.size);
}
