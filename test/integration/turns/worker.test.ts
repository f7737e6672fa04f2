import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { laneId } from '../../../src/chat/keys.ts';
import type { InboundMessage } from '../../../src/chat/vocabulary.ts';
import { LaneLost } from '../../../src/turns/reply.ts';
import { HandedOver } from '../../../src/turns/run-turn.ts';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { message } from './messages.ts';
import { createRig, gate, type Rig, type Run, withLanes } from './rig.ts';

let url: string;
let rig: Rig;
beforeAll(async () => {
  url = await testRedis();
});
beforeEach(() => {
  rig = createRig(url);
});
afterEach(() => rig.close());

/** Runs until it is given up, then hands the turn over as `runTurn` does. */
const untilGivenUp =
  (from: () => Rig, started: (turn: ClaimedTurn) => void, reasons: unknown[]): Run =>
  async (turn, hold) => {
    started(turn);
    await new Promise<void>((resolve) => {
      if (hold.signal.aborted) resolve();
      else hold.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    reasons.push(hold.signal.reason);
    if (await from().lanes.release(turn)) await from().wakes.add();
    hold.drop();
  };

describe('the worker', () => {
  it('runs many questions once each, in order within each lane and one at a time, whichever worker takes them', async () => {
    const lanes = 20;
    const total = 200;
    const order = new Map<string, string[]>();
    const running = new Set<string>();
    let overlaps = 0;
    let ran = 0;
    const all = gate();
    const run: Run = async (turn) => {
      if (running.has(turn.lane)) overlaps += 1;
      running.add(turn.lane);
      await new Promise(setImmediate);
      order.set(turn.lane, [...(order.get(turn.lane) ?? []), turn.message.text]);
      running.delete(turn.lane);
      await rig.endTurn(turn);
      ran += 1;
      if (ran === total) all.resolve();
    };
    const workers = [1, 2].map(() => rig.startWorker(run, { concurrency: 8 }));
    const { acceptTurn } = rig.accept();
    const wanted = new Map<string, string[]>();
    for (let i = 0; i < total; i += 1) {
      const tenant = `T${i % 2}`;
      const question = message({ tenant, thread: `${i % lanes}`, text: `question ${i}` });
      const lane = laneId(question.key, question.sender);
      wanted.set(lane, [...(wanted.get(lane) ?? []), question.text]);
      await acceptTurn(question);
    }
    await all.promise;
    expect(overlaps).toBe(0);
    expect(order).toEqual(wanted);
    for (const worker of workers) await worker.close();
    const { readyLanes, activeLanes, turns } = await rig.lanes.depth();
    expect({ readyLanes, activeLanes, turns }).toEqual({
      readyLanes: 0,
      activeLanes: 0,
      turns: { queued: 0, running: 0, posting: 0, done: total },
    });
  });

  it.each([
    [
      'the wake could not be added',
      (question: InboundMessage) =>
        rig.accept({ wakes: { add: () => Promise.reject(new Error('no queue')) } }).acceptTurn(question),
    ],
    [
      'the web process died before it could wake anybody',
      (question: InboundMessage) => rig.lanes.accept('turn-alone', question),
    ],
  ])('finds a question by itself when %s', async (_, write) => {
    const ran = gate<ClaimedTurn>();
    rig.startWorker(async (turn) => {
      await rig.endTurn(turn);
      ran.resolve(turn);
    });
    const question = message();
    expect(await write(question)).toMatchObject({ outcome: 'accepted' });
    expect((await ran.promise).message.text).toBe(question.text);
  });

  it('takes back the turn of a worker that died, and of a run that failed before it could clean up', async () => {
    const short = createRig(url, { leaseMs: 1_500 });
    try {
      await short.lanes.accept('turn-1', message());
      await short.lanes.claim('died');
      const attempts: number[] = [];
      const ended = gate();
      short.startWorker(async (turn) => {
        attempts.push(turn.attempt);
        if (attempts.length === 1) throw new Error('broken before anything was set up');
        await short.endTurn(turn);
        ended.resolve();
      });
      await ended.promise;
      expect(attempts).toEqual([2, 3]);
    } finally {
      await short.close();
    }
  });

  it('ends a turn whose record cannot be read, says so in the log, and serves what stands behind it with the same wake', async () => {
    const { acceptTurn } = rig.accept();
    const broken = await acceptTurn(message());
    await acceptTurn(message({ text: 'behind it' }));
    const id = 'turnId' in broken ? broken.turnId : '';
    await rig.redis.hset(`${rig.prefix}:turn:${id}`, 'message', '{"from":"another version"}');
    const ran = gate<string>();
    rig.startWorker(
      async (turn) => {
        await rig.endTurn(turn);
        ran.resolve(turn.message.text);
      },
      { lanes: withLanes(rig.lanes, { sweep: async () => ({ recovered: 0, overlooked: 0 }) }) },
    );
    expect(await ran.promise).toBe('behind it');
    expect(rig.logged.join('')).toContain('record cannot be read');
    expect(await rig.operator.deadTurns(10)).toEqual([
      { id, state: 'failed', reason: 'record_unreadable', record: undefined },
    ]);
  });

  it('hands running turns over when its grace is used up, and another worker goes on with them', async () => {
    const started = gate<ClaimedTurn>();
    const reasons: unknown[] = [];
    const leaving = rig.startWorker(untilGivenUp(() => rig, started.resolve, reasons));
    await rig.accept().acceptTurn(message());
    const turn = await started.promise;
    expect(leaving.activeTurns()).toBe(1);
    await leaving.close(0);
    expect(reasons).toEqual([expect.any(HandedOver)]);
    expect(leaving.activeTurns()).toBe(0);
    expect(await rig.lanes.depth()).toMatchObject({ readyLanes: 1, activeLanes: 0 });

    const again = gate<ClaimedTurn>();
    rig.startWorker(async (next) => {
      await rig.endTurn(next);
      again.resolve(next);
    });
    expect(await again.promise).toMatchObject({ id: turn.id, attempt: 2, crashes: 0 });
  });

  it('lets running turns end within the grace', async () => {
    const started = gate();
    const goOn = gate();
    let aborted = false;
    const worker = rig.startWorker(async (turn, hold) => {
      started.resolve();
      await goOn.promise;
      aborted = hold.signal.aborted;
      await rig.endTurn(turn);
    });
    await rig.accept().acceptTurn(message());
    await started.promise;
    const closed = worker.close(20_000);
    goOn.resolve();
    await closed;
    expect(aborted).toBe(false);
    expect((await rig.lanes.depth()).turns.done).toBe(1);
  });

  it('does not leave behind a turn that was being claimed while it closed', async () => {
    const claiming = gate();
    const goOn = gate();
    const reasons: unknown[] = [];
    const worker = rig.startWorker(
      untilGivenUp(
        () => rig,
        () => undefined,
        reasons,
      ),
      {
        lanes: withLanes(rig.lanes, {
          async claim(name) {
            claiming.resolve();
            await goOn.promise;
            return rig.lanes.claim(name);
          },
        }),
      },
    );
    await rig.accept().acceptTurn(message());
    await claiming.promise;
    const closed = worker.close(0);
    await eventually('the grace is over', () => rig.logged.some((line) => line.includes('grace is over')));
    goOn.resolve();
    await closed;
    expect(reasons).toEqual([expect.any(HandedOver)]);
    expect(await rig.lanes.depth()).toMatchObject({ readyLanes: 1, activeLanes: 0 });
  });

  it('aborts a run whose lane went to another worker', async () => {
    const started = gate<ClaimedTurn>();
    const lost = gate<unknown>();
    rig.startWorker(async (turn, hold) => {
      started.resolve(turn);
      await new Promise<void>((resolve) => {
        hold.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      lost.resolve(hold.signal.reason);
    });
    await rig.accept().acceptTurn(message());
    const turn = await started.promise;
    await rig.redis.hset(`${rig.prefix}:lease:${turn.lane}`, 'fence', '999999');
    expect(await lost.promise).toBeInstanceOf(LaneLost);
  });

  it('adds no more wakes than there are lanes to wake for while every worker is busy', async () => {
    const busy = gate();
    const done = gate();
    let swept = 0;
    let mostWaiting = 0;
    const waiting = 30;
    const worker = rig.startWorker(
      async (turn) => {
        busy.resolve();
        await done.promise;
        await rig.endTurn(turn);
      },
      {
        concurrency: 1,
        lanes: withLanes(rig.lanes, {
          async sweep() {
            const found = await rig.lanes.sweep();
            swept += 1;
            mostWaiting = Math.max(mostWaiting, await rig.wakes.waiting());
            return found;
          },
        }),
      },
    );
    const { acceptTurn } = rig.accept();
    await acceptTurn(message({ thread: 'first' }));
    await busy.promise;
    for (let i = 0; i < waiting; i += 1) await rig.lanes.accept(`turn-${i}`, message({ thread: `${i}` }));
    await rig.age(5_000);
    await eventually('three sweeps over the waiting lanes', () => swept >= 4);
    expect(mostWaiting).toBe(waiting);
    done.resolve();
    await eventually('every question is answered', async () => {
      const { turns } = await rig.lanes.depth();
      return turns.done === waiting + 1;
    });
    await worker.close();
  });

  it('does not queue up sweeps while Redis is slow, so that closing waits for one only', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const slow = gate();
      let sweeps = 0;
      const worker = rig.startWorker(() => Promise.resolve(), {
        lanes: withLanes(rig.lanes, {
          async sweep() {
            sweeps += 1;
            await slow.promise;
            return { recovered: 0, overlooked: 0 };
          },
        }),
      });
      await vi.advanceTimersByTimeAsync(60_000);
      const closed = worker.close(0);
      slow.resolve();
      await closed;
      expect(sweeps).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('closes within a bounded time when Redis is gone, whatever was running', async () => {
    const proxy = await startCountingProxy(url);
    const cutOff = createRig(proxy.url);
    const started = gate();
    const worker = cutOff.startWorker(async (_turn, hold) => {
      started.resolve();
      await new Promise<void>((resolve) => {
        hold.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    });
    await cutOff.accept().acceptTurn(message());
    await started.promise;
    await proxy.close();
    await worker.close(0);
    expect(worker.activeTurns()).toBe(0);
    await cutOff.close();
  });

  it('leaves no job behind in the queue', async () => {
    const ended = gate();
    const worker = rig.startWorker(async (turn) => {
      await rig.endTurn(turn);
      ended.resolve();
    });
    await rig.accept().acceptTurn(message());
    await ended.promise;
    await worker.close();
    expect(await rig.wakes.queue.getJobCounts()).toMatchObject({
      active: 0,
      waiting: 0,
      completed: 0,
      failed: 0,
    });
  });
});

describe('wakes', () => {
  it('are topped up to what is wanted, never beyond, and in bounded batches', async () => {
    await rig.wakes.add();
    expect(await rig.wakes.topUp(3)).toBe(2);
    expect(await rig.wakes.topUp(3)).toBe(0);
    expect(await rig.wakes.waiting()).toBe(3);
    expect(await rig.wakes.topUp(10_000)).toBe(500);
  });
});
