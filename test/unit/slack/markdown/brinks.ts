import fc from 'fast-check';

/** What means something else with one character more, or breaks where it is divided. */
const bit = fc.constantFrom(
  ...[
    '&',
    '&a',
    '&amp',
    ';',
    '<https://a.b',
    '<https://x.y/?a=1&lt;=2>',
    '>',
    '](',
    '[a](b',
    '![',
    '!',
    ')',
    '\n1)',
  ],
  ...[
    '`',
    '``',
    '```\n',
    '~~~\n',
    '**',
    '__',
    '~~',
    '\\',
    ':',
    '[^1]:',
    '|',
    '| a |\n',
    '| b |\n|---|\n',
    '\n|---|\u00a0',
  ],
  ...[
    '- ',
    '> ',
    '1. ',
    '    ',
    '\t',
    '\n',
    '\n\n',
    '\n# ',
    '\r',
    '\f',
    '\u00a0',
    'word ',
    'word',
    '語',
    '。',
  ],
  ...['🇩🇪', '🇫', 'e\u0301', '\u0301', '\u200d', '👩‍👩‍👧', '\u0600', '\ud83d', '\ude00'],
);
const bits = fc.array(bit, { maxLength: 50 }).map((list) => list.join(''));

const around = fc.constantFrom(
  '',
  '',
  '',
  '```js\n',
  '> ',
  '- a\n\n  ',
  '| a | b |\n|---|---|\n',
  '> ```\n> ',
  '    ',
);
const unit = fc.constantFrom(
  ...['word ', 'x', '語', '日本。', '&', '&amp;', '<', '[', 'a<b> ', 'e\u0301', '🇩🇪', '👩‍👩‍👧‍👦', '\u200b'],
  ...[
    '`a b` ',
    '**b** ',
    'see [a b](https://x.y) ',
    '> quoted words\n',
    '- item words\n',
    '    code\n',
    '1) x\n',
  ],
  ...['| a | b |\n', 'line of words here\n'],
);
/** About as much as a message holds. */
const filler = fc
  .tuple(unit, fc.integer({ min: 5_000, max: 13_000 }))
  .map(([one, length]) => one.repeat(Math.ceil(length / one.length)).slice(0, length));

/** A text in which messages end among such things. */
export const brink: fc.Arbitrary<string> = fc
  .tuple(around, filler, bits, filler, bits)
  .map((texts) => texts.join(''));
