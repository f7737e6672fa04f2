import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TURN_UNKNOWN } from '../../../src/contract/events.ts';
import { type AskAgentDeps, askAgent } from '../../../src/turns/ask-agent.ts';
import { StopRequested } from '../../../src/turns/leases.ts';
import type { StopReason } from '../../../src/turns/turn.ts';
import { end, failure, numbered, text, tool } from './agent-events.ts';
import { answered, attach, type Script, scripted, start, throttled } from './scripted-agent.ts';

/** A scripted agent, and somebody who may stop the turn. */
function stoppable(scripts: readonly Script[], options: Partial<AskAgentDeps> = {}) {
  const wish = new AbortController();
  const run = scripted(scripts, { stop: wish.signal, ...options });
  return { ...run, stop: (why: StopReason = 'person') => wish.abort(new StopRequested(why)) };
}

describe('stopping an answer', () => {
  it.each([
    ['person', 'stopped', 'stopped_by_person'],
    ['operator', 'stopped_by_operator', 'stopped_by_operator'],
    ['newer_question', 'stopped_for_newer', 'stopped_for_newer'],
  ] as const)('in the middle keeps what was said (%s)', async (why, notice, reason) => {
    const run = stoppable([{ events: numbered([text('Two ')]), hangs: true }], {
      onView: () => run.stop(why),
    });
    await expect(askAgent(run.deps)).resolves.toEqual({
      end: 'stopped',
      notice,
      reason,
      view: expect.objectContaining({ text: 'Two ' }),
    });
    expect(run.exchanges).toEqual([start]);
    expect(run.stops()).toBe(1);
    // It is no failure of the agent, and is not counted as one.
    expect(run.interruptions).toEqual([]);
  });

  it('ends the exchange before the session', async () => {
    const order: string[] = [];
    const run = stoppable([{ events: numbered([text('Two ')]), hangs: true }], {
      onView: () => run.stop(),
      stopSession: async () => void order.push('session stopped'),
    });
    const { open } = run.deps;
    await askAgent({
      ...run.deps,
      async *open(exchange) {
        exchange.signal.addEventListener('abort', () => order.push('exchange aborted'));
        try {
          yield* open(exchange);
        } finally {
          order.push('exchange over');
        }
      },
    });
    expect(order).toEqual(['exchange aborted', 'exchange over', 'session stopped']);
  });

  it('before a word was said ends the run all the same', async () => {
    const run = stoppable([{ hangs: true }]);
    const answer = askAgent(run.deps);
    run.stop();
    await expect(answer).resolves.toMatchObject({ end: 'stopped', notice: 'stopped', view: { text: '' } });
    expect(run.stops()).toBe(1);
  });

  it('before the agent was asked asks nobody, and leaves its session what it remembers', async () => {
    const run = stoppable([]);
    run.stop();
    await expect(askAgent(run.deps)).resolves.toMatchObject({ end: 'stopped', notice: 'stopped' });
    expect(run.exchanges).toEqual([]);
    expect(run.stops()).toBe(0);
  });

  it('while it waits to try again does not wait any longer', async () => {
    const run = stoppable([throttled], {
      pause: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
          run.stop();
        }),
    });
    await expect(askAgent(run.deps)).resolves.toMatchObject({ end: 'stopped', notice: 'stopped' });
    expect(run.exchanges).toEqual([start]);
  });

  it('of a turn that a lost worker began asks nobody, but ends what may still run', async () => {
    const run = stoppable([]);
    run.stop();
    await expect(askAgent(run.deps, { sawWrite: false, streaming: false })).resolves.toMatchObject({
      end: 'stopped',
      notice: 'stopped',
    });
    expect(run.exchanges).toEqual([]);
    expect(run.stops()).toBe(1);
  });

  describe('of a turn whose lost worker left a stream open', () => {
    const lost = { sawWrite: false, streaming: true };

    it('hears from the run what stands there, before it ends it', async () => {
      const order: string[] = [];
      const run = stoppable([{ events: numbered([text('So '), text('far')]), hangs: true }], {
        stopSession: async () => void order.push(`stopped after ${run.exchanges.length} exchange`),
      });
      run.stop();
      await expect(askAgent(run.deps, lost)).resolves.toMatchObject({
        end: 'stopped',
        notice: 'stopped',
        view: { text: 'So far' },
      });
      expect(run.exchanges).toEqual([attach(0)]);
      expect(order).toEqual(['stopped after 1 exchange']);
      expect(run.views).toEqual([]);
    });

    it('hears all of it, however slowly what is heard is taken in', async () => {
      vi.useFakeTimers();
      onTestFinished(() => void vi.useRealTimers());
      const events = numbered([tool('write'), text('So '), text('far')]);
      const noted = Promise.withResolvers<void>();
      const run = stoppable([{ events, hangs: true }], {
        room: () => Promise.reject(new Error('nobody waits for room')),
        onWrite: () => noted.promise,
      });
      run.stop();
      const answer = askAgent(run.deps, lost);
      await vi.advanceTimersByTimeAsync(2_100);
      noted.resolve();
      await vi.advanceTimersByTimeAsync(300);
      await expect(answer).resolves.toMatchObject({
        notice: 'stopped_in_change',
        view: { text: 'So far' },
      });
    });

    it.each([
      ['that is gone', { events: numbered([failure(TURN_UNKNOWN), end()]) }],
      ['that breaks off', { events: numbered([text('So')]) }],
      ['that cannot be reached', throttled],
    ])('takes no part of a run %s for the whole', async (_, script) => {
      const run = stoppable([script]);
      run.stop();
      await expect(askAgent(run.deps, lost)).resolves.toMatchObject({ end: 'stopped', view: { text: '' } });
      expect(run.stops()).toBe(1);
    });

    it('hears nothing from an agent that cannot attach', async () => {
      const run = stoppable([], { canAttach: false });
      run.stop();
      await expect(askAgent(run.deps, lost)).resolves.toMatchObject({ end: 'stopped', view: { text: '' } });
    });

    it('leaves the turn when the lane is lost meanwhile', async () => {
      const reason = new Error('the lane is lost');
      const gone = new AbortController();
      const run = stoppable([{ events: numbered([tool('write')]), hangs: true }], {
        signal: gone.signal,
        onWrite: async () => gone.abort(reason),
      });
      run.stop();
      await expect(askAgent(run.deps, lost)).rejects.toBe(reason);
      expect(run.stops()).toBe(0);
    });
  });

  it('during an attach to the run of a lost worker keeps what was replayed', async () => {
    const run = stoppable([{ events: numbered([text('So far')]), hangs: true }], {
      onView: () => run.stop(),
    });
    await expect(askAgent(run.deps, { sawWrite: false, streaming: false })).resolves.toMatchObject({
      end: 'stopped',
      view: { text: 'So far' },
    });
    expect(run.exchanges).toEqual([attach(0)]);
  });

  it('comes too late once the end of the answer was read', async () => {
    const run = stoppable([{ events: answered }]);
    const { open } = run.deps;
    const answer = await askAgent({
      ...run.deps,
      async *open(exchange) {
        try {
          yield* open(exchange);
        } finally {
          run.stop();
        }
      },
    });
    expect(answer).toMatchObject({ end: 'done', view: { text: 'Two instances.' } });
    expect(run.stops()).toBe(0);
  });

  it('is taken for no stop when the turn is given up', async () => {
    const lost = new Error('the lane is lost');
    const giveUp = new AbortController();
    const run = stoppable([{ events: numbered([text('Two ')]), hangs: true }], {
      signal: giveUp.signal,
      onView: () => {
        giveUp.abort(lost);
        run.stop();
      },
    });
    await expect(askAgent(run.deps)).rejects.toBe(lost);
    expect(run.stops()).toBe(0);
  });

  it('is no excuse for a lane that is lost: a change that could not be put on record ends it here', async () => {
    const lost = new Error('the lane is lost');
    const run = stoppable([{ events: numbered([tool('write')]) }], {
      onWrite: () => {
        run.stop();
        return Promise.reject(lost);
      },
    });
    await expect(askAgent(run.deps)).rejects.toBe(lost);
    expect(run.stops()).toBe(0);
  });

  it('fails with the turn when the session may not be stopped by this worker', async () => {
    const lost = new Error('the lane is lost');
    const run = stoppable([{ events: numbered([text('Two ')]), hangs: true }], {
      onView: () => run.stop(),
      stopSession: () => Promise.reject(lost),
    });
    await expect(askAgent(run.deps)).rejects.toBe(lost);
  });
});

