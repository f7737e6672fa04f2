import { describe, expect, it } from 'vitest';
import { localAnswer } from '../../../src/turns/local-answer.ts';

const answer = (text: string, files: string[] = []) => localAnswer({ text, files });

describe('what the bot answers without the agent', () => {
  it.each(['', '   ', '\n\t'])('asks for a question when there is none (%j)', (text) => {
    expect(answer(text)).toBe('empty_question');
    expect(answer(text, ['plan.pdf'])).toBe('file_without_question');
  });

  it.each(['help', 'Help', ' HELP ', '/help', 'help?', 'help !'])('explains itself for %j', (text) => {
    expect(answer(text)).toBe('help');
  });

  it.each(['help me with EC2', 'how does help work', 'helpful?', 'help??', '.'])(
    'leaves %j to the agent',
    (text) => {
      expect(answer(text)).toBeUndefined();
      expect(answer(text, ['plan.pdf'])).toBeUndefined();
    },
  );
});
