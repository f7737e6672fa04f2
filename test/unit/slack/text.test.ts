import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addressesSomebodyElse,
  escapeText,
  mentions,
  toPlainText,
  withoutMention,
} from '../../../src/slack/text.ts';

const markup = fc.constantFrom(
  '<',
  '>',
  '&',
  '@',
  '!',
  '#',
  '|',
  '\n',
  '\r\n',
  ' ',
  '\t',
  '> ',
  '<!here>',
  '<@U1>',
  '<#C1>',
  '<!subteam^S1|x>',
  '<https://x.example|y>',
  '&lt;',
  '&gt;',
  '&amp;',
  '&amp;lt;',
  'word',
  '＜',
  '〈',
  '\u200b',
  '\u202e',
  '😀',
  '`',
  '```',
  '\u2028',
);
const anyText = fc.oneof(
  fc.array(markup, { maxLength: 30 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
);

test('what is escaped reads as it was written, to the character', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(toPlainText(escapeText(text))).toBe(text);
    }),
    { numRuns: 1_000 },
  );
});

test('escaped text holds no reference of any kind: it has no opening bracket and no bare ampersand', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const escaped = escapeText(text);
      expect(escaped).not.toContain('<');
      expect(escaped.replaceAll(/&(?:amp|lt|gt);/g, '')).not.toContain('&');
    }),
    { numRuns: 1_000 },
  );
});

test('the escaped beginning of a text is the beginning of the escaped text, wherever it is cut', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const whole = escapeText(text);
      for (let cut = 0; cut <= text.length; cut += 1)
        expect(whole.startsWith(escapeText(text.slice(0, cut)))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['<!channel>', '&lt;!channel&gt;'],
  ['<@U123> look', '&lt;@U123&gt; look'],
  ['<https://evil.example|your bank>', '&lt;https://evil.example|your bank&gt;'],
  ['&lt;!here&gt;', '&amp;lt;!here&amp;gt;'],
  ['a > b', 'a &gt; b'],
  ['> quoted', '> quoted'],
  ['  > quoted', '  > quoted'],
  ['> > twice > x', '> > twice &gt; x'],
  ['line\n> quoted\nx > y', 'line\n> quoted\nx &gt; y'],
  ['>!channel>', '>!channel&gt;'],
  ['1 < 2 && 3 > 2', '1 &lt; 2 &amp;&amp; 3 &gt; 2'],
])('%j is sent as %j', (text, escaped) => {
  expect(escapeText(text)).toBe(escaped);
});

test.each([
  ['<@U123> hi', '@U123 hi'],
  ['<@U123|bob> hi', '@bob hi'],
  ['see <#C1|general> and <#C2>', 'see #general and #C2'],
  ['<!here> all', '@here all'],
  ['<!subteam^S1|@ops>', '@ops'],
  ['<!subteam^S1>', '@subteam'],
  ['<!date^1392734382^{date}|Feb 18>', 'Feb 18'],
  ['<https://a.example/x?a=1&amp;b=2>', 'https://a.example/x?a=1&b=2'],
  ['<https://a.example|docs>', 'docs (https://a.example)'],
  ['<https://a.example|https://a.example>', 'https://a.example'],
  ['<mailto:a@b.example>', 'a@b.example'],
  ['<>', ''],
  ['&lt;b&gt; &amp;amp;', '<b> &amp;'],
  ['a < b', 'a < b'],
])('a person who wrote %j meant %j', (slack, plain) => {
  expect(toPlainText(slack)).toBe(plain);
});

test('the mention of the bot goes, those of others stay', () => {
  expect(withoutMention('<@UBOT> list <@U2> and <@UBOT|bot>', 'UBOT')).toBe('list <@U2> and');
  expect(withoutMention('  <@UBOT>\n\nlist', 'UBOT')).toBe('list');
  expect(withoutMention('<@UBOTX> list', 'UBOT')).toBe('<@UBOTX> list');
});

test('a bot id that looks like a pattern is taken literally', () => {
  expect(withoutMention('<@U.> <@UX>', 'U.')).toBe('<@UX>');
  expect(withoutMention('<@(> x', '(')).toBe('x');
});

test('a mention is the whole id', () => {
  expect(mentions('hey <@UBOT>', 'UBOT')).toBe(true);
  expect(mentions('hey <@UBOT|cloud>', 'UBOT')).toBe(true);
  expect(mentions('hey <@UBOT2>', 'UBOT')).toBe(false);
  expect(mentions('hey @UBOT &lt;@UBOT&gt;', 'UBOT')).toBe(false);
});

test('only a message that opens with somebody else’s name is for somebody else', () => {
  expect(addressesSomebodyElse(' <@U2> can you?', 'UBOT')).toBe(true);
  expect(addressesSomebodyElse('<@W2|wil> can you?', 'UBOT')).toBe(true);
  expect(addressesSomebodyElse('<@UBOT> and <@U2>', 'UBOT')).toBe(false);
  expect(addressesSomebodyElse('what does <@U2> run?', 'UBOT')).toBe(false);
});
