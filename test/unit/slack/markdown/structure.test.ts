import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tidyDocument } from './documents.ts';
import { judge } from './judge.ts';

/** How many documents the judge reads; it is slow. `MARKDOWN_JUDGED=20000` is the long run. */
const DOCUMENTS = Number(process.env.MARKDOWN_JUDGED ?? 100);
// The everyday run reads the same documents every time.
const seed = { seed: Number(process.env.MARKDOWN_SEED ?? 20_260_401) };

function expectWhole(text: string): void {
  const { damage, expected, got } = judge(text);
  expect(damage).toEqual([]);
  expect(got).toEqual(expected);
}

test('no message ends inside a word, character, link, image, code, heading, row, list marker or short fence, and every fence arrives with its language and every line', {
  timeout: 1_800_000,
}, () => {
  fc.assert(fc.property(tidyDocument, expectWhole), { numRuns: DOCUMENTS, ...seed });
});

const words = (length: number): string => 'word '.repeat(length / 5);
const CODE = `\`${'some words of code '.repeat(60)}\``;
const FENCE = '~~~js\n- no list\n\n|---|---|\n~~~';
const indented = (text: string, by: number): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(by));

// Found by the law above, and made short.
test.each([
  // A bare address takes the backtick behind it.
  ['code behind an address that ends in a backtick', `${words(8_500)}see https://a.b/c\` and ${CODE} end`],
  ['code behind one in what is no tag to Slack', `${words(8_500)}<https://a.b|c>\` and ${CODE} end`],
  [
    'code behind one after brackets that are no link',
    `${words(8_500)}[https://a.b](c d) https://a.b\`x ${CODE} end`,
  ],
  // No list that begins with another number than 1 follows a paragraph's line.
  ['code over a line that looks like a list', `${words(8_500)}${CODE.replace(' of', '\n2) of')} end`],
  [
    'code over a line of a list that looks like one',
    `- ${words(8_500)}${CODE.replace(' of', '\n  10. of')} end`,
  ],
  // Nobody looks so far, but runs of backticks pair all the same.
  [
    'code behind code that is longer than what is kept whole',
    `${words(5_000)}\`\` some ${'`b` '.repeat(800)}\`\` and ${CODE.replaceAll('`', '``')} end`,
  ],
  [
    'code behind a backtick in code that is longer than what is kept whole',
    `${words(5_000)}\`\` some \` ${words(3_000)}\\\`\` and ${CODE} end`,
  ],
  // Between them may be no place but the beginning of a line.
  [
    'a word where code follows code in the next line',
    `${words(6_000)}\n${`\`${'some words of code '.repeat(50)}\`\n`.repeat(12)}`,
  ],
  // What follows a table is no paragraph, so that list may follow it.
  [
    'a fence in a list that follows a table in a quote',
    `> | a |\n> |---|\n> | b |\n> 10. c\n>\n${indented(FENCE, 4).replaceAll(/^/gm, '> ')}`,
  ],
  [
    'such a fence where a message ends',
    `${words(7_000)}\n\n> | a |\n> |---|\n> 10. c\n>\n${indented(FENCE, 4).replaceAll(/^/gm, '> ')}`,
  ],
  [
    'code in what follows a table whose last row is indented too far',
    `- a\n\n  | a |\n  |---|\n      | b |\n${`  and so on \`${'some | words\n  '.repeat(120)}\`\n`.repeat(12)}`,
  ],
  [
    'code in what follows such a table in a quote',
    `> | a |\n> |---|\n>     | b |\n${`> and so on \`${'some | words\n> '.repeat(120)}\`\n`.repeat(12)}`,
  ],
  // An item that begins with nothing is one.
  ['a long fence in an item without words', `2) -\n\n   ~~~js\n${'   line of code\n'.repeat(900)}   ~~~\n`],
  ['a long fence behind a bare marker', `-\n  ~~~js\n${'  line of code\n'.repeat(900)}  ~~~\n`],
  ['a long fence behind an item that is nothing', `-\n\n  ~~~js\n${'  line of code\n'.repeat(900)}  ~~~\n`],
  // An address in angle brackets is sent twice.
  ['a heading of addresses', `${words(5_990)}\n\n# ${`<https://a.b/${'p'.repeat(300)}> `.repeat(7)} end`],
  // What the judge itself has to know.
  ['a fence in a list that follows indented code', `    code\n10. ${words(9_000)}\n\n${indented(FENCE, 4)}`],
  ['a fence whose first line is its opening line', `~~~ a ~~~\n~~~ a ~~~\n${words(12_000)}`],
])('nothing is broken in %s', (_name, text) => {
  expectWhole(text);
});
