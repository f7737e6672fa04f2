import { expect, test } from 'vitest';
import { splitText } from '../../../src/teams/split.ts';

const bytes = (text: string) => Buffer.byteLength(JSON.stringify(text));

test('a short text is one piece, an empty one too', () => {
  expect(splitText('')).toEqual([{ text: '', full: false }]);
  expect(splitText('a\nb')).toEqual([{ text: 'a\nb', full: false }]);
});

test.each([
  ['lines', 'A line of some words.\n'.repeat(4_000)],
  ['one long line', 'word '.repeat(20_000)],
  ['no spaces', 'x'.repeat(80_000)],
  ['wide characters', '😀'.repeat(20_000)],
  ['what JSON escapes', '"\\\u0001\n'.repeat(9_000)],
])('every piece of a long text fits, and together they are the text (%s)', (_name, text) => {
  const pieces = splitText(text);
  expect(pieces.length).toBeGreaterThan(2);
  expect(pieces.map((piece) => piece.text).join('')).toBe(text);
  for (const piece of pieces) expect(bytes(piece.text)).toBeLessThan(25_000);
  expect(pieces.slice(0, -1).every(({ full }) => full)).toBe(true);
});

test('a block of code that is cut is closed, and opened again in the next piece', () => {
  const pieces = splitText(`before\n~~~~ts\n${'const a = 1;\n'.repeat(3_000)}~~~\n~~~~\nafter`);
  expect(pieces).toHaveLength(2);
  expect(pieces[0]?.text.endsWith('const a = 1;\n~~~~')).toBe(true);
  expect(pieces[1]?.text.startsWith('~~~~ts\nconst a = 1;\n')).toBe(true);
  expect(pieces[1]?.text.endsWith('~~~\n~~~~\nafter')).toBe(true);
});

test.each([
  ['words', `\`\`\`json ${'{"a":1}'.repeat(3_400)}`],
  ['a mark', '`'.repeat(23_000)],
])(
  'what opens a block of code with more than can be repeated does not fill the pieces behind it (%s)',
  (_name, opening) => {
    const code = 'const a = 1;\n'.repeat(2_600);
    const pieces = splitText(`${opening}\n${code}`).map(({ text }) => text);
    expect(pieces).toHaveLength(3);
    for (const piece of pieces) expect(bytes(piece)).toBeLessThan(25_000);
  },
);

test('text that grows never changes a piece that was full, and only adds to the last', () => {
  const text = `${'Some words of a line.\n'.repeat(900)}\`\`\`\n${'code "x" \\ y\n'.repeat(2_500)}\`\`\`\n${'word '.repeat(6_000)}`;
  let before = splitText('');
  for (let length = 0; length < text.length; length += 997) {
    const now = splitText(text.slice(0, length));
    for (const [i, piece] of before.entries()) {
      if (piece.full) expect(now[i]).toEqual(piece);
      else expect(now[i]?.text.startsWith(piece.text)).toBe(true);
    }
    before = now;
  }
});

test('a table that is cut has its head in every piece, and what follows it has none', () => {
  const head = '| id | state |\n|---|:-:|\n';
  const rows = Array.from({ length: 1_500 }, (_, i) => `| i-${i} | running and "well" |\n`);
  const text = `These:\n\n${head}${rows.join('')}\nThat is all.`;
  const pieces = splitText(text).map((piece) => piece.text);
  expect(pieces.length).toBeGreaterThan(1);
  for (const piece of pieces.slice(1)) expect(piece.startsWith(`${head}| i-`)).toBe(true);
  expect(pieces.map((piece, i) => (i === 0 ? piece : piece.slice(head.length))).join('')).toBe(text);
  for (const piece of pieces) expect(bytes(piece)).toBeLessThan(25_000);
});

test('a table that ends where a piece does takes its head nowhere', () => {
  const tableOf = (rows: number) => `| a | b |\n|---|---|\n${'| some words | of a row |\n'.repeat(rows)}`;
  let rows = 700;
  while (splitText(`${tableOf(rows)}\nWords.`).length === 1) rows += 1;
  const pieces = splitText(`${tableOf(rows)}\nWords.`).map(({ text }) => text);
  expect(pieces).toHaveLength(2);
  expect(pieces[1]).toBe('\nWords.');
});
