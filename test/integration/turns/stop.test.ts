import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StopRequest } from '../../../src/turns/operator.ts';
import { pause } from '../../../src/turns/pause.ts';
import { LaneLost } from '../../../src/turns/reply.ts';
import { HandedOver, runTurn } from '../../../src/turns/run-turn.ts';
import { testRedis } from '../../setup/redis.ts';
import { text, tool } from '../../unit/turns/agent-events.ts';
import { message } from './messages.ts';
import { createRig, gate, type Rig } from './rig.ts';
import { answers, benchOn, hangs, refuses } from './turn-bench.ts';

let url: string;
let rig: Rig;
beforeAll(async () => {
  url = await testRedis();
});
beforeEach(() => {
  rig = createRig(url);
});
afterEach(() => rig.close());

const bench = benchOn(() => rig);
const person: StopRequest = { reason: 'person', by: 'T1:U1' };

describe('stopping a turn that runs', () => {
  it('keeps what was said, says so, and frees the lane only after its session was stopped', async () => {
    const order: string[] = [];
    const b = await bench({
      agent: [
        async function* (call) {
          try {
            yield* hangs(() => void rig.operator.stopTurn(b.turnId, person), text('Two '))(call);
          } finally {
            order.push('exchange over');
          }
        },
      ],
      prepare: async () => void (await rig.lanes.accept('next', message())),
      finish: async () => void order.push('shown'),
      more: {
        async stopSession(session) {
          order.push(`${session.slice(0, 7)} stopped`);
          // What would begin the next question finds the lane taken.
          expect(await rig.lanes.claim('eager')).toBeUndefined();
          expect((await rig.lanes.read('next'))?.state).toBe('queued');
        },
      },
    });
    await b.runNext();
    expect(order).toEqual(['exchange over', 'session stopped', 'shown']);
    expect(b.finals).toEqual([
      { text: 'Two ', tasks: [], notice: expect.objectContaining({ code: 'stopped', retry: true }) },
    ]);
    expect(await rig.lanes.read(b.turnId)).toMatchObject({ state: 'stopped', reason: 'stopped_by_person' });
    expect(b.interrupted).toEqual([]);
    expect(b.wakes()).toBe(1);
    expect(await rig.lanes.claim('next')).toMatchObject({ id: 'next', attempt: 1 });
  });

  it('closes the step that was under way, and warns when it was a change', async () => {
    const b = await bench({
      agent: [hangs(() => void rig.operator.stopTurn(b.turnId, person), text('So: '), tool('write'))],
    });
    await b.runNext();
    expect(b.finals).toEqual([
      {
        text: 'So: ',
        tasks: [expect.objectContaining({ state: 'error' })],
        notice: expect.objectContaining({ code: 'stopped_in_change', retry: false }),
      },
    ]);
    expect(await b.state()).toBe('stopped');
  });

  it('ends it as well while it waits to try again', async () => {
    const b = await bench({
      agent: [refuses('agent_throttled', 'no')],
      more: {
        pause: (_, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
            void rig.operator.stopTurn(b.turnId, { reason: 'operator', by: 'root' });
          }),
      },
    });
    await b.runNext();
    expect(b.finals[0]?.notice?.code).toBe('stopped_by_operator');
    expect(b.calls).toHaveLength(1);
  });

  it('is shown although its session takes long to be stopped; the lane is freed only then', async () => {
    const order: string[] = [];
    const stopped = gate();
    const shown = gate();
    const b = await bench({
      agent: [hangs(() => void rig.operator.stopTurn(b.turnId, person), text('Two '))],
      finish: async () => {
        order.push('shown');
        shown.resolve();
      },
      more: {
        pause,
        stopSession: () => stopped.promise.then(() => void order.push('session stopped')),
        lanes: {
          ...rig.lanes,
          finish: (...args) => {
            order.push('lane freed');
            return rig.lanes.finish(...args);
          },
        },
      },
    });
    const run = b.runNext();
    await shown.promise;
    // Time enough for what would not wait.
    for (let i = 0; i < 20; i += 1) await rig.redis.ping();
    stopped.resolve();
    await run;
    expect(order).toEqual(['shown', 'session stopped', 'lane freed']);
    expect(await b.state()).toBe('stopped');
  });

  it('ends it even if the session cannot be stopped', async () => {
    const b = await bench({
      agent: [hangs(() => void rig.operator.stopTurn(b.turnId, person), text('Two '))],
      more: { stopSession: () => Promise.reject(new Error('denied')) },
    });
    await b.runNext();
    expect(await b.state()).toBe('stopped');
    expect(rig.logged.join('')).toContain('could not be stopped');
  });

  it('comes too late once the outcome is on record: the answer is shown', async () => {
    const outcomes: unknown[] = [];
    const b = await bench({
      agent: [answers],
      finish: async () => void outcomes.push((await rig.operator.stopTurn(b.turnId, person)).outcome),
    });
    await b.runNext();
    expect(outcomes).toEqual(['posting']);
    expect(b.finals[0]?.notice).toBeUndefined();
    expect(await b.state()).toBe('done');
  });

  it('never ends the session of a successor: a worker that lost the lane leaves it alone', async () => {
    const sessions: string[] = [];
    const b = await bench({
      agent: [hangs(() => undefined, text('Two '))],
      more: { stopSession: async (session) => void sessions.push(session) },
    });
    const turn = await b.claim();
    const wish = new AbortController();
    wish.abort();
    // As after a process was frozen: no timer has told it yet that the lease is over.
    await runTurn(
      b.deps,
      { ...turn, attempt: 2 },
      {
        signal: new AbortController().signal,
        stop: wish.signal,
        assertHeld() {
          throw new LaneLost(turn.lane);
        },
        abort: () => undefined,
        drop: () => undefined,
      },
    );
    expect(sessions).toEqual([]);
    expect(b.finals).toEqual([]);
  });
});

