import fc from 'fast-check';

/** Markdown as agents write it, and as nobody should: every construct that a reply has to carry unbroken. */
const word = fc.constantFrom(
  'instance',
  'the',
  'a',
  'running',
  'i-0abc123def',
  'größer',
  '你好世界',
  '日本語。次の文',
  'مرحبا',
  'שלום',
  '👩‍👩‍👧‍👦',
  '🇩🇪',
  '👍🏽',
  'e\u0301',
  'x'.repeat(180),
  '&amp;',
  '&lt;',
  '&copy;',
  '&#128512;',
  'AT&T',
  'a<b>c',
  '<!channel>',
  '<!here>',
  '<@U123456789>',
  '<#C123|general>',
  '<!subteam^S1>',
  '<https://evil.example|click>',
  '@here',
  '@channel',
  '<div>',
  '</div>',
  '<br>',
  '<img src=x onerror=y>',
  '\\*',
  '\\`',
  '\\[',
  '1.',
  '-',
  '#',
  '+',
  '`',
  '[',
  ']',
  '!',
  '|',
  '\u200b',
  '\u200b\u200b',
  '[^1]',
  'snake_case_word',
  '2*3',
  '~',
  '=>',
);
const url = fc.constantFrom(
  'https://example.com/a?b=1&c=2',
  'https://example.com/x_(y)',
  'https://console.aws.example/ec2?region=eu-west-1&lt;=5&amp;x=1#Instances:sort=desc',
  'http://a.b',
  'mailto:a@b.example',
  `https://example.com/${'p'.repeat(300)}`,
);
const words = fc.array(word, { minLength: 1, maxLength: 6 }).map((list) => list.join(' '));
const inline = fc.oneof(
  { weight: 6, arbitrary: word },
  {
    weight: 4,
    arbitrary: fc.constantFrom('and then', 'Check the logs', 'it works.', 'It failed:', 'one, two'),
  },
  words.map((text) => `**${text}**`),
  words.map((text) => `*${text}*`),
  words.map((text) => `_${text}_`),
  words.map((text) => `~~${text}~~`),
  words.map((text) => `\`${text.replaceAll('`', '')}\``),
  words.map((text) => `\`\` a\`${text.replaceAll('`', '')} \`\``),
  fc.tuple(words, url).map(([text, to]) => `[${text.replaceAll(/[[\]`]/g, '')}](${to})`),
  fc.tuple(words, url).map(([text, to]) => `[${text.replaceAll(/[[\]`]/g, '')}](${to} "a title")`),
  fc.tuple(words, url).map(([text, to]) => `![${text.replaceAll(/[[\]`]/g, '')}](${to})`),
  url.map((to) => `![](${to})`),
  url.map((to) => `<${to}>`),
  url,
  fc.constantFrom('[text][ref]', '[ref]', '`![x](y)`', '` ![x](https://a.b) x', 'a  \nb', 'a\\\nb'),
);
const line = fc.array(inline, { minLength: 1, maxLength: 12 }).map((list) => list.join(' '));
const paragraph = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n'));
const codeLine = fc.constantFrom(
  'const a = 1 < 2 && b > 3;',
  '',
  '  indented',
  '# no heading',
  '- no list',
  '| no | table |',
  '|---|---|',
  '```',
  '~~~',
  '![no](image)',
  '<!channel> & <@U1>',
  'echo "a" | grep b',
  '{"a":[1,2,3]}',
  '\ttab',
  'z'.repeat(200),
);
const codeLines = fc.array(codeLine, { minLength: 0, maxLength: 12 });
const fence = fc
  .tuple(
    fc.constantFrom('````', '~~~~', '`````', '~~~~~~'),
    fc.constantFrom('', 'js', 'python title="x"', 'c++'),
    codeLines,
    fc.constantFrom(1, 1, 1, 6, 30),
  )
  .map(([mark, info, lines, times]) =>
    [`${mark}${info}`, ...Array(times).fill(lines).flat(), mark].join('\n'),
  );
const simpleFence = fc
  .tuple(
    fc.constantFrom('```', '~~~'),
    fc.constantFrom('', 'bash', 'json'),
    codeLines,
    fc.constantFrom(1, 1, 20),
  )
  .map(([mark, info, lines, times]) =>
    [
      `${mark}${info}`,
      ...Array(times)
        .fill(lines.filter((one) => one !== '```' && one !== '~~~'))
        .flat(),
      mark,
    ].join('\n'),
  );
