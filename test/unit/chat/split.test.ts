import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitText } from '../../../src/chat/split.ts';

// Text as agents write it: words, lines, paragraphs, character references, emoji.
const piece = fc.constantFrom(
  'word',
  ' ',
  '\n',
  '\n\n',
  '&amp;',
  '&lt;',
  '&gt;',
  '😀',
  'é',
  '>',
  '\t',
  'a'.repeat(30),
);
const text = fc.array(piece, { maxLength: 120 }).map((pieces) => pieces.join(''));
const limit = fc.integer({ min: 12, max: 60 });

test('the parts joined are the text, and none is longer than the limit', () => {
  fc.assert(
    fc.property(text, limit, (whole, max) => {
      const parts = splitText(whole, max);
      expect(parts.join('')).toBe(whole);
      for (const part of parts) expect(part.length).toBeLessThanOrEqual(max);
    }),
  );
});

test('no part but the only one is empty', () => {
  fc.assert(
    fc.property(text, limit, (whole, max) => {
      const parts = splitText(whole, max);
      if (parts.length > 1) expect(parts.every((part) => part !== '')).toBe(true);
    }),
  );
  expect(splitText('', 12)).toEqual(['']);
});

test('while a text grows, its finished parts stay as they are', () => {
  fc.assert(
    fc.property(text, text, limit, (before, more, max) => {
      const finished = splitText(before, max).slice(0, -1);
      expect(splitText(before + more, max).slice(0, finished.length)).toEqual(finished);
    }),
  );
});

test('neither an emoji nor a character reference is cut in two', () => {
  fc.assert(
    fc.property(text, limit, (whole, max) => {
      for (const part of splitText(whole, max)) {
        expect(part.isWellFormed()).toBe(true);
        expect(part.replaceAll(/&(?:amp|lt|gt);/g, '')).not.toMatch(/&[a-z]*$/);
      }
    }),
  );
});

test('a text of exactly the limit is one part; one more character makes two', () => {
  expect(splitText('a'.repeat(20), 20)).toEqual(['a'.repeat(20)]);
  expect(splitText('a'.repeat(21), 20)).toEqual(['a'.repeat(20), 'a']);
});

test('a paragraph border is better than a line border, and that better than a space', () => {
  expect(splitText('aaaaaaaa bbbb\n\ncc\ndd ee', 20)[0]).toBe('aaaaaaaa bbbb\n\n');
  expect(splitText('aaaaaaaa bbbb\ncc dd ee ff', 20)[0]).toBe('aaaaaaaa bbbb\n');
  expect(splitText('aaaaaaaa bbbb ccccccccccc', 20)[0]).toBe('aaaaaaaa bbbb ');
});

test('a border in the first half is passed over: it would make many small messages', () => {
  expect(splitText(`a ${'b'.repeat(40)}`, 20)[0]).toHaveLength(20);
});

test('a limit too small for one whole character still comes to an end', () => {
  expect(splitText('😀😀', 1).join('')).toBe('😀😀');
  expect(splitText('&amp;&amp;', 3).join('')).toBe('&amp;&amp;');
});

test('a megabyte of unbroken text is split at once', () => {
  const whole = 'x'.repeat(1_000_000);
  expect(splitText(whole, 11_500)).toHaveLength(87);
});
