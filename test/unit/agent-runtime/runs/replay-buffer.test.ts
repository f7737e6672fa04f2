import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createReplayBuffer } from '../../../../agent-runtime/runs/replay-buffer.ts';
import type { AgentEvent } from '../../../../src/contract/events.ts';

const event = (seq: number): AgentEvent => ({ type: 'text', seq, text: `t${seq}` });

function readAll(buffer: ReturnType<typeof createReplayBuffer>, afterSeq: number): number[] {
  const seen: number[] = [];
  for (let after = afterSeq; ; ) {
    const next = buffer.nextAfter(after);
    if (!next) return seen;
    seen.push(next.seq);
    after = next.seq;
  }
}

describe('the replay buffer', () => {
  test('gives from any point exactly the suffix, or a suffix with a visible gap when old events were dropped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 120 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 400 }),
        fc.nat(140),
        (sizes, maxEvents, maxBytes, afterSeq) => {
          const buffer = createReplayBuffer({ maxEvents, maxBytes });
          for (const [index, size] of sizes.entries()) buffer.append(event(index + 1), size);

          const seen = readAll(buffer, afterSeq);
          const first = Math.max(afterSeq + 1, buffer.oldest);
          const expected = [];
          for (let seq = first; seq <= sizes.length; seq += 1) expected.push(seq);
          // What was dropped shows as a jump in front: nothing is renumbered.
          expect(seen).toEqual(expected);
        },
      ),
    );
  });

  test('never holds more than its bounds, and keeps the newest event even when that alone is too large', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 150 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 500 }),
        (sizes, maxEvents, maxBytes) => {
          const buffer = createReplayBuffer({ maxEvents, maxBytes });
          for (const [index, size] of sizes.entries()) {
            buffer.append(event(index + 1), size);
            expect(buffer.last - buffer.oldest + 1).toBeLessThanOrEqual(maxEvents);
            expect(buffer.bytes <= maxBytes || buffer.oldest === buffer.last).toBe(true);
            expect(buffer.nextAfter(buffer.last - 1)?.seq).toBe(buffer.last);
          }
          let held = 0;
          for (let seq = buffer.oldest; seq <= buffer.last; seq += 1) held += sizes[seq - 1] ?? 0;
          expect(buffer.bytes).toBe(held);
        },
      ),
    );
  });

  test('refuses an event out of order', () => {
    const buffer = createReplayBuffer();
    buffer.append(event(1), 10);
    expect(() => buffer.append(event(3), 10)).toThrow('Event 3 does not follow 1.');
    expect(() => buffer.append(event(1), 10)).toThrow('Event 1 does not follow 1.');
  });
});
