import { expect, test } from 'vitest';
import type { ReplyFile } from '../../../src/chat/vocabulary.ts';
import { choosePictures, namedOnly } from '../../../src/teams/pictures.ts';

const file = (bytes: Buffer, more: Partial<ReplyFile> = {}): ReplyFile => ({
  name: 'chart.png',
  mediaType: 'image/png',
  base64: bytes.toString('base64'),
  title: '',
  alt: '',
  ...more,
});
function png(width: number, height: number, length = 64): Buffer {
  const bytes = Buffer.alloc(length);
  Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1').copy(bytes);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}
function gif(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.write('GIF89a', 'latin1');
  bytes.writeUInt16LE(width, 6);
  bytes.writeUInt16LE(height, 8);
  return bytes;
}
/** With a comment before the frame. */
function jpeg(width: number, height: number): Buffer {
  const frame = Buffer.from([0xff, 0xc0, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255, 3]);
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, 6, 1, 2, 3, 4]), frame, Buffer.alloc(20)]);
}

test.each([
  ['PNG', file(png(1_024, 1_024))],
  ['GIF', file(gif(640, 480), { name: 'a.gif', mediaType: 'image/gif' })],
  ['JPEG', file(jpeg(800, 600), { name: 'a.jpg', mediaType: 'image/jpeg' })],
  ['JPEG by its other name', file(jpeg(800, 600), { name: 'a.jpg', mediaType: 'image/JPG; q=1' })],
])('a %s that Teams takes is shown', (_name, one) => {
  const { pictures, remarks } = choosePictures([one]);
  expect(pictures).toEqual([
    { name: one.name, mediaType: expect.stringMatching(/^image\/(?:png|gif|jpeg)$/), base64: one.base64 },
  ]);
  expect(remarks).toEqual([]);
});

test('what a picture shows is said in words', () => {
  const { remarks } = choosePictures([file(png(9, 9), { title: 'Costs', alt: 'Costs rise from 3\nto 9' })]);
  expect(remarks).toEqual(['Costs: Costs rise from 3 to 9']);
});

test.each([
  ['too wide', file(png(1_025, 9)), '1025 × 9 pixels'],
  ['too high', file(jpeg(9, 2_000), { mediaType: 'image/jpeg' }), '9 × 2000 pixels'],
  ['too large', file(png(9, 9, 1_100_000)), 'larger than 1 MB'],
  ['far too large', file(Buffer.alloc(3_000_000)), 'larger than 1 MB'],
  ['something else', file(Buffer.from('<svg onload="x()"/> and some more words')), 'not the picture'],
  ['another kind of picture', file(gif(9, 9)), 'not the picture'],
  ['a cut JPEG', file(jpeg(9, 9).subarray(0, 12), { mediaType: 'image/jpeg' }), 'not the picture'],
  ['empty', file(Buffer.alloc(0)), 'not the picture'],
  ['a table', file(Buffer.from('a,b'), { name: 'a.csv', mediaType: 'text/csv' }), 'cannot show files'],
  [
    'a drawing with scripts',
    file(Buffer.from('<svg/>'), { name: 'a.svg', mediaType: 'image/svg+xml' }),
    'cannot show files',
  ],
])('%s is named, with why it is not shown', (_name, one, why) => {
  const { pictures, remarks } = choosePictures([one]);
  expect(pictures).toEqual([]);
  expect(remarks).toEqual([expect.stringContaining(why)]);
  expect(remarks[0]).toContain(one.name);
});

test('a reply shows five pictures, and names the others', () => {
  const { pictures, remarks } = choosePictures(Array.from({ length: 7 }, () => file(png(9, 9))));
  expect(pictures).toHaveLength(5);
  expect(remarks).toHaveLength(2);
});

test('names carry no path, no line and no turned writing', () => {
  const { remarks } = namedOnly([file(png(9, 9), { name: '../../etc/\u202egnp.\nexe' })]);
  expect(remarks).toEqual(['I made the file gnp. exe, but cannot show files in Teams yet.']);
});
