import { expect, it } from 'vitest';
import { arrivals, onArrival, pooled } from '../../../bench/engine/arrivals.ts';
import { seededRandom } from '../../../local/seeded-random.ts';

it('draws the same numbers from the same seed, and others from another', () => {
  const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(draw(3).every((number) => number >= 0 && number < 1)).toBe(true);
});

it('lets things arrive in order, at the rate that was asked for, with gaps of every length', () => {
  const at = arrivals(10_000, 100, seededRandom(7));
  expect(at).toEqual(at.toSorted((a, b) => a - b));
  const seconds = (at.at(-1) ?? 0) / 1000;
  expect(10_000 / seconds).toBeGreaterThan(97);
  expect(10_000 / seconds).toBeLessThan(103);
  const gaps = at.map((time, i) => time - (at[i - 1] ?? 0));
  expect(gaps.some((gap) => gap < 0.1)).toBe(true);
  expect(gaps.some((gap) => gap > 50)).toBe(true);
});

it('begins what arrives without waiting for what came before', async () => {
  const first = Promise.withResolvers<string>();
  const results = await onArrival([0, 0], async (i) => {
    if (i === 0) return first.promise;
    first.resolve('after the second');
    return 'second';
  });
  expect(results).toEqual(['after the second', 'second']);
});

it('runs everything once, never more at a time than allowed', async () => {
  const seen: number[] = [];
  let open = 0;
  let most = 0;
  await pooled(20, 3, async (i) => {
    open += 1;
    most = Math.max(most, open);
    await Promise.resolve();
    seen.push(i);
    open -= 1;
  });
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(most).toBe(3);
});
