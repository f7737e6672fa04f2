import { expect, test } from 'vitest';
import { type PartPlan, planParts } from '../../../../src/slack/markdown/plan-parts.ts';
import { recover } from '../../../../src/slack/markdown/recover.ts';
import { chunksSince } from '../../../../src/slack/markdown/sending.ts';

const sizeOf = ({ pieces }: PartPlan): number =>
  pieces.reduce((sum, piece) => sum + (piece.kind === 'text' ? piece.text.length : 0), 0);

/** Every step that `text` makes from `from` on, character by character, and the whole at last. */
function expectGrowth(text: string, from: number, to = text.length): void {
  let before = planParts(text.slice(0, from), false);
  const steps = Array.from({ length: to - from }, (_, step) =>
    planParts(text.slice(0, from + step + 1), false),
  );
  for (const now of [...steps, planParts(text, true)]) {
    for (const [at, part] of before.entries()) {
      const next = now[at];
      expect(
        next && (part.closed ? JSON.stringify(next) === JSON.stringify(part) : chunksSince(part, next)),
      ).toBeTruthy();
    }
    before = now;
  }
}

const WITHOUT_BORDERS = [
  ['letters', 'x'],
  ['ampersands', '&'],
  ['brackets', '<'],
  ['ideographs', '語'],
  ['families', '👩‍👩‍👧‍👦'],
  ['letters with marks', 'e\u0301'],
  ['spaces', ' '],
  ['backticks', '`'],
  ['square brackets', '['],
  ['invisible characters', '\u200b'],
  ['references', '&amp;'],
  ['pipes', '|'],
  ['digits', '7'],
] as const;

const INSIDE: readonly (readonly [string, (text: string) => string])[] = [
  ['a paragraph', (text) => `Look: ${text}`],
  ['a quote', (text) => `> ${text}`],
  ['a list', (text) => `- a\n  1. ${text}`],
  ['a fence', (text) => `~~~~js\nconst a = 1;\n${text}\n~~~~\nend`],
  ['a fence in a quoted list', (text) => `> 10. a\n>\n>     \`\`\`sh\n>     ${text}\n>     \`\`\``],
  ['indented code', (text) => `    ${text}`],
  ['a table', (text) => `| a | b |\n|---|---|\n| ${text} | c |\n`],
];

test.each(INSIDE)(
  'a text without any border in %s is cut at the limit, between characters, and comes back whole',
  (_name, wrap) => {
    for (const [, unit] of WITHOUT_BORDERS) {
      const text = wrap(unit.repeat(Math.ceil(18_000 / unit.length)));
      const parts = planParts(text, true);
      expect(recover(parts)).toBe(text);
      for (const part of parts) {
        expect(sizeOf(part)).toBeLessThanOrEqual(11_500);
        for (const piece of part.pieces) {
          if (piece.kind === 'text') expect(piece.text.isWellFormed()).toBe(true);
        }
      }
      for (const share of [0.61, 0.66]) {
        const at = Math.floor(text.length * share);
        expectGrowth(text, at, at + 2);
      }
    }
  },
);

test('one line of code that is longer than a message is told from lines that are not', () => {
  for (const line of ['word '.repeat(6_000), `${'word '.repeat(20)}\n`.repeat(300)]) {
    const text = `\`\`\`\n${line}\n\`\`\`\n`;
    const parts = planParts(text, true);
    expect(parts.length).toBeGreaterThan(2);
    expect(recover(parts)).toBe(text);
  }
});

test.each([
  ['a link', '[some words that say where](https://example.com/there "and a title")'],
  ['an image', '![some words that say what](https://example.com/there.png)'],
  ['code', '`some words of code`'],
  ['code with ticks', '`` some ` words of code ``'],
  ['emphasis', '**some words that matter a lot**'],
  ['a link of code', '[`a b c`](https://example.com/x_(y))'],
  ['emoji', '👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦'],
])('%s is never divided, wherever it meets the end of a message', (_name, whole) => {
  for (let filler = 8_700; filler <= 8_810; filler += 3) {
    const text = `${'word '.repeat(2_000).slice(0, filler)} ${whole} and then ${'more '.repeat(900)}`;
    const texts = planParts(text, true).map(({ pieces }) => recover([{ pieces, closed: true }]));
    expect(texts.length).toBe(2);
    expect(texts.filter((one) => one.includes(whole))).toHaveLength(1);
  }
});