describe('stopping a change', () => {
  const stopAfter = (n: number, events: Parameters<typeof numbered>[0], first = 1) => {
    let seen = 0;
    const run = stoppable([{ events: numbered(events, first), hangs: true }], {
      onView: () => {
        seen += 1;
        if (seen === n) run.stop();
      },
    });
    return askAgent(run.deps);
  };

  it('that is under way says that nobody can tell', async () => {
    await expect(stopAfter(1, [tool('write')])).resolves.toMatchObject({
      end: 'stopped',
      notice: 'stopped_in_change',
      reason: 'stopped_by_person',
    });
  });

  it('that has ended does not', async () => {
    await expect(stopAfter(2, [tool('write'), tool('write', 'finished')])).resolves.toMatchObject({
      notice: 'stopped',
    });
    await expect(stopAfter(2, [tool('write'), tool('write', 'failed')])).resolves.toMatchObject({
      notice: 'stopped',
    });
  });

  it('is no matter while the agent only reads', async () => {
    await expect(stopAfter(1, [tool('read')])).resolves.toMatchObject({ notice: 'stopped' });
  });

  it('that only the lost worker saw says that nobody can tell', async () => {
    const run = stoppable([]);
    run.stop();
    await expect(askAgent(run.deps, { sawWrite: true, streaming: false })).resolves.toMatchObject({
      notice: 'stopped_in_change',
    });
  });

  it('that may stand among missing events says that nobody can tell', async () => {
    await expect(stopAfter(1, [text('late')], 3)).resolves.toMatchObject({ notice: 'stopped_in_change' });
  });
});
