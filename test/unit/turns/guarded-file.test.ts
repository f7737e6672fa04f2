import { expect, it } from 'vitest';
import type { ReplyFile } from '../../../src/chat/vocabulary.ts';
import { maskedFile, partsIn } from '../../../src/turns/guarded-file.ts';

const NAME = 'Alice Smith';
const fileOf = (bytes: Uint8Array, mediaType = 'text/csv'): ReplyFile => ({
  ...{ name: 'a.csv', title: 'A', alt: '', mediaType },
  base64: Buffer.from(bytes).toString('base64'),
});
/** Finds the name, and where it is cut, what is there of its beginning. */
const gate = {
  maskedIn: (text: string) => {
    const spans = [...text.matchAll(/Alice Smith/g)].map(({ index }) => ({ index, length: NAME.length }));
    const cut = /Alice(?: S?m?i?t?)?$/.exec(text);
    const all = cut ? [...spans, { index: cut.index, length: cut[0].length }] : spans;
    return all.map(({ index, length }) => ({ start: index, end: index + length, label: '{NAME}' }));
  },
};
const shown = (file: ReplyFile) => Buffer.from(maskedFile(file, gate) ?? '', 'base64').toString();

it.each([0, 1, 5, 7, 10, 11, 100, 199])(
  'a name %i characters before the end of a part is masked, once and whole',
  (before) => {
    const text = `${'x'.repeat(8_000 - before)}${NAME}${'y'.repeat(9_000)}`;
    const file = fileOf(Buffer.from(text));
    expect(shown(file)).toBe(text.replace(NAME, '{NAME}'));
  },
);

it('a file in which nothing is masked stays as it is, to the byte', () => {
  const bytes = Buffer.from([0x61, 0xff, 0x62]);
  expect(maskedFile(fileOf(bytes), gate)).toBe(bytes.toString('base64'));
  const picture = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'), Buffer.from(NAME)]);
  expect(maskedFile(fileOf(picture, 'image/png'), gate)).toBe(picture.toString('base64'));
});

it('a file as a spreadsheet writes it is read all the same', () => {
  const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`by ${NAME}`, 'utf16le')]);
  expect(partsIn(fileOf(bytes))).toEqual([`by ${NAME}`]);
  expect(shown(fileOf(bytes))).toBe('by {NAME}');
});

it.each(['application/octet-stream', 'application/vnd.ms-excel', 'application/toml', 'image/png', ''])(
  'words are read as well in a file that says it is %j',
  (mediaType) => {
    expect(shown(fileOf(Buffer.from(`by ${NAME}`), mediaType))).toBe('by {NAME}');
    expect(shown(fileOf(Buffer.from(`by ${NAME}`, 'utf16le'), mediaType))).toBe('by {NAME}');
    expect(shown(fileOf(Buffer.from(`by ${NAME}`, 'utf16le').swap16(), mediaType))).toBe('by {NAME}');
  },
);

it('a file is kept back until all of it was checked', () => {
  expect(maskedFile(fileOf(Buffer.from('abc')), { maskedIn: () => undefined })).toBeUndefined();
});
