import { expect, test } from 'vitest';
import { answerCommand } from '../../../src/commands/answer-command.ts';

test.each(['', '   ', 'help', 'HELP', ' help '])('"%s" is answered with the help', (text) => {
  expect(answerCommand(text)).toMatch(/^Mention me with a question/);
});

test('an unknown command is named and followed by the help', () => {
  const answer = answerCommand('frobnicate now');
  expect(answer).toContain('“frobnicate now”');
  expect(answer).toContain('Mention me with a question');
});

test('an endless command is quoted in part, without half an emoji', () => {
  const answer = answerCommand(`${'x'.repeat(59)}😀${'y'.repeat(5_000)}`);
  expect(answer.length).toBeLessThan(600);
  expect(answer.isWellFormed()).toBe(true);
});
