import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReplyFile } from '../../../src/chat/vocabulary.ts';
import { chooseFiles, MOST_FILES } from '../../../src/slack/files-choice.ts';

const file = (name: string, mediaType = 'text/plain', more: Partial<ReplyFile> = {}): ReplyFile => ({
  name,
  mediaType,
  base64: 'aGVsbG8=',
  title: '',
  alt: '',
  ...more,
});
const nameOf = (name: string, mediaType?: string) => chooseFiles([file(name, mediaType)]).uploads[0]?.name;

test.each([
  ['report.csv', 'text/csv', 'report.csv'],
  ['/etc/passwd', 'text/plain', 'passwd.txt'],
  ['..\\..\\win\\chart', 'image/png', 'chart.png'],
  ['chart.html', 'image/png', 'chart.png'],
  ['photo.JPEG', 'image/jpeg', 'photo.JPEG'],
  ['app.log', 'text/plain', 'app.log'],
  ['page.html', 'text/plain', 'page.txt'],
  ['.bashrc', 'text/plain; charset=utf-8', 'bashrc.txt'],
  ['<!channel>.csv', 'text/csv', '_!channel_.csv'],
  ['a\u202egnp.exe', 'application/x-unknown', 'a gnp.exe'],
  ['', 'application/x-unknown', 'file.txt'],
  ['über 日本.png', 'image/png', 'über 日本.png'],
])('%j of %s is uploaded as %s', (name, mediaType, wanted) => {
  expect(nameOf(name, mediaType)).toBe(wanted);
});

test('what is said of a file mentions nobody', () => {
  const [upload] = chooseFiles([
    file('a.csv', 'text/csv', { title: '<!here> A', alt: '<@U1> and a < b' }),
  ]).uploads;
  expect(upload).toMatchObject({ title: '<\u200b!here> A', alt: '<\u200b@U1> and a < b' });
});

test('two files of one name get two names', () => {
  const names = chooseFiles([file('a.csv'), file('A.csv'), file('a.csv')]).uploads.map((one) => one.name);
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(3);
});

test('whatever a file is called, what goes to Slack is short, on one line and no path', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 1_500 });
  fc.assert(
    fc.property(
      text,
      text,
      text,
      fc.constantFrom('image/png', 'text/csv', 'text/plain', 'x/y'),
      (name, title, alt, type) => {
        const { uploads } = chooseFiles([file(name, type, { title, alt })]);
        expect(uploads).toHaveLength(1);
        for (const upload of uploads) {
          expect(upload.name).toMatch(/^[^/\\<>\p{Cc}]{1,110}$/u);
          expect(upload.name).toMatch(/[^.]\.[a-z0-9]{1,8}$/i);
          expect(upload.title.length).toBeGreaterThan(0);
          expect(upload.title.length).toBeLessThanOrEqual(200);
          expect(upload.alt.length).toBeLessThanOrEqual(1_000);
          for (const value of [upload.name, upload.title, upload.alt])
            expect(value.isWellFormed()).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('ten files of ten megabytes are the most; of what is left out, each is named', () => {
  const most = Buffer.alloc(10 * 1024 * 1024).toString('base64');
  const { uploads, remarks } = chooseFiles([
    file('fits.txt', 'text/plain', { base64: most }),
    file('large.txt', 'text/plain', { base64: Buffer.alloc(10 * 1024 * 1024 + 1).toString('base64') }),
    file('empty.txt', 'text/plain', { base64: '' }),
    ...Array.from({ length: MOST_FILES }, (_, i) => file(`${i}.txt`)),
  ]);
  expect(uploads.map((one) => one.name)).toEqual([
    'fits.txt',
    ...Array.from({ length: 7 }, (_, i) => `${i}.txt`),
  ]);
  expect(remarks).toHaveLength(5);
  expect(remarks[0]).toBe('I could not attach “large.txt”: it is larger than 10 MB.');
});
