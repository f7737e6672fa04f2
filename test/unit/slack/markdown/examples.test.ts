import { expect, test } from 'vitest';
import { type PartPlan, planParts } from '../../../../src/slack/markdown/plan-parts.ts';
import { recover } from '../../../../src/slack/markdown/recover.ts';
import { blocksOf, chunksSince, fallbackText } from '../../../../src/slack/markdown/sending.ts';

const MARK = '\u200b';
const TABLE = '| Name | State |\n| :-- | --: |\n| **web** | `up` |\n| db \\| 2 |\n';

/** The text of each piece; a table is `[table]`. */
function textsOf(parts: readonly PartPlan[]): string[] {
  return parts.flatMap(({ pieces }) =>
    pieces.map((piece) => (piece.kind === 'table' ? '[table]' : piece.text)),
  );
}

const plan = (markdown: string): string[] => textsOf(planParts(markdown, true));
const shownOf = (markdown: string): string => textsOf(planParts(markdown, false)).join('');

test('words are sent as they come, without waiting for the line or the paragraph', () => {
  expect(shownOf('Three inst')).toBe('Three inst');
  expect(shownOf('# Head')).toBe('# Head');
  expect(shownOf('1. Check **the lo')).toBe('1. Check **the lo');
});

test('what may still become something else waits for it', () => {
  expect(shownOf('text\n| a | b |\n')).toBe('text\n');
  expect(shownOf('run `ls')).toBe('run ');
  expect(shownOf('see <https://a.b')).toBe('see ');
  expect(shownOf('text\n--')).toBe('text\n');
  expect(shownOf('\ud83d')).toBe('');
});

test('a table becomes a table block with its alignment, its words styled and its missing cells blank', () => {
  const [part] = planParts(`Look:\n\n${TABLE}\nDone.`, true);
  expect(part?.pieces.map(({ kind }) => kind)).toEqual(['text', 'table', 'text']);
  const block = blocksOf(part as PartPlan)[1] as {
    rows: { elements: { elements: unknown[] }[] }[][];
    column_settings: unknown;
  };
  const cells = block.rows.map((row) => row.map((cell) => cell.elements[0]?.elements));
  expect(cells).toEqual([
    [[{ type: 'text', text: 'Name' }], [{ type: 'text', text: 'State' }]],
    [
      [{ type: 'text', text: 'web', style: { bold: true } }],
      [{ type: 'text', text: 'up', style: { code: true } }],
    ],
    [[{ type: 'text', text: 'db | 2' }], [{ type: 'text', text: ' ' }]],
  ]);
  expect(block.column_settings).toEqual([
    { align: 'left', is_wrapped: true },
    { align: 'right', is_wrapped: true },
  ]);
});

/** The runs of the first cell of a table with this cell. */
const runsOf = (cell: string): unknown[] => {
  const [piece] = planParts(`| ${cell} |\n|---|\n`, true)[0]?.pieces ?? [];
  const block = piece?.kind === 'table' ? piece.block : {};
  return (
    (block as { rows: { elements: { elements: unknown[] }[] }[][] }).rows[0]?.[0]?.elements[0]?.elements ?? []
  );
};

test('markers in a cell that turn out to be none are shown, and code is what stands between equal runs of backticks', () => {
  expect(runsOf('*a _b* c_')).toEqual([
    { type: 'text', text: 'a ', style: { italic: true } },
    { type: 'text', text: '_' },
    { type: 'text', text: 'b', style: { italic: true } },
    { type: 'text', text: ' c' },
    { type: 'text', text: '_' },
  ]);
  expect(runsOf('``a ` b`` ```c')).toEqual([
    { type: 'text', text: 'a ` b', style: { code: true } },
    { type: 'text', text: ' ```c' },
  ]);
  expect(runsOf('*a b *')).toEqual(['*', 'a b ', '*'].map((text) => ({ type: 'text', text })));
});

