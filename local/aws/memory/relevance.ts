import { words } from './extraction.ts';

/**
 * How well texts fit a question, from 0 (no word in common) to below 1. AWS compares meanings; this compares words, with
 * rare ones counting more. Pure, and the same for the same texts.
 */
export function scoreTexts(query: string, texts: readonly string[]): number[] {
  const asked = new Set(words(query).map(stem));
  const bags = texts.map((text) => new Set(words(text).map(stem)));
  const weight = (word: string) => {
    const having = bags.filter((bag) => bag.has(word)).length;
    return Math.log(1 + (texts.length + 1) / (having + 1));
  };
  const weights = new Map([...asked].map((word) => [word, weight(word)]));
  const whole = [...weights.values()].reduce((sum, each) => sum + each, 0);
  return bags.map((bag) => {
    const hit = [...weights].reduce((sum, [word, each]) => sum + (bag.has(word) ? each : 0), 0);
    if (hit === 0) return 0;
    // Of two texts with the same hits the shorter one is more about them.
    return (hit / whole) * (0.9 + 0.09 / Math.sqrt(bag.size));
  });
}

/** Rough: "instances" finds "instance". */
const stem = (word: string) => (word.length > 3 ? word.replace(/(es|s)$/, '') : word);
