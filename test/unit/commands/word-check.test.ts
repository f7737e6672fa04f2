import { describe, expect, it } from 'vitest';
import type { Asker } from '../../../src/commands/account.ts';
import { createWordCheck } from '../../../src/commands/word-check.ts';

const asker: Asker = {
  key: { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: '' },
  sender: { id: 'U1', tenant: 'T1' },
};

function checking(refuse?: string) {
  const asked: (readonly string[])[] = [];
  const check = createWordCheck(async (_asker, texts) => {
    asked.push(texts);
    const at = refuse === undefined ? -1 : texts.indexOf(refuse);
    return at < 0 ? { texts: texts.map((text) => text.toUpperCase()) } : { refused: 'No.', at };
  });
  return { check, asked };
}

describe('what people type besides questions', () => {
  it('is judged as it would be kept: of one line, without what nobody sees', async () => {
    const { check, asked } = checking();
    const name = `buy\n go\u200bld\u202e ${'x'.repeat(100)}`;
    const answer = await check.lines(asker, [name] as const);
    const seen = `buy gold ${'x'.repeat(100)}`;
    expect(asked).toEqual([[seen]]);
    expect(answer).toMatchObject({ words: [{ text: seen.toUpperCase() }] });
  });

  it('is judged once each, in its order, and not at all where there is nothing', async () => {
    const { check, asked } = checking();
    const answer = await check.texts(asker, ['b\n c', '', 'a', 'b\n c'] as const);
    expect(asked).toEqual([['b\n c', 'a']]);
    expect(answer).toMatchObject({
      words: [{ text: 'B\n C' }, { text: '' }, { text: 'A' }, { text: 'B\n C' }],
    });
    expect(await check.lines(asker, ['', ' '] as const)).toMatchObject({
      words: [{ text: '' }, { text: '' }],
    });
    expect(asked).toHaveLength(1);
  });

  it('is refused as a whole, and what it is about is told', async () => {
    const { check } = checking('bad');
    expect(await check.lines(asker, ['', 'good', 'bad'] as const)).toEqual({ refused: 'No.', at: 2 });
  });
});