test('a row of flags is divided between two of them, wherever it begins', () => {
  for (let before = 0; before < 8; before += 1) {
    const parts = planParts(`${'x'.repeat(before)}${'🇩🇪'.repeat(6_000)}`, true);
    expect(parts.length).toBeGreaterThan(2);
    for (const { pieces } of parts) expect(recover([{ pieces, closed: true }])).toMatch(/^x*(?:🇩🇪)+$/u);
  }
});

test('an ampersand is divided neither from its reference nor shown before it is known to begin one', () => {
  for (let filler = 11_150; filler <= 11_250; filler += 1) {
    const text = `${'x'.repeat(filler)}&amp;&lt;&copy;y and more`;
    expectGrowth(text, filler, filler + 20);
  }
});

test('near the end of a message nothing is shown that a later character would move to the next', () => {
  for (const whole of [
    '[alphabet b](https://x.y)',
    '[alphabet b c',
    '`alphabet b`',
    '**alphabet b** [c] (d',
    '![alphabet b](c) e',
  ]) {
    const text = `${'word '.repeat(1_759)}${whole} and then some more`;
    expectGrowth(text, 8_780);
  }
});

test('what never closes does not keep a message from ending', () => {
  for (const opener of ['`', '[', '**', '![', '](', '<https://', '~~']) {
    const parts = planParts(`${opener}${'word '.repeat(6_000)}`, true);
    for (const part of parts.slice(0, -1)) {
      const last = part.pieces.at(-1);
      expect(last?.kind === 'text' && last.text.endsWith('word ')).toBe(true);
    }
  }
});

test('a word as long as a book is carried whole', () => {
  for (const unit of ['x', '&', '語']) {
    const text = unit.repeat(200_000);
    expect(recover(planParts(text, true))).toBe(text);
  }
});

test('a line that is no delimiter line with one character more is not taken for one', () => {
  // Only spaces and tabs may stand around its cells.
  expectGrowth('| a |\n|---|\u00a0and more\n', 0);
  expect(planParts('| a |\n|---|\u00a0\n', true)[0]?.pieces.map(({ kind }) => kind)).toEqual(['text']);
});

test.each([
  ['a line break before a blank line', '\n\n  and more'],
  ['a line break before a line of spaces', '\n    \n  and more'],
  ['an image', '![words](https://a.b/c.png) and more'],
  ['an image without a description', '![](https://a.b/c.png) and more'],
  ['a definition', '\n  [^1]: and more'],
  ['what looks like a delimiter line but is indented too far', '\n      |---|\n  and more'],
])('at the limit, what opens a list item again is told from %s', (_name, end) => {
  for (let filler = 11_440; filler <= 11_500; filler += 1) {
    const text = `- a\n\n  ${'x'.repeat(filler)}${end}`;
    const parts = planParts(text, true);
    for (const part of parts) expect(sizeOf(part)).toBeLessThanOrEqual(11_500);
    expect(recover(parts)).toBe(text);
  }
});

test('at the limit, a quote’s marker before a line of delimiters is not taken for one that opens the quote again', () => {
  for (let filler = 11_440; filler <= 11_500; filler += 1) {
    const text = `> ${'x'.repeat(filler)}\n>  |---|\n> and more`;
    expect(recover(planParts(text, true))).toBe(text);
  }
});

test('a message ends with a line break at its limit, and none follows it that would show nothing', () => {
  const parts = planParts(`- a\n\n  ${'x'.repeat(11_492)}\n`, true);
  expect(parts.map(sizeOf)).toEqual([11_500]);
});