test('a cell as long as a book, of nothing but markers, is read in passing', () => {
  const runs = Array.from({ length: 300 }, (_, at) => `${'`'.repeat(at + 1)}x`).join('');
  for (const cell of ['- *', '~~ ', '*a _b ', '[a](', runs].map((unit) =>
    unit.repeat(Math.ceil(100_000 / unit.length)),
  )) {
    const markdown = `| a | b |\n|---|---|\n| ${cell} | c |\n`;
    expect(recover(planParts(markdown, true))).toBe(markdown);
  }
  const line = `| a |\n${' '.repeat(100_000)}x\n`;
  expect(recover(planParts(line, true))).toBe(line);
});

test('a second table of the same message is aligned code, with wide characters counted as two columns', () => {
  const parts = planParts(`${TABLE}\n| Stadt | n |\n|---|--:|\n| 東京 | 1 |\n| 👩‍👩‍👧‍👦 | 22 |\n`, true);
  expect(textsOf(parts)).toEqual([
    '[table]',
    '\n',
    '```\nStadt    n\n-----  ---\n東京     1\n👩‍👩‍👧‍👦      22\n```\n',
  ]);
});

test('a table beyond Slack’s rows is code in several pieces, each with the head', () => {
  const rows = Array.from({ length: 400 }, (_, at) => `| i-${at} | running |\n`).join('');
  const markdown = `| Id | State |\n|---|---|\n${rows}`;
  const parts = planParts(markdown, true);
  const texts = textsOf(parts);
  expect(texts.length).toBeGreaterThan(1);
  for (const text of texts) expect(text).toMatch(/^```\nId +State\n-+ {2}-+\ni-/);
  expect(recover(parts)).toBe(markdown);
  // The first rows are shown long before the last one is known.
  expect(textsOf(planParts(markdown.slice(0, 7_000), false)).length).toBeGreaterThan(0);
});

test('addresses keep their ampersands, which Slack does not decode in them; text does not', () => {
  expect(plan('A & B [c](https://x.y/?a=1&b=2) https://x.y/?a=1&lt;=2')).toEqual([
    'A &amp; B [c](https://x.y/?a=1&b=2) https://x.y/?a=1&amp;lt;=2',
  ]);
});

test('mentions and HTML are shown, never live', () => {
  expect(plan('<!channel> <@U1> <#C1|x> <https://a.b|c> <b>x</b>')).toEqual([
    '&lt;!channel&gt; &lt;@U1&gt; &lt;#C1|x&gt; &lt;https://a.b|c&gt; &lt;b&gt;x&lt;/b&gt;',
  ]);
});

test('an address in brackets becomes a link, an image a link with its description', () => {
  expect(plan('<https://a.b/?x=1&y=2>')).toEqual([`[${MARK}https://a.b/?x=1&y=2](https://a.b/?x=1&y=2)`]);
  expect(plan('![chart](https://a.b/c.png)')).toEqual([`!${MARK}[chart](https://a.b/c.png)`]);
  expect(plan('![](https://a.b/c.png)')).toEqual([`!${MARK}[${MARK}image](https://a.b/c.png)`]);
  expect(plan('`![x](y)` and `vec![1]`')).toEqual(['`![x](y)` and `vec![1]`']);
});

test('definitions of links and footnotes stay readable', () => {
  expect(plan('See [^1].\n\n[^1]: word\n[ref]: https://a.b\n')).toEqual([
    `See [^1].\n\n[^1]${MARK}: word\n[ref]${MARK}: https://a.b\n`,
  ]);
});

test('quotes stay quotes, also inside lists; a table inside one is shown as written', () => {
  expect(plan('- > a > b\n\n> | x |\n> |---|\n> | 1 |\n')).toEqual([
    `- > a &gt; b\n\n> | x |\n> |${MARK}---|\n> | 1 |\n`,
  ]);
});

test('a list behind a table in a quote stays a list, and its text comes back', () => {
  const table = '> | x |\n> |---|\n';
  const shown = `> | x |\n> |${MARK}---|\n`;
  expect(plan(`${table}> 10. a\n> 11. b\n`)).toEqual([`${shown}>\n> 10. ${MARK}a\n> 11. b\n`]);
  expect(plan(`${table}> 1. a\n`)).toEqual([`${shown}> 1. a\n`]);
  for (const own of ['', MARK, MARK + MARK]) {
    for (const blank of ['', '>\n']) {
      const markdown = `${table}${blank}> 10. ${own}a\n`;
      expect(recover(planParts(markdown, true))).toBe(markdown);
    }
  }
});

test('a fence longer than a message is closed with its own marks and opened again with its language', () => {
  const markdown = `1. Do:\n\n   ~~~~python title\n${'   print("line")\n'.repeat(900)}   ~~~~\n`;
  const parts = planParts(markdown, true);
  expect(parts.length).toBe(2);
  const [first, second] = textsOf(parts);
  expect(first).toMatch(/\n {3}~~~~$/);
  expect(second).toMatch(/^1\. …\u200b\n\n {3}~~~~python title\n {3}print/);
  expect(recover(parts)).toBe(markdown);
});

test('a nested list that goes on in the next message keeps its depth', () => {
  const markdown = `1. top\n\n${'   3. some words of a nested item\n'.repeat(400)}`;
  const [, second] = textsOf(planParts(markdown, true));
  expect(second).toMatch(/^1\. …\u200b\n\n {3}3\. some words/);
});

test('messages end before a heading or a paragraph where there is one', () => {
  const markdown = Array.from(
    { length: 40 },
    (_, at) => `## Step ${at}\n\n${'Words of it. '.repeat(60)}\n\n`,
  ).join('');
  const texts = textsOf(planParts(markdown, true));
  expect(texts.length).toBeGreaterThan(3);
  for (const text of texts) expect(text).toMatch(/^## Step/);
});

test('a stream gets only what is new, tables as blocks, and nothing blank', () => {
  const markdown = `Look:\n\n${TABLE}\nDone now.`;
  const early = planParts(markdown.slice(0, 4), false)[0];
  const middle = planParts(`Look:\n\n${TABLE}\n`, false)[0] as PartPlan;
  const whole = planParts(markdown, true)[0] as PartPlan;
  expect(chunksSince(undefined, early as PartPlan)).toEqual([{ type: 'markdown_text', text: 'Look' }]);
  expect(chunksSince(early, middle)).toEqual([
    { type: 'markdown_text', text: ':\n\n' },
    { type: 'blocks', blocks: [blocksOf(middle)[1]] },
  ]);
  expect(chunksSince(middle, whole)).toEqual([{ type: 'markdown_text', text: '\nDone now.' }]);
  expect(chunksSince(whole, whole)).toEqual([]);
  expect(chunksSince(whole, middle)).toBeUndefined();
});

test('notifications read the words of tables too', () => {
  const [part] = planParts(`Look:\n\n${TABLE}`, true);
  expect(fallbackText(part as PartPlan)).toBe('Look:\n\nName | State\nweb | up\ndb | 2 |');
});

test('nothing at all is one empty message', () => {
  expect(planParts('', false)).toEqual([{ pieces: [], closed: false }]);
  expect(planParts('', true)).toEqual([{ pieces: [], closed: true }]);
});
