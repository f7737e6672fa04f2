import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../../src/chat/command.ts';

describe('a command to the bot itself', () => {
  it.each([
    ['help', { name: 'help' }],
    ['Help?', { name: 'help' }],
    ['stop', { name: 'stop', all: false }],
    [' STOP! ', { name: 'stop', all: false }],
    ['/stop', { name: 'stop', all: false }],
    ['stop .', { name: 'stop', all: false }],
    ['stop all', { name: 'stop', all: true }],
    ['Stop\n  ALL!!', { name: 'stop', all: true }],
    ['status', { name: 'status' }],
    ['status ?', { name: 'status' }],
  ] as const)('is read from %j', (words, command) => {
    expect(parseCommand(words)).toEqual(command);
  });

  it.each([
    '',
    ' ',
    '?',
    'please stop',
    'stop the instance i-1',
    'stop all instances',
    'stopall',
    'stop, all',
    'status of the deployment',
    'help me',
    '“stop”',
    '// stop',
    'stop 🛑',
  ])('is not read from %j, which is a question', (words) => {
    expect(parseCommand(words)).toBeUndefined();
  });

  it('is the same in any case, with any blanks and end marks', () => {
    const words = fc.constantFrom('stop', 'stop all', 'status', 'help');
    const blank = fc.constantFrom(' ', '  ', '\t', '\n');
    fc.assert(
      fc.property(
        words,
        blank,
        fc.boolean(),
        fc.constantFrom('', '!', '?', '...', '?!'),
        (text, space, loud, end) => {
          const written = `${space}${text.replace(' ', space)}${space}${end}${space}`;
          expect(parseCommand(loud ? written.toUpperCase() : written)).toEqual(parseCommand(text));
          expect(parseCommand(text)).toBeDefined();
        },
      ),
    );
  });
});
