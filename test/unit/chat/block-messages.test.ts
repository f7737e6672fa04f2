import { expect, it } from 'vitest';
import { blockMessage, explainPolicy } from '../../../src/chat/block-messages.ts';
import { POLICIES } from '../../../src/chat/policies.ts';

it.each(POLICIES)('%s has words in both languages, for questions and answers, and says why', (policy) => {
  for (const direction of ['question', 'answer'] as const) {
    const english = blockMessage(direction, policy, 'en-US');
    const german = blockMessage(direction, policy, 'de-DE');
    expect(english).not.toBe(german);
    for (const text of [english, german]) expect(text.length).toBeGreaterThan(60);
  }
  expect(explainPolicy(policy, 'de')).not.toBe(explainPolicy(policy));
});

it('other languages read English, and so does who has none', () => {
  expect(blockMessage('question', 'topic', 'fr')).toBe(blockMessage('question', 'topic', undefined));
});

it('an operator puts their own words in place of ours, for all languages or for one', () => {
  const own = { topic: 'Ask us about clouds.', 'de.topic': 'Fragen Sie nach Wolken.' };
  expect(blockMessage('question', 'topic', 'en-GB', own)).toBe('Ask us about clouds.');
  expect(blockMessage('answer', 'topic', 'de-AT', own)).toBe('Fragen Sie nach Wolken.');
  expect(blockMessage('answer', 'hate', 'de-AT', own)).toBe(blockMessage('answer', 'hate', 'de'));
});
