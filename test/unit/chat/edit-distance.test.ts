import fc from 'fast-check';
import { expect, it } from 'vitest';
import { editDistance } from '../../../src/chat/edit-distance.ts';

it.each([
  ['sessions', 'sessions', 0],
  ['sesions', 'sessions', 1],
  ['stpo', 'stop', 1],
  ['histroy', 'history', 1],
  ['resmue', 'resume', 1],
  ['statsu?', 'status', 2],
  ['', 'new', 3],
  ['kitten', 'sitting', 3],
  ['coffee', 'export', 4],
])('from %j to %j it is %i', (from, to, distance) => {
  expect(editDistance(from, to, 3)).toBe(distance);
});

it('is the same both ways, and never more than the letters there are', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '😀'), maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b, 20);
      expect(distance).toBe(editDistance(b, a, 20));
      expect(distance).toBeLessThanOrEqual(Math.max([...a].length, [...b].length));
      expect(distance === 0).toBe(a === b);
      // A limit only cuts it off.
      for (const most of [0, 1, 2, 3]) expect(editDistance(a, b, most)).toBe(Math.min(distance, most + 1));
    }),
    { numRuns: 1_000 },
  );
});
