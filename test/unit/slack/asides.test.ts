import { ErrorCode, WebAPIRateLimitedError } from '@slack/web-api';
import { expect, test } from 'vitest';
import { type Aside, createAsides, createPassingCalls } from '../../../src/slack/asides.ts';
import type { PacedCall, Pacing } from '../../../src/slack/pacing.ts';
import { NotNow } from '../../../src/slack/thread-writer.ts';
import type { Slot, Urgency } from '../../../src/store/call-pacing.ts';

const NOW: Slot = { granted: true, waitMs: 0 };
const later = (waitMs: number): Slot => ({ granted: false, waitMs });
const tooMany = (seconds: number) => new WebAPIRateLimitedError(seconds);
const CALL: Aside = {
  workspace: 'T1',
  method: 'chat.postEphemeral',
  args: { channel: 'C1', text: 'hi' },
  patienceMs: 30_000,
};

/** Answers `slots` and then room; fails with `failures` and then works. */
function rig({ slots = [], failures = [] }: { slots?: Slot[]; failures?: Error[] } = {}) {
  const asked: [PacedCall, Urgency][] = [];
  const held: [string, number][] = [];
  const made: unknown[][] = [];
  const waits: number[] = [];
  const closing = new AbortController();
  const pacing: Pacing = {
    async ask(call, urgency) {
      asked.push([call, urgency]);
      return slots.shift() ?? NOW;
    },
    hold: async (call, ms) => void held.push([call.method, ms]),
    heldMs: async () => 0,
  };
  const client = {
    async call(method: string, args: Record<string, unknown>) {
      made.push([method, args]);
      const failure = failures.shift();
      if (failure) throw failure;
      return { ok: true };
    },
  };
  const pause = async (ms: number) => void waits.push(ms);
  return { asked, held, made, waits, closing, pacing, client, pause };
}
const asidesOf = (of: ReturnType<typeof rig>) => createAsides({ ...of, closing: of.closing.signal });

test('a courtesy is asked for as one, and made once there is room', async () => {
  const one = rig({ slots: [later(4_000), later(5_000)] });
  expect(await asidesOf(one)(CALL)).toEqual({ ok: true });
  const call = { workspace: 'T1', method: 'chat.postEphemeral', channel: 'C1' };
  expect(one.asked).toEqual([1, 2, 3].map(() => [call, 'aside']));
  expect(one.waits).toEqual([4_000, 5_000]);
  expect(one.made).toEqual([[CALL.method, CALL.args]]);
});

test('it is left out when its patience would not last, all waits together', async () => {
  const one = rig({ slots: [later(20_000), later(20_000)] });
  await expect(asidesOf(one)(CALL)).rejects.toThrow(NotNow);
  expect(one.waits).toEqual([20_000]);
  expect(one.made).toEqual([]);
  const now = rig({ slots: [later(1)] });
  await expect(asidesOf(now)({ ...CALL, patienceMs: 0 })).rejects.toThrow(NotNow);
  expect(now.waits).toEqual([]);
});

test('a 429 is told to everybody, and waited for', async () => {
  const one = rig({ failures: [tooMany(7)] });
  await asidesOf(one)(CALL);
  expect(one.held).toEqual([[CALL.method, 7_000]]);
  expect(one.waits).toEqual([7_000]);
  expect(one.made).toHaveLength(2);
});

test('any other failure is the caller’s', async () => {
  const broken = Object.assign(new Error('no Slack today'), { code: ErrorCode.RequestError });
  const one = rig({ failures: [broken] });
  await expect(asidesOf(one)(CALL)).rejects.toBe(broken);
  expect(one.made).toHaveLength(1);
});

test('at most 200 wait at a time; at the end of the process nobody waits any more', async () => {
  const one = rig();
  const closed = Promise.withResolvers<void>();
  const callAside = createAsides({
    ...one,
    closing: one.closing.signal,
    pacing: { ...one.pacing, ask: async () => later(1_000) },
    pause: () => closed.promise,
  });
  const waiting = Array.from({ length: 200 }, () => callAside(CALL));
  await expect(callAside(CALL)).rejects.toThrow(NotNow);
  one.closing.abort(new Error('shutting down'));
  closed.reject(new Error('shutting down'));
  for (const call of waiting) await expect(call).rejects.toThrow(NotNow);
  expect(one.made).toEqual([]);
});

test('what goes with every turn is asked for without Redis, and made once or not at all', async () => {
  const one = rig({ slots: [NOW, later(3_000)], failures: [tooMany(3)] });
  const call = createPassingCalls(one);
  await expect(call(CALL)).rejects.toThrow(WebAPIRateLimitedError);
  await expect(call(CALL)).rejects.toThrow(NotNow);
  expect(one.asked.map(([, urgency]) => urgency)).toEqual(['greeting', 'greeting']);
  expect(one.held).toEqual([[CALL.method, 3_000]]);
  expect(one.made).toHaveLength(1);
});
