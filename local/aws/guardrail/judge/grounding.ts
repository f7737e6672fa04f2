import { contentWords } from './lexical.ts';

/**
 * How far an answer is covered by its source, and how far it is about the question; from 0 to 1. AWS compares meanings,
 * this compares words: a paraphrase scores too low here. Numbers count double, because they are what is made up.
 */
export function scoreGrounding(parts: {
  readonly source: string;
  readonly query: string;
  readonly answer: string;
}): { readonly GROUNDING: number; readonly RELEVANCE: number } {
  const answer = contentWords(parts.answer);
  return {
    GROUNDING: coverage(answer, new Set(contentWords(parts.source))),
    RELEVANCE: coverage(contentWords(parts.query), new Set(answer)),
  };
}

function coverage(words: readonly string[], by: ReadonlySet<string>): number {
  const weigh = (word: string) => (/\d/.test(word) ? 2 : 1);
  const whole = words.reduce((sum, word) => sum + weigh(word), 0);
  if (whole === 0) return 1;
  const hit = words.reduce((sum, word) => sum + (by.has(word) ? weigh(word) : 0), 0);
  return Math.round((hit / whole) * 100) / 100;
}
