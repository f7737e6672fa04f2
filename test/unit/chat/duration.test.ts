import { expect, it } from 'vitest';
import { spoken } from '../../../src/chat/duration.ts';

it.each([
  [0, '0 s'],
  [499, '0 s'],
  [10_000, '10 s'],
  [59_499, '59 s'],
  [59_500, '1 min 0 s'],
  [75_000, '1 min 15 s'],
  [3_599_000, '59 min 59 s'],
  [3_600_000, '1 h 0 min'],
  [9_000_000, '2 h 30 min'],
])('%d ms are said as %s', (ms, words) => {
  expect(spoken(ms)).toBe(words);
});
