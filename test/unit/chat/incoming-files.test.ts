import { expect, it } from 'vitest';
import {
  isText,
  MOST_BYTES,
  MOST_TEXT_BYTES,
  mediaTypeOf,
  unreadText,
  wrongWith,
} from '../../../src/chat/incoming-files.ts';

it.each([
  ['costs.csv', 'text/csv'],
  ['MAIN.TF', 'text/plain'],
  ['a.b.json', 'application/json'],
  ['chart.PNG', 'image/png'],
  ['report.pdf', 'application/pdf'],
  ['setup.exe', undefined],
  ['macro.xlsm', undefined],
  ['picture', undefined],
])('%s is read as %s', (name, type) => {
  expect(mediaTypeOf(name)).toBe(type);
});

it('reads what a file says it is, and no more of it than fits', () => {
  const png = Buffer.concat([Buffer.from([0x89]), Buffer.from('PNG\r\n\x1a\n'), Buffer.alloc(20)]);
  expect(wrongWith('image/png', png)).toBeUndefined();
  expect(wrongWith('image/png', Buffer.from('<script>'))).toBe('kind');
  expect(wrongWith('application/pdf', Buffer.from('%PDF-1.7'))).toBeUndefined();
  expect(wrongWith('text/csv', Buffer.from('a,b'))).toBeUndefined();
  expect(wrongWith('text/csv', Buffer.from('a\0b'))).toBe('not_text');
  expect(wrongWith('text/csv', Buffer.alloc(0))).toBe('empty');
  expect(wrongWith('text/csv', Buffer.alloc(MOST_TEXT_BYTES + 1, 'a'))).toBe('too_long');
  expect(wrongWith('image/png', Buffer.concat([png, Buffer.alloc(MOST_BYTES)]))).toBe('too_large');
});

it('tells the name on one line', () => {
  expect(unreadText('a\nb.csv', 'empty')).toBe('I could not read “a b.csv”: it is empty.');
  expect(isText('application/yaml')).toBe(true);
});