describe('stopping a turn that no worker has', () => {
  it('ends it visibly by the next worker, without asking the agent; its session is stopped, what was shown stays', async () => {
    const sessions: string[] = [];
    const b = await bench({
      agent: [],
      more: { stopSession: async (session) => void sessions.push(session) },
    });
    const lost = await b.claim();
    await rig.lanes.note(lost, { posted: [{ id: '1.1', streaming: false }] });
    await rig.lanes.release(lost);
    expect(await rig.operator.stopTurn(b.turnId, person)).toMatchObject({ outcome: 'stopping' });
    await b.runNext();
    expect(b.calls).toEqual([]);
    expect(sessions).toHaveLength(1);
    expect(b.finals).toEqual([
      { text: '', tasks: [], keep: true, notice: expect.objectContaining({ code: 'stopped' }) },
    ]);
    expect(await b.state()).toBe('stopped');
  });

  it('hears from its run the words of a stream that stands open, which end it', async () => {
    const order: string[] = [];
    const b = await bench({
      agent: [hangs(() => order.push('run heard'), text('So far'))],
      more: { stopSession: async () => void order.push('session stopped') },
    });
    const lost = await b.claim();
    await rig.lanes.note(lost, { posted: [{ id: '1.1', streaming: true }] });
    await rig.lanes.release(lost);
    await rig.operator.stopTurn(b.turnId, person);
    await b.runNext();
    expect(b.calls).toMatchObject([{ mode: 'attach', afterSeq: 0 }]);
    expect(order).toEqual(['run heard', 'session stopped']);
    expect(b.finals).toEqual([
      { text: 'So far', tasks: [], notice: expect.objectContaining({ code: 'stopped' }) },
    ]);
    expect(await b.state()).toBe('stopped');
  });

  it('warns when the lost worker had seen a change', async () => {
    const b = await bench({ agent: [] });
    const lost = await b.claim();
    await rig.lanes.note(lost, { sawWrite: true });
    await rig.lanes.release(lost);
    await rig.operator.stopTurn(b.turnId, person);
    await b.runNext();
    expect(b.finals[0]?.notice?.code).toBe('stopped_in_change');
  });

  it('is for an agent of other make, too: its session is stopped and it is not asked again', async () => {
    const sessions: string[] = [];
    const b = await bench({
      canAttach: false,
      agent: [],
      more: { stopSession: async (session) => void sessions.push(session) },
    });
    const lost = await b.claim();
    await rig.lanes.note(lost, { invoked: true });
    await rig.lanes.release(lost);
    await rig.operator.stopTurn(b.turnId, person);
    await b.runNext();
    expect(b.calls).toEqual([]);
    expect(sessions).toHaveLength(1);
    expect(b.finals[0]?.notice?.code).toBe('stopped');
  });

  it('is carried over a shutdown in the middle of stopping', async () => {
    const stopping = gate();
    const b = await bench({
      agent: [hangs(() => void rig.operator.stopTurn(b.turnId, person), text('Two '))],
      more: {
        stopSession: (_session, _person, signal) => {
          stopping.resolve();
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
          });
        },
      },
    });
    const turn = await b.claim();
    await b.run(turn, (hold) => void stopping.promise.then(() => hold.abort(new HandedOver())));
    expect(await b.state()).toBe('queued');
    expect(await b.claim()).toMatchObject({ stop: 'person', attempt: 2 });
  });

  it('takes a question that nobody has begun out of its lane at once', async () => {
    const b = await bench({ agent: [] });
    expect(await rig.operator.stopTurn(b.turnId, person)).toEqual({
      outcome: 'cancelled',
      turnId: b.turnId,
      cancelled: 0,
      waiting: 0,
    });
    expect(await rig.lanes.claim('w')).toBeUndefined();
    expect(await rig.lanes.read(b.turnId)).toMatchObject({ state: 'stopped', reason: 'person', attempt: 0 });
  });

  it('finds nothing where there is nothing, and changes nothing that has ended', async () => {
    expect((await rig.operator.stopTurn('turn-of-nobody', person)).outcome).toBe('none');
    const b = await bench({ agent: [answers] });
    await b.runNext();
    expect((await rig.operator.stopTurn(b.turnId, person)).outcome).toBe('ended');
    expect((await rig.lanes.read(b.turnId))?.stop).toBeUndefined();
  });
});

