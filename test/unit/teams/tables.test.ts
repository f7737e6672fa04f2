import { expect, test } from 'vitest';
import { messageOf, partsOf } from '../../../src/teams/render.ts';
import { liftTables } from '../../../src/teams/tables.ts';

const row = (...cells: string[]) => `| ${cells.join(' | ')} |\n`;
const HEAD =
  row('id', 'type', 'state', 'zone', 'owner', 'age') + row('---', ':-:', '---', '---', '--:', '---');
const ROWS =
  row('i-1', '`t3_a*`', 'running', 'a', 'x \\| y', '1') + row('i-2', 't3', 'stopped', 'b', 'z', '2');
const NARROW = `${row('a', 'b') + row('---', '---')}${row('1', '2')}`;

test('a wide table stands on a card, and the words name it where it stood', () => {
  const { text, tables } = liftTables(`These:\n\n${HEAD}${ROWS}\nThat is all.`, true);
  expect(text).toBe('These:\n\n*Table 1, below*\n\nThat is all.');
  expect(tables).toEqual([
    {
      number: 1,
      head: ['id', 'type', 'state', 'zone', 'owner', 'age'],
      rows: [
        ['i-1', '`t3_a*`', 'running', 'a', 'x | y', '1'],
        ['i-2', 't3', 'stopped', 'b', 'z', '2'],
      ],
    },
  ]);
});

test.each([
  ['a narrow one', NARROW],
  ['one in code', `\`\`\`\n${HEAD}${ROWS}\`\`\`\n`],
  [
    'one of too many columns',
    row(...Array.from({ length: 13 }, () => 'a')) + row(...Array.from({ length: 13 }, () => '---')),
  ],
  ['one that is too large', HEAD + ROWS.repeat(40)],
  ['a line with pipes that heads nothing', '| a | b | c | d | e | f |\nwords\n'],
  ['a head whose delimiter is too short', `${row('a', 'b', 'c', 'd', 'e', 'f')}| --- | --- |\n`],
])('%s stays in the words', (_name, table) => {
  expect(liftTables(`Before\n${table}\nafter`, true)).toEqual({
    text: `Before\n${table}\nafter`,
    tables: [],
  });
});

test('a row with more cells than the head loses nothing, one with fewer is filled', () => {
  const [table] = liftTables(`${HEAD}${row('1', '2', '3', '4', '5', '6', '7')}${row('1')}`, true).tables;
  expect(table?.rows).toEqual([
    ['1', '2', '3', '4', '5', '6 | 7'],
    ['1', '', '', '', '', ''],
  ]);
});

test('however the words grow, what was shown of them stays', () => {
  const text = `One\n\n${HEAD}${ROWS}\nTwo | three\n${NARROW}\n  | x\n\`\`\`\n${HEAD}\`\`\`\n${HEAD + ROWS.repeat(40)}\n${HEAD}`;
  const whole = liftTables(text, true).text;
  let before = '';
  for (let length = 0; length <= text.length; length += 1) {
    const now = liftTables(text.slice(0, length), false).text;
    expect(now.startsWith(before), `after ${length} characters`).toBe(true);
    before = now;
  }
  expect(whole.startsWith(before)).toBe(true);
  expect(whole.match(/\*Table \d, below\*/g)).toEqual(['*Table 1, below*', '*Table 2, below*']);
});

test('a table’s card comes with the complete answer, in the same message where it fits', () => {
  const view = { text: `These:\n\n${HEAD}${ROWS}`, tasks: [] };
  expect(partsOf(view, false).map(({ tables }) => tables)).toEqual([undefined]);
  const [part, ...more] = partsOf(view, true);
  expect(more).toEqual([]);
  const message = part && messageOf(part, 'turn');
  expect(message?.text).toBe('These:\n\n*Table 1, below*\n');
  expect(JSON.stringify(message?.attachments)).toContain('"text":"t3\\\\_a\\\\*"');
});

test('cards that do not fit have messages of their own between the words and what ends the answer', () => {
  const large = HEAD + ROWS.repeat(9);
  const view = {
    text: `${'Words. '.repeat(2_500)}\n\n${large}\n${large}\n${large}`,
    tasks: [],
    feedback: true as const,
  };
  const parts = partsOf(view, true);
  expect(parts.map(({ tables, feedback }) => [tables?.map(({ number }) => number), feedback])).toEqual([
    [undefined, undefined],
    [[1], undefined],
    [[2], undefined],
    [[3], true],
  ]);
  for (const part of parts)
    expect(Buffer.byteLength(JSON.stringify(messageOf(part, 'turn-abcdefghijklmnopqrst')))).toBeLessThan(
      28_000,
    );
});
