import { expect, it } from 'vitest';
import { createLately } from '../../../src/store/lately.ts';

let now = 0;
const lately = () => {
  now = 1_000;
  return createLately<string>({ most: 3, keptMs: 100, now: () => now });
};

it('what was learnt is known for its time, and no longer', () => {
  const known = lately();
  known.set('a', 'one');
  now += 99;
  expect(known.get('a')).toBe('one');
  now += 1;
  expect(known.get('a')).toBeUndefined();
  expect(known.get('b')).toBeUndefined();
});

it('what is learnt again is known from then on', () => {
  const known = lately();
  known.set('a', 'one');
  now += 60;
  known.set('a', 'two');
  now += 60;
  expect(known.get('a')).toBe('two');
});

it('the oldest goes when there is too much, and what was learnt again is not the oldest', () => {
  const known = lately();
  for (const name of ['a', 'b', 'c', 'a', 'd']) known.set(name, name);
  expect(['a', 'b', 'c', 'd'].map((name) => known.get(name))).toEqual(['a', undefined, 'c', 'd']);
});

it('what is dropped is forgotten, unless something else was learnt since', () => {
  const known = lately();
  known.set('a', 'one');
  known.drop('a', 'another');
  expect(known.get('a')).toBe('one');
  known.drop('a', 'one');
  expect(known.get('a')).toBeUndefined();
  known.set('b', 'two');
  known.clear();
  expect(known.get('b')).toBeUndefined();
});