describe('a wish with a name', () => {
  it('stops what stood first when it was heard first, and nothing after that', async () => {
    const named = { ...person, claim: 'event:1' };
    const b = await bench({
      agent: [hangs(() => void rig.operator.stopLanes([turn.lane], named), text('a'))],
    });
    const turn = await b.claim();
    await rig.lanes.accept('next', message());
    await b.run(turn);
    expect(await b.state()).toBe('stopped');
    expect(await rig.operator.stopLanes([turn.lane], named)).toBeUndefined();
    expect(await rig.lanes.read('next')).toMatchObject({ state: 'queued' });
    expect((await rig.lanes.claim('w'))?.stop).toBeUndefined();
  });

  it('is heard for all lanes or for none', async () => {
    await rig.lanes.accept('a1', message({ thread: 'a' }));
    await rig.lanes.accept('b1', message({ thread: 'b' }));
    await rig.lanes.accept('b2', message({ thread: 'b' }));
    const lanes = await Promise.all(['a1', 'b1'].map(async (id) => (await rig.lanes.read(id))?.lane ?? ''));
    const all = { ...person, all: true, claim: 'event:1' };
    const heard = await Promise.all([1, 2, 3].map(() => rig.operator.stopLanes(lanes, all)));
    expect(heard.filter(Boolean)).toEqual([
      [
        { outcome: 'cancelled', turnId: 'a1', cancelled: 0, waiting: 0 },
        { outcome: 'cancelled', turnId: 'b1', cancelled: 1, waiting: 0 },
      ],
    ]);
    expect(await rig.lanes.depth()).toMatchObject({ readyLanes: 0, turns: { stopped: 3 } });
  });

  it('is remembered also where there was nothing to stop', async () => {
    expect(await rig.operator.stopLanes([], { ...person, claim: 'event:2' })).toEqual([]);
    expect(await rig.operator.stopLanes([], { ...person, claim: 'event:2' })).toBeUndefined();
  });
});