const cell = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom('a', 'running', '42', '', 'eu-west-1', '你好', '👍🏽', '**bold**', '`x`'),
  },
  words.map((text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')),
  fc.constantFrom('a \\| b', '[l](https://a.b/?x=1&y=2)', 'one<br>two', '*it*', '~~gone~~', 'w'.repeat(70)),
);
const table = fc
  .tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.array(fc.array(cell, { minLength: 1, maxLength: 6 }), { minLength: 0, maxLength: 6 }),
    fc.constantFrom(1, 1, 1, 1, 5, 25),
    fc.boolean(),
    fc.constantFrom('---', ':--', '--:', ':-:', '-'),
    fc.constantFrom(0, 0, 0, 0, 18),
  )
  .map(([columns, rows, times, edges, dash, more]) => {
    const count = columns + more;
    const row = (cells: readonly string[]) => (edges ? `| ${cells.join(' | ')} |` : `${cells.join(' | ')} |`);
    const head = Array.from({ length: count }, (_, at) => `Head ${at}`);
    const body = Array(times)
      .fill(rows)
      .flat()
      .map((cells: string[]) => row(cells));
    return [row(head), row(head.map(() => dash)), ...body].join('\n');
  });
const item = (depth: number): fc.Arbitrary<string[]> =>
  fc
    .tuple(
      fc.constantFrom('-', '*', '1.', '10.', '- [ ]', '- [x]', '2)'),
      line,
      depth > 2 ? fc.constant([]) : fc.array(fc.oneof(item(depth + 1), block(depth + 1)), { maxLength: 2 }),
    )
    .map(([marker, text, below]) => {
      const pad = ' '.repeat((marker.split(' ')[0] ?? '').length + 1);
      return [
        ...`${marker} ${text}`.split('\n').map((one, at) => (at === 0 ? one : pad + one)),
        ...below.flat().map((one) => (one === '' ? '' : pad + one)),
      ];
    });
const block = (depth: number): fc.Arbitrary<string[]> =>
  fc
    .oneof(simpleFence, paragraph, table)
    .map((text) => (depth > 0 ? ['', ...text.split('\n')] : text.split('\n')));
const list = fc
  .tuple(fc.array(item(0), { minLength: 1, maxLength: 4 }), fc.constantFrom(1, 1, 3, 8))
  .map(([items, times]) => Array(times).fill(items).flat(2).join('\n'));
const quoted = (text: string): string =>
  text
    .split('\n')
    .map((one) => (one === '' ? '>' : `> ${one}`))
    .join('\n');

const anyBlock: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: paragraph },
  {
    weight: 2,
    arbitrary: fc
      .tuple(paragraph, fc.constantFrom(4, 15, 30))
      .map(([text, n]) => Array(n).fill(text).join(' ')),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.integer({ min: 1, max: 6 }), line).map(([n, text]) => `${'#'.repeat(n)} ${text}`),
  },
  line.map((text) => `${text}\n===`),
  { weight: 3, arbitrary: list },
  { weight: 2, arbitrary: fence },
  { weight: 2, arbitrary: simpleFence },
  { weight: 3, arbitrary: table },
  fc.oneof(paragraph, list, simpleFence, table).map(quoted),
  codeLines.map((lines) => lines.map((one) => `    ${one}`).join('\n')),
  fc.constantFrom(
    '---',
    '[ref]: https://example.com "t"',
    '[^1]: A footnote.',
    '[^1]: word',
    '<details>\n<summary>More</summary>\n\ntext\n\n</details>',
    '```js\nnever closed',
    'w'.repeat(3_000),
    `${'語'.repeat(900)}`,
  ),
);

const documentWith = (...gaps: string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.array(fc.tuple(anyBlock, fc.constantFrom(...gaps)), { minLength: 1, maxLength: 9 }),
      fc.boolean(),
    )
    .map(([blocks, crlf]) => {
      const text = blocks.map(([one, gap]) => one + gap).join('');
      return crlf && text.length % 7 === 0 ? text.replaceAll(/\r?\n/g, '\r\n') : text;
    });

/** A document, many of them long enough for several messages. */
export const document = documentWith('\n\n', '\n\n', '\n\n', '\n', '\r\n\r\n');

/** The same with a blank line between blocks: without it, parsers differ in where a table begins and a list ends. */
export const tidyDocument = documentWith('\n\n', '\n\n\n');

/** A few characters that mean something, in any order: what no author would write. */
export const soup: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...'`*_~[]()!<>|:-+#&;\n \\1.\u200b\t=') },
      word,
      fc.constantFrom(
        '\n\n',
        '```',
        '~~~',
        '\n|---|',
        '| a |',
        '> ',
        '- ',
        '    ',
        '![',
        '](',
        '<https://',
        '\ud83d',
        '\r\n',
      ),
    ),
    { maxLength: 60 },
  )
  .map((list) => list.join(''));
