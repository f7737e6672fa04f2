import { describe, expect, test } from 'vitest';
import { createFaults } from '../../../../local/slack/faults.ts';

describe('when streams end', () => {
  test('each stream that starts uses up one plan, oldest first', () => {
    const faults = createFaults();
    faults.add({ kind: 'end_stream', afterAppends: 3, times: 2 });
    faults.add({ kind: 'end_stream', afterMs: 1000 });
    const ends = Array.from({ length: 4 }, () => faults.takeForStream());
    expect(ends).toEqual([
      { afterMs: undefined, afterAppends: 3 },
      { afterMs: undefined, afterAppends: 3 },
      { afterMs: 1000, afterAppends: undefined },
      undefined,
    ]);
  });

  test('at random: about as often as the chance says, and the same for the same seed', () => {
    const lives = (seed: number) => {
      const faults = createFaults();
      faults.add({ kind: 'end_stream', chance: 0.25, seed });
      return Array.from({ length: 4000 }, () => faults.takeForStream()?.afterAppends ?? -1);
    };
    const first = lives(7);
    expect(lives(7)).toEqual(first);
    expect(lives(8)).not.toEqual(first);
    // The mean of a geometric distribution that may be 0: (1 - p) / p.
    const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
    expect(Math.abs(mean - 3)).toBeLessThan(0.3);
    expect(Math.min(...first)).toBe(0);
  });

  test('a plan without any end is refused, and calls and deliveries do not use it up', () => {
    const faults = createFaults();
    expect(() => faults.add({ kind: 'end_stream' })).toThrow('afterMs, afterAppends or chance');
    faults.add({ kind: 'end_stream', afterMs: 1 });
    expect(faults.takeForCall('chat.startStream', {})).toBeUndefined();
    expect(faults.takeForDelivery('message')).toBeUndefined();
    expect(faults.list()).toHaveLength(1);
  });
});
