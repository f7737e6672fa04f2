import { expect, it } from 'vitest';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';
import { type TurnGuards, withPassedWords } from '../../../src/turns/turn-guards.ts';

const turnOf = (text: string) => ({ message: { text } }) as ClaimedTurn;
const { signal } = new AbortController();

it('a question is called what its agent reads, once it may read it', async () => {
  const checked: Pick<TurnGuards, 'question'> = {
    question: async ({ message: { text } }) =>
      text === 'bad'
        ? { kind: 'block', policy: 'topic', reason: 'topic' }
        : { text: text.replace('Alice', '{NAME}') },
  };
  const { guards, wordsOf } = withPassedWords(checked);
  const [good, bad] = [turnOf('ask Alice'), turnOf('bad')];
  expect(wordsOf(good)).toBeUndefined();
  await guards.question?.(good, signal);
  await guards.question?.(bad, signal);
  expect(wordsOf(good)).toBe('ask {NAME}');
  expect(wordsOf(bad)).toBeUndefined();
});

it('where nobody checks questions, one is called what was asked', () => {
  expect(withPassedWords({}).wordsOf(turnOf('ask Alice'))).toBe('ask Alice');
});
