import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Node, parseInline, parseMarkdown, parseMrkdwn } from '../../../../local/slack/page/markdown.js';

/** All text of a tree, in order. */
function textOf(nodes: readonly Node[]): string {
  return nodes
    .map((node) => {
      const cells = [...(node.header ?? []), ...(node.rows ?? []).flat(), ...(node.items ?? [])];
      return (node.text ?? '') + textOf(node.children ?? []) + cells.map(textOf).join('');
    })
    .join('');
}

function linksOf(nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => [
    ...(node.href === undefined ? [] : [node.href]),
    ...linksOf(node.children ?? []),
    ...(node.items ?? []).flatMap(linksOf),
    ...[...(node.header ?? []), ...(node.rows ?? []).flat()].flatMap(linksOf),
  ]);
}

describe('the Markdown of the page', () => {
  test('knows headings, lists, quotes, tables, fences and rules', () => {
    const text =
      '# A\n\n- a\n  - b\n- c\n\n3. x\n4. y\n\n> q\n\n| h | i |\n|---|---|\n| 1 | 2 |\n\n```js\n<b>\n```\n\n---\nend';
    const types = parseMarkdown(text).map((node) => node.type);
    expect(types).toEqual(['heading', 'list', 'list', 'quote', 'table', 'code', 'rule', 'paragraph']);
    expect(parseMarkdown(text)[1]?.items?.[0]?.map((node) => node.type)).toEqual(['paragraph', 'list']);
    expect(parseMarkdown(text)[2]).toMatchObject({ ordered: true, start: 3 });
    expect(parseMarkdown(text)[4]?.rows).toHaveLength(1);
  });

  test.each([
    ['**b** and *e* and `c` and ~~s~~', ['strong', 'text', 'em', 'text', 'code', 'text', 'strike']],
    ['snake_case_name and 2 * 3 * 4', ['text']],
    ['**open', ['text']],
    ['`**not bold**`', ['code']],
    ['one\ntwo', ['text', 'break', 'text']],
    ['[a](https://a.example) https://b.example.', ['link', 'text', 'link', 'text']],
    ['<@U0ALICE00000> <!here>', ['mention', 'text', 'mention']],
  ])('%j', (text, types) => {
    expect(parseInline(text).map((node) => node.type)).toEqual(types);
  });

  test('mrkdwn means other marks', () => {
    expect(
      parseInline('*b* _e_ ~s~ **x**', false)
        .map((node) => node.type)
        .slice(0, 5),
    ).toEqual(['strong', 'text', 'em', 'text', 'strike']);
    expect(parseMrkdwn('a\n```x```\n&gt; q').map((node) => node.type)).toEqual([
      'paragraph',
      'code',
      'quote',
    ]);
  });

  test('a quotation in the middle of a text is one', () => {
    expect(parseMrkdwn('*You*\n>a\n&gt; b\nc').map((node) => node.type)).toEqual([
      'paragraph',
      'quote',
      'paragraph',
    ]);
  });

  test('a time is shown in the zone of the reader, and what is none by its other text', () => {
    const [time, none] = ['<!date^1700000000^{date_short} {time}|then>', '<!date^soon^{time}|then>'].map(
      (text) => parseInline(text, false),
    );
    expect(time).toEqual([{ type: 'text', text: expect.stringMatching(/^Nov 1[45], 2023 \d+:\d\d [AP]M$/) }]);
    expect(none).toEqual([{ type: 'text', text: 'then' }]);
  });

  test('an escaped mention is plain text', () => {
    expect(parseInline('&lt;!channel&gt; &amp;amp;')).toEqual([{ type: 'text', text: '<!channel> &amp;' }]);
  });

  test('only web and mail addresses become links', () => {
    const bad = [
      '[a](javascript:alert(1))',
      '<javascript:alert(1)|a>',
      '[a](data:text/html,x)',
      '<vbscript:x>',
    ];
    expect(linksOf(bad.flatMap((text) => parseMarkdown(text)))).toEqual([]);
    const any = fc.string({
      unit: fc.constantFrom('[', ']', '(', ')', '<', '>', '|', 'javascript:', 'https://', 'a', '*'),
    });
    fc.assert(
      fc.property(any, (text) => {
        for (const href of linksOf(parseMarkdown(text))) expect(href).toMatch(/^(?:https?:\/\/|mailto:)/);
      }),
    );
  });

  test('loses no word of any text, however much of it has arrived', () => {
    const unit = fc.constantFrom(
      'word',
      ' ',
      '\n',
      '\n\n',
      '*',
      '**',
      '_',
      '`',
      '```',
      '- ',
      '1. ',
      '> ',
      '# ',
      '|',
      '---',
      '~',
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), (parts) => {
        const text = parts.join('');
        const words = (value: string) => value.split('word').length - 1;
        // A word on the line of a fence is its language, also inside a list or a quote.
        fc.pre(!/^[ >\d.*-]*(?:`{3,}|~{3,})[^\n]*\w/m.test(text));
        expect(words(textOf(parseMarkdown(text)))).toBe(words(text));
      }),
      { numRuns: 500 },
    );
  });
});
