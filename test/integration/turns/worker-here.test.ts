import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { TurnWorkerDeps } from '../../../src/turns/worker.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';
import { message } from './messages.ts';
import { createRig, gate, type Rig, withLanes } from './rig.ts';

let url: string;
let rig: Rig;
beforeAll(async () => {
  url = await testRedis();
});
beforeEach(() => {
  rig = createRig(url);
});
afterEach(() => rig.close());

const wakesEver = async () => Number((await rig.redis.get(`${rig.prefix}:wakes:id`)) ?? 0);

/** A process that takes questions and runs them: each turn goes on until its name is let go. Nothing sweeps. */
function startProcess(deps: Partial<TurnWorkerDeps>) {
  const running = new Set<string>();
  const ended: string[] = [];
  const gates = new Map<string, ReturnType<typeof gate<void>>>();
  const gateOf = (name: string) => {
    const known = gates.get(name) ?? gate<void>();
    gates.set(name, known);
    return known;
  };
  let most = 0;
  const worker = rig.startWorker(
    async (turn) => {
      const name = turn.message.text;
      running.add(name);
      most = Math.max(most, running.size);
      await gateOf(name).promise;
      running.delete(name);
      ended.push(name);
      await rig.endTurn(turn);
    },
    { lanes: withLanes(rig.lanes, { sweep: async () => ({ recovered: 0, overlooked: 0 }) }), ...deps },
  );
  const { acceptTurn } = rig.accept({
    wakes: { add: worker.wake },
  });
  return {
    ask: async (...names: string[]) => {
      for (const name of names) await acceptTurn(message({ thread: name, text: name }));
    },
    letGo: (...names: string[]) => {
      for (const name of names) gateOf(name).resolve();
    },
    runs: (...names: string[]) =>
      eventually(`${names.join(', ')} run`, () => names.every((name) => running.has(name))),
    have: (...names: string[]) =>
      eventually(`${names.join(', ')} have ended`, () => names.every((name) => ended.includes(name))),
    running,
    most: () => most,
    worker,
  };
}

it('begins a question in the process that took it, without a wake', async () => {
  const { ask, letGo, have } = startProcess({ concurrency: 3 });
  letGo('a', 'b', 'c', 'd');
  await ask('a', 'b', 'c', 'd');
  await have('a', 'b', 'c', 'd');
  // Asked faster than they end, the last ones may have found no room.
  expect(await wakesEver()).toBeLessThan(4);
});

it('runs no more turns at a time than it may, and leaves the others to the queue', async () => {
  const { ask, letGo, runs, have, running, most } = startProcess({ concurrency: 3 });
  await ask('a', 'b', 'c', 'd', 'e', 'f');
  await runs('a', 'b', 'c');
  expect([...running].toSorted()).toEqual(['a', 'b', 'c']);
  await eventually('the others were passed on', async () => (await wakesEver()) === 4);
  letGo('a', 'b', 'c', 'd', 'e', 'f');
  await have('a', 'b', 'c', 'd', 'e', 'f');
  expect(most()).toBe(3);
});

it('uses a slot that is freed here while the wakes of the queue run on', async () => {
  const { ask, letGo, runs, running } = startProcess({ concurrency: 3 });
  await ask('a', 'b', 'c', 'd', 'e');
  await runs('a', 'b', 'c');
  letGo('a');
  await runs('b', 'c', 'd');
  letGo('b');
  await runs('c', 'd', 'e');
  expect([...running].toSorted()).toEqual(['c', 'd', 'e']);
  letGo('c', 'd', 'e');
});

it('keeps no wake from a worker that is free', async () => {
  const full = startProcess({ concurrency: 2 });
  await full.ask('a', 'b', 'c', 'd');
  await full.runs('a', 'b');
  const free = startProcess({ concurrency: 4, name: 'free' });
  await free.runs('c', 'd');
  expect([...full.running].toSorted()).toEqual(['a', 'b']);
  full.letGo('a', 'b');
  free.letGo('c', 'd');
  await full.have('a', 'b');
  await free.have('c', 'd');
});

it('begins nothing more once it closes', async () => {
  const leaving = startProcess({ concurrency: 4 });
  await leaving.ask('a');
  await leaving.runs('a');
  const closed = leaving.worker.close(20_000);
  await leaving.ask('b');
  leaving.letGo('a');
  await closed;
  expect(await rig.lanes.depth()).toMatchObject({ readyLanes: 1, activeLanes: 0 });
  expect(await rig.wakes.waiting()).toBe(1);
  const next = startProcess({ concurrency: 4, name: 'next' });
  await next.runs('b');
  next.letGo('b');
  await next.have('b');
});

it('says in the log what failed here, and goes on', async () => {
  const { ask, have, letGo } = startProcess({
    concurrency: 3,
    lanes: withLanes(rig.lanes, {
      sweep: async () => ({ recovered: 0, overlooked: 0 }),
      claim: (() => {
        let asked = 0;
        return async (worker: string) => {
          asked += 1;
          if (asked === 1) throw new Error('Redis is away');
          return rig.lanes.claim(worker);
        };
      })(),
    }),
  });
  letGo('a', 'b');
  await ask('a');
  await eventually('it is in the log', () =>
    rig.logged.some((line) => line.includes('begun without a wake failed')),
  );
  await ask('b');
  // Whichever lane is first in line.
  await have('a');
  await eventually('it is on record', async () => (await rig.lanes.depth()).turns.done === 1);
  expect(rig.logged.join('')).toContain('Redis is away');
});
