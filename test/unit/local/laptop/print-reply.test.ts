import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createReplyPrinter } from '../../../../local/laptop/print-reply.ts';

const reply = (text: string, steps: [string, string][] = [], notices: string[] = []) => ({
  text,
  steps: steps.map(([title, status]) => ({ id: title, title, status })),
  notices,
  offersRetry: false,
});

function printed(play: (printer: ReturnType<typeof createReplyPrinter>) => void): string {
  let out = '';
  const printer = createReplyPrinter((text) => {
    out += text;
  });
  play(printer);
  printer.finish();
  return out;
}

test('a thread is printed in the order in which it grew, nothing twice', () => {
  const out = printed((printer) => {
    printer.status('is thinking…');
    printer.status('is thinking…');
    printer.reply(reply('', [['List instances', 'in_progress']]));
    printer.reply(reply('There are', [['List instances', 'complete']]));
    printer.status('');
    printer.reply(reply('There are 5.', [['List instances', 'complete']]));
    printer.reply(reply('There are 5.', [['List instances', 'complete']], ['Cut off.']));
    printer.reply(reply('There are 5.', [['List instances', 'complete']], ['Cut off.']));
  });
  expect(out).toBe('· is thinking…\n… List instances\n✓ List instances\nThere are 5.\nCut off.\n');
});

test('a step in the middle of a line waits for its end, and a status comes only before the text', () => {
  const out = printed((printer) => {
    printer.reply(reply('| a |'));
    printer.status('is thinking…');
    printer.reply(reply('| a |', [['Look', 'in_progress']]));
    printer.reply(reply('| a | b |\n', [['Look', 'in_progress']]));
    printer.reply(reply('| a | b |\n| c', [['Look', 'complete']]));
  });
  expect(out).toBe('| a | b |\n… Look\n✓ Look\n| c\n');
});

test('text that grows in any pieces comes out whole, with one line end', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (pieces) => {
      const whole = pieces.join('');
      let sofar = '';
      const out = printed((printer) => {
        for (const piece of pieces) {
          sofar += piece;
          printer.reply(reply(sofar));
        }
      });
      expect(out).toBe(whole === '' || whole.endsWith('\n') ? whole : `${whole}\n`);
    }),
  );
});

test('an answer that was replaced is printed again, and said to be', () => {
  const out = printed((printer) => {
    printer.reply(reply('Wrong'));
    printer.reply(reply('Right'));
  });
  expect(out).toBe('Wrong\n(the answer was replaced)\nRight\n');
});
