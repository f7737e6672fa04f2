import fc from 'fast-check';
import { expect, test } from 'vitest';
import { base32, nameOf } from '../../../src/chat/digest.ts';

// RFC 4648, section 10, lower case and without padding.
test.each([
  ['', ''],
  ['f', 'my'],
  ['fo', 'mzxq'],
  ['foo', 'mzxw6'],
  ['foob', 'mzxw6yq'],
  ['fooba', 'mzxw6ytb'],
  ['foobar', 'mzxw6ytboi'],
])('base32 of "%s" is "%s"', (plain, encoded) => {
  expect(base32(Buffer.from(plain))).toBe(encoded);
});

test('base32 gives different bytes different names of the expected length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), (a, b) => {
      expect(base32(a)).toHaveLength(Math.ceil((a.length * 8) / 5));
      expect(base32(a)).toMatch(/^[a-z2-7]*$/);
      expect(base32(a) === base32(b)).toBe(Buffer.compare(a, b) === 0);
    }),
  );
});

test('a name keeps the borders between the parts of a tuple', () => {
  expect(nameOf(['a', 'bc'])).not.toBe(nameOf(['ab', 'c']));
  expect(nameOf(['a', 'b'])).not.toBe(nameOf(['a","b']));
  expect(nameOf(['a', ''])).not.toBe(nameOf(['a']));
  expect(nameOf([1])).not.toBe(nameOf(['1']));
});

test('a name is 52 characters that every id may hold, and stays the same for ever', () => {
  expect(nameOf(['slack', 'T1', 'C1', '1.2'])).toBe('tz5px6p6qh5nf6s25zncqzw5jjyyeb7bvsmlqkfkbergz3j2pbea');
  expect(nameOf(['slack', 'T1', 'C1', '1.2'])).toMatch(/^[a-z2-7]{52}$/);
});
