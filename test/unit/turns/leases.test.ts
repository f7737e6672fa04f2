import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Held, Renewal } from '../../../src/turns/lanes.ts';
import { keepLeases, StopRequested } from '../../../src/turns/leases.ts';
import { LaneLost } from '../../../src/turns/reply.ts';
import { parseTurn } from '../../../src/turns/turn.ts';

const LEASE_MS = 3_000;

const message = JSON.stringify({
  key: { platform: 'slack', tenant: 'T', conversation: 'C', thread: '1' },
  kind: 'direct',
  sender: { id: 'U', tenant: 'T' },
  text: 'hello',
  messageId: '1',
  addressed: true,
  files: [],
  claims: ['1'],
});
const turn = (lane: string, fence = '1') => ({
  ...parseTurn(`turn-${lane}`, { lane, message, state: 'running' }),
  fence,
  places: {},
  quietMs: 0,
});

/** How often a worker asks. */
const EVERY_MS = 500;

type Renew = (held: readonly Held[]) => Promise<Renewal>;
const answer = (...lost: string[]): Renewal => ({ lost, stops: new Map() });

describe('the leases of a worker', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
  });

  function leases(renew: Renew) {
    const calls: (readonly Held[])[] = [];
    const errors: unknown[] = [];
    const kept = keepLeases({
      lanes: {
        renew: (held) => {
          calls.push(held);
          return renew(held);
        },
      },
      now: () => performance.now(),
      onError: (error) => errors.push(error),
      leaseMs: LEASE_MS,
    });
    return { ...kept, calls, errors };
  }
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const nothingLost: Renew = () => Promise.resolve(answer());

  it('are renewed all in one call, and hold for as long as Redis says so', async () => {
    const kept = leases(nothingLost);
    const holds = ['a', 'b', 'c'].map((lane) => kept.hold(turn(lane), performance.now()));
    await pass(10 * LEASE_MS);
    expect(kept.calls).toHaveLength((10 * LEASE_MS) / EVERY_MS);
    for (const call of kept.calls) expect(call.map((held) => held.lane)).toEqual(['a', 'b', 'c']);
    for (const hold of holds) {
      expect(hold.signal.aborted).toBe(false);
      expect(() => hold.assertHeld()).not.toThrow();
    }
    await kept.close();
  });

  it('ask nothing of Redis while nothing is held', async () => {
    const kept = leases(nothingLost);
    const hold = kept.hold(turn('a'), performance.now());
    hold.drop();
    await pass(2 * LEASE_MS);
    expect(kept.calls).toEqual([]);
    await kept.close();
  });

  it('end with the next renewal when Redis says that a lane is lost, and only for this lane', async () => {
    const kept = leases(() => Promise.resolve(answer('a')));
    const lost = kept.hold(turn('a'), performance.now());
    const held = kept.hold(turn('b'), performance.now());
    await pass(EVERY_MS);
    expect(lost.signal.reason).toBeInstanceOf(LaneLost);
    expect(() => lost.assertHeld()).toThrow(LaneLost);
    expect(held.signal.aborted).toBe(false);
    await pass(EVERY_MS);
    expect(kept.calls.at(-1)?.map((h) => h.lane)).toEqual(['b']);
    await kept.close();
  });

  it('end by the own clock when Redis refuses the renewal', async () => {
    const kept = leases(() => Promise.reject(new Error('away')));
    const hold = kept.hold(turn('a'), performance.now());
    await pass(LEASE_MS - 1);
    expect(hold.signal.aborted).toBe(false);
    await pass(1);
    expect(() => hold.assertHeld()).toThrow(LaneLost);
    expect(hold.signal.reason).toBeInstanceOf(LaneLost);
    expect(kept.errors.length).toBeGreaterThan(0);
    await kept.close();
  });

  it('end by the own clock when Redis does not answer at all', async () => {
    let reply: (renewal: Renewal) => void = () => undefined;
    const kept = leases(() => new Promise((resolve) => (reply = resolve)));
    const hold = kept.hold(turn('a'), performance.now());
    await pass(LEASE_MS);
    expect(hold.signal.reason).toBeInstanceOf(LaneLost);
    // Not one call behind the other, or the way back would be longer than the time away.
    expect(kept.calls).toHaveLength(1);
    reply(answer());
    await kept.close();
  });

  it('count from before the claim, so that this worker gives up no later than Redis', () => {
    const kept = leases(nothingLost);
    const hold = kept.hold(turn('a'), performance.now() - LEASE_MS);
    expect(() => hold.assertHeld()).toThrow(LaneLost);
    return kept.close();
  });

  it('count from before the renewal, not from its answer', async () => {
    let asked = 0;
    const kept = leases(async () => {
      asked += 1;
      // The first is answered after half a lease; then Redis falls silent for as long as it takes.
      await new Promise((resolve) => setTimeout(resolve, asked === 1 ? LEASE_MS / 2 : 10 * LEASE_MS));
      return answer();
    });
    const hold = kept.hold(turn('a'), performance.now());
    await pass(EVERY_MS + LEASE_MS - 1);
    expect(hold.signal.aborted).toBe(false);
    await pass(1);
    expect(hold.signal.reason).toBeInstanceOf(LaneLost);
    await pass(10 * LEASE_MS);
    await kept.close();
  });

  it('let go of what was dropped, also when an older run of the same lane is dropped late', async () => {
    const kept = leases(nothingLost);
    const before = kept.hold(turn('a', '1'), performance.now());
    const after = kept.hold(turn('a', '2'), performance.now());
    expect(before.signal.reason).toBeInstanceOf(LaneLost);
    before.drop();
    await pass(2 * LEASE_MS);
    expect(kept.calls.at(-1)).toEqual([{ lane: 'a', fence: '2' }]);
    expect(() => after.assertHeld()).not.toThrow();
    await kept.close();
  });

  it('hear at the next renewal that a turn shall end, and hold its lane all the same', async () => {
    let wish: Renewal['stops'] = new Map();
    const kept = leases(async () => ({ lost: [], stops: wish }));
    const hold = kept.hold(turn('a'), performance.now());
    const other = kept.hold(turn('b'), performance.now());
    await pass(EVERY_MS);
    expect(hold.stop.aborted).toBe(false);
    wish = new Map([['a', 'operator' as const]]);
    await pass(EVERY_MS);
    expect(hold.stop.reason).toBeInstanceOf(StopRequested);
    expect(hold.stop.reason).toMatchObject({ why: 'operator' });
    wish = new Map([['a', 'person' as const]]);
    await pass(3 * LEASE_MS);
    expect(hold.stop.reason).toMatchObject({ why: 'operator' });
    expect(hold.signal.aborted).toBe(false);
    expect(() => hold.assertHeld()).not.toThrow();
    expect(other.stop.aborted).toBe(false);
    await kept.close();
  });

  it('do not pass a wish on to the next turn of the lane that came in between', async () => {
    let reply: (renewal: Renewal) => void = () => undefined;
    const kept = leases(() => new Promise((resolve) => (reply = resolve)));
    const first = kept.hold(turn('a', '1'), performance.now());
    await pass(EVERY_MS);
    first.drop();
    const next = kept.hold(turn('a', '2'), performance.now());
    reply({ lost: [], stops: new Map([['a', 'person' as const]]) });
    await pass(1);
    expect(next.stop.aborted).toBe(false);
    await kept.close();
  });

  it('of a turn that was to end before it was claimed say so at once', async () => {
    const kept = leases(nothingLost);
    const hold = kept.hold({ ...turn('a'), stop: 'person' }, performance.now());
    expect(hold.stop.reason).toMatchObject({ why: 'person' });
    await kept.close();
  });

  it('give up for another reason when the run is told to', async () => {
    const kept = leases(nothingLost);
    const hold = kept.hold(turn('a'), performance.now());
    const reason = new Error('shutting down');
    hold.abort(reason);
    expect(() => hold.assertHeld()).toThrow(reason);
    await kept.close();
  });

  it('leave no timer when closed', async () => {
    const kept = leases(nothingLost);
    kept.hold(turn('a'), performance.now());
    await pass(EVERY_MS);
    await kept.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
