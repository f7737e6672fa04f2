import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  escapeText,
  escapeTyped,
  findLiveMentions,
  unescapeText,
} from '../../../../local/slack/live-mentions.ts';

const NONE = { users: [], groups: [], channels: [], links: [] };

describe('live mentions', () => {
  test('are found in text, in blocks and in ready-made elements', () => {
    const text =
      '<@U0ALICE00000> <!channel> <!subteam^S0ABCDEF12|@ops> <#C0CLOUD00|cloud> <https://a.example|b>';
    expect(findLiveMentions(text, [])).toEqual({
      users: ['U0ALICE00000'],
      groups: ['channel', 'S0ABCDEF12'],
      channels: ['C0CLOUD00'],
      links: ['https://a.example'],
    });
    const blocks = [
      { type: 'section', text: { type: 'mrkdwn', text: '<!here>' } },
      { type: 'markdown', text: '<@U0BOB0000000>' },
      {
        type: 'rich_text',
        elements: [{ type: 'rich_text_section', elements: [{ type: 'broadcast', range: 'everyone' }] }],
      },
      { type: 'section', text: { type: 'plain_text', text: '<@U0CAROL00000>' } },
    ];
    expect(findLiveMentions('', blocks)).toMatchObject({
      users: ['U0BOB0000000'],
      groups: ['here', 'everyone'],
    });
  });

  test('never survive escaping, whatever the text', () => {
    const text = fc.array(
      fc.constantFrom('<', '>', '@', '!', '#', '|', '&lt;', '&', 'U0ALICE00000', 'channel', 'x'),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const written = parts.join('');
        expect(findLiveMentions(escapeText(written), [])).toEqual(NONE);
        expect(unescapeText(escapeText(written))).toBe(written);
      }),
    );
  });

  test('typed text keeps what the composer made, links addresses, and escapes the rest', () => {
    expect(escapeTyped('<@U0ALICE00000> a < b & <b>')).toBe('<@U0ALICE00000> a &lt; b &amp; &lt;b&gt;');
    expect(escapeTyped('see https://a.example/?x=1&y=2.')).toBe('see <https://a.example/?x=1&amp;y=2>.');
  });
});
