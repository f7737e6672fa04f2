import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type SeenMessage, threadContext } from '../../../src/chat/thread-context.ts';

const seen = (at: number, from: SeenMessage['from'], text: string, addressed = false): SeenMessage => ({
  from,
  addressed,
  author: from === 'other' ? 'U2' : 'U1',
  text,
  at,
});
const texts = (thread: readonly SeenMessage[]) => threadContext(thread).map(({ text }) => text);

it('is what others wrote, in its order, and what the author wrote before asking the bot', () => {
  const thread = [
    seen(5, 'bot', 'the bot’s answer'),
    seen(1, 'asker', 'The deploy fails.'),
    seen(2, 'other', 'With which error?'),
    seen(3, 'asker', 'E42'),
    seen(4, 'asker', 'why is that?', true),
    seen(6, 'other', 'I doubt it.'),
    seen(7, 'asker', 'and now?'),
    seen(8, 'other', ' \n'),
    seen(9, 'other', '@bot what do you think?', true),
  ];
  expect(texts(thread)).toEqual([
    'The deploy fails.',
    'With which error?',
    'E42',
    'I doubt it.',
    '@bot what do you think?',
  ]);
});

it('is the newest part, of bounded size, for any thread', () => {
  const message = fc.record({
    from: fc.constantFrom('asker' as const, 'bot' as const, 'other' as const),
    addressed: fc.boolean(),
    author: fc.string(),
    text: fc.oneof(
      fc.string(),
      fc.integer({ min: 0, max: 5_000 }).map((n) => 'x'.repeat(n)),
    ),
    at: fc.nat(1_000),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 60 }), (thread) => {
      const told = threadContext(thread);
      expect(told.length).toBeLessThanOrEqual(20);
      expect(told.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(12_000);
      expect(told.every(({ text, from }) => text.length <= 2_000 && from !== 'bot')).toBe(true);
      expect(told.map(({ at }) => at)).toEqual(told.map(({ at }) => at).toSorted((a, b) => a - b));
      const newest = thread.filter(({ from, text }) => from === 'other' && text.trim() !== '').at(-1);
      if (newest && told.length > 0) expect(told.at(-1)?.at).toBeGreaterThanOrEqual(told[0]?.at ?? 0);
    }),
  );
});
