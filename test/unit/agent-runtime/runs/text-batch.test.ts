import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTextBatch } from '../../../../agent-runtime/runs/text-batch.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('joining text deltas', () => {
  test('sends the first words at once and what follows quickly as one piece', () => {
    const sent: string[] = [];
    const batch = createTextBatch({ send: (text) => sent.push(text), now: () => Date.now(), waitMs: 25 });
    batch.add('one ');
    expect(sent).toEqual(['one ']);
    batch.add('two ');
    batch.add('three');
    expect(sent).toEqual(['one ']);
    vi.advanceTimersByTime(25);
    expect(sent).toEqual(['one ', 'two three']);
  });

  test('loses and reorders nothing, whatever the rhythm, and sends no empty piece', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ maxLength: 30 }), fc.nat(40), fc.boolean()), { maxLength: 60 }),
        (steps) => {
          const sent: string[] = [];
          const batch = createTextBatch({
            send: (text) => sent.push(text),
            now: () => Date.now(),
            maxChars: 50,
          });
          for (const [text, pause, flush] of steps) {
            batch.add(text);
            vi.advanceTimersByTime(pause);
            if (flush) batch.flush();
          }
          batch.flush();
          expect(sent.join('')).toBe(steps.map(([text]) => text).join(''));
          expect(sent).not.toContain('');
        },
      ),
    );
  });
});
