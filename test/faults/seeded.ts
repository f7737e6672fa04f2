import { seededRandom } from '../../local/seeded-random.ts';

/** Random choices that a seed repeats: the same seed gives the same choices in the same order (mulberry32). */
export interface Dice {
  /** From 0 up to 1. */
  next(): number;
  /** A whole number, both ends included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  /** Throws on an empty list. */
  pick<T>(items: readonly T[]): T;
}

export function createDice(seed: number): Dice {
  const next = seededRandom(Math.imul(seed, 0x9e3779b1));
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    chance: (probability) => next() < probability,
    pick(items) {
      const item = items[between(0, items.length - 1)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
  };
}
