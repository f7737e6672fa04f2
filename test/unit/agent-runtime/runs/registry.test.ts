import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRuns, type Work } from '../../../../agent-runtime/runs/registry.ts';
import type { Run } from '../../../../agent-runtime/runs/run.ts';
import type { AgentEvent } from '../../../../src/contract/events.ts';

const A = { sessionId: 'a'.repeat(40), turnId: 'turn-1' };
const B = { sessionId: 'b'.repeat(40), turnId: 'turn-1' };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setup(options: Partial<Parameters<typeof createRuns>[0]> = {}) {
  const logged: string[] = [];
  const note = (_fields: object, message: string) => void logged.push(message);
  const clock = { now: 0 };
  const runs = createRuns({
    now: () => clock.now,
    log: { info: note, warn: note, error: note },
    ...options,
  });
  return { runs, logged, clock };
}

/** Work that goes on until it is told to end. */
function held() {
  let release = () => undefined as unknown;
  const gate = new Promise<void>((resolve) => {
    release = () => resolve();
  });
  const work: Work = async () => gate;
  return { work, release: () => release() };
}

async function allOf(run: Run | undefined): Promise<AgentEvent[]> {
  const events: AgentEvent[] = [];
  for await (const event of run?.follow(0) ?? []) events.push(event);
  return events;
}

describe('the registry of runs', () => {
  test('does not begin a known turn again, neither while it works nor after it ended', async () => {
    const { runs } = setup();
    let begun = 0;
    const { work, release } = held();
    const counted: Work = async (run) => {
      begun += 1;
      await work(run);
    };
    const first = runs.start(A, counted);
    const second = runs.start(A, counted);
    expect([first.kind, second.kind]).toEqual(['started', 'known']);
    release();
    await allOf(runs.find(A));
    await vi.advanceTimersByTimeAsync(1);
    expect(runs.start(A, counted).kind).toBe('known');
    expect(begun).toBe(1);
    expect(runs.active).toBe(0);
  });

  test('lets one turn of a session work at a time, and other sessions beside it', async () => {
    const { runs } = setup();
    const { work, release } = held();
    expect(runs.start(A, work).kind).toBe('started');
    expect(runs.start({ ...A, turnId: 'turn-2' }, work).kind).toBe('busy');
    expect(runs.start(B, work).kind).toBe('started');
    expect(runs.active).toBe(2);
    release();
    await vi.advanceTimersByTimeAsync(1);
    expect(runs.active).toBe(0);
    expect(runs.start({ ...A, turnId: 'turn-2' }, work).kind).toBe('started');
  });

  test('never finds a turn through another session', () => {
    const { runs } = setup();
    runs.start(A, held().work);
    expect(runs.find(A)?.turnId).toBe('turn-1');
    expect(runs.find(B)).toBeUndefined();
  });

  test('closes every run with exactly one end, also when the work throws or says nothing', async () => {
    const { runs, logged } = setup();
    runs.start(A, async () => {
      throw new Error('secret detail');
    });
    runs.start(B, async () => undefined);
    const failed = await allOf(runs.find(A));
    expect(failed.map((event) => event.type)).toEqual(['error', 'end']);
    expect(JSON.stringify(failed)).not.toContain('secret');
    expect((await allOf(runs.find(B))).map((event) => event.type)).toEqual(['end']);
    expect(logged).toContain('the work of a run failed');
  });

  test('ends cancelled work as cancelled, even when it does not listen', async () => {
    const { runs, logged } = setup({ cancelGraceMs: 3_000 });
    runs.start(A, held().work);
    expect(runs.cancel(A)).toBe(true);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await allOf(runs.find(A))).toEqual([{ type: 'end', seq: 1, stop: 'cancelled' }]);
    expect(logged).toContain('cancelled work did not stop in time; it is ended without it');
    expect(runs.cancel(A)).toBe(false);
  });

  test('stops all runs and starts none afterwards', async () => {
    const { runs } = setup();
    const listening: Work = (run) =>
      new Promise((resolve) => run.signal.addEventListener('abort', () => resolve()));
    runs.start(A, listening);
    runs.start(B, listening);
    await runs.stop();
    expect(runs.active).toBe(0);
    expect((await allOf(runs.find(B))).at(-1)).toMatchObject({ type: 'end', stop: 'cancelled' });
    expect(runs.start({ ...A, turnId: 'turn-9' }, listening).kind).toBe('busy');
  });

  test('speaks up after a silence and names the step', async () => {
    const { runs } = setup({ heartbeatMs: 10_000 });
    const { work, release } = held();
    runs.start(A, async (run) => {
      run.publish({
        type: 'tool',
        id: '1',
        name: 'x',
        title: 'Listing EC2 instances',
        effect: 'read',
        state: 'started',
      });
      await work(run);
    });
    await vi.advanceTimersByTimeAsync(9_999);
    expect(runs.find(A)?.last).toBe(1);
    await vi.advanceTimersByTimeAsync(20_001);
    release();
    const texts = (await allOf(runs.find(A))).flatMap((event) =>
      event.type === 'status' ? [event.text] : [],
    );
    expect(texts).toEqual(Array(3).fill('Still working: Listing EC2 instances'));
  });

  test('forgets runs that ended too long ago, and the oldest when there are too many', async () => {
    const { runs, clock } = setup({ keepMs: 1_000, keepCount: 2 });
    const turn = (turnId: string) => ({ ...A, turnId });
    for (const name of ['t1', 't2', 't3']) {
      runs.start(turn(name), async () => undefined);
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(runs.find(turn('t1'))).toBeUndefined();
    expect(runs.find(turn('t2'))).toBeDefined();
    clock.now = 1_000;
    runs.sweep();
    expect(runs.find(turn('t3'))).toBeUndefined();
  });

  test('tells when each run begins and ends', async () => {
    const seen: string[] = [];
    const { runs } = setup({
      onBegin: (turnId) => {
        seen.push(`+${turnId}`);
        return () => void seen.push(`-${turnId}`);
      },
    });
    const { work, release } = held();
    runs.start(A, work);
    expect(seen).toEqual(['+turn-1']);
    release();
    await vi.advanceTimersByTimeAsync(1);
    expect(seen).toEqual(['+turn-1', '-turn-1']);
  });
});
