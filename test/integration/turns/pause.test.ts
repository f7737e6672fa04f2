import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
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

const pause = () => rig.operator.pause('root', 'we move house');

it('questions are taken and kept while intake is paused, and answered in order when it goes on', async () => {
  await pause();
  const { acceptTurn } = rig.accept();
  for (const text of ['one', 'two', 'three'])
    expect(await acceptTurn(message({ text }))).toMatchObject({
      outcome: 'accepted',
      paused: true,
      wake: false,
    });
  const waiting = (await rig.operator.openTurns()).map(({ state, record }) => [state, record?.message.text]);
  expect(waiting).toEqual([
    ['received', 'one'],
    ['received', 'two'],
    ['received', 'three'],
  ]);
  const order: string[] = [];
  rig.startWorker(async (turn) => {
    order.push(turn.message.text);
    expect(Object.keys(turn.at).toSorted()).toEqual(['queued', 'received', 'running']);
    await rig.endTurn(turn);
  });
  expect(await rig.operator.resume()).toBe(1);
  await eventually('all are answered', () => order.length === 3);
  expect(order).toEqual(['one', 'two', 'three']);
});

it('nobody is woken again and again meanwhile, however many wait and for how long', async () => {
  for (let i = 0; i < 30; i += 1) await rig.lanes.accept(`before-${i}`, message({ thread: `${i}` }));
  await pause();
  const sweeps: unknown[] = [];
  let claims = 0;
  rig.startWorker(() => Promise.reject(new Error('nothing may run')), {
    lanes: withLanes(rig.lanes, {
      async sweep() {
        await rig.age(60_000);
        const found = await rig.lanes.sweep();
        sweeps.push(found);
        return found;
      },
      claim(worker) {
        claims += 1;
        return rig.lanes.claim(worker);
      },
    }),
  });
  const { acceptTurn } = rig.accept();
  for (let i = 0; i < 30; i += 1) await acceptTurn(message({ thread: `more-${i}` }));
  await eventually('three sweeps', () => sweeps.length >= 3);
  for (const found of sweeps) expect(found).toEqual({ recovered: 0, overlooked: 0 });
  expect(claims).toBe(0);
  expect(await rig.wakes.waiting()).toBe(0);
  expect(await rig.lanes.depth()).toMatchObject({ readyLanes: 60, activeLanes: 0, paused: true });
});

it('what runs goes on to its end; what a worker loses or hands over waits', async () => {
  const started = gate();
  const goOn = gate();
  rig.startWorker(async (turn) => {
    started.resolve();
    await goOn.promise;
    await rig.endTurn(turn);
  });
  await rig.accept().acceptTurn(message({ thread: 'runs' }));
  await started.promise;
  await rig.lanes.accept('lost', message({ thread: 'lost' }));
  const lost = await rig.lanes.claim('dies');
  await pause();
  goOn.resolve();
  await eventually('it has ended', async () => (await rig.lanes.depth()).turns.done === 1);
  expect(lost && (await rig.lanes.release(lost))).toBe(false);
  expect(await rig.lanes.claim('w')).toBeUndefined();
  await rig.operator.resume();
  await eventually('the other has ended, too', async () => (await rig.lanes.depth()).turns.done === 2);
});

it('is for everybody until somebody resumes, and keeps who paused first and why', async () => {
  const other = createRig(url);
  try {
    expect(await rig.operator.paused()).toBeUndefined();
    expect(await pause()).toBe(true);
    expect(await rig.operator.pause('somebody else', 'another reason')).toBe(false);
    expect(await rig.operator.paused()).toEqual({
      by: 'root',
      reason: 'we move house',
      since: expect.any(Number),
    });
    // Another deployment in the same Redis is not concerned.
    expect(await other.operator.paused()).toBeUndefined();
    expect(await rig.operator.resume()).toBe(0);
    expect(await rig.operator.resume()).toBeUndefined();
    expect(await rig.operator.paused()).toBeUndefined();
  } finally {
    await other.close();
  }
});

it('a question that is asked once more is kept as well, and its author hears of it', async () => {
  const { acceptTurn, retryTurn } = rig.accept();
  const acceptance = await acceptTurn(message({ text: 'once more' }));
  const turn = await rig.lanes.claim('w');
  if (turn) await rig.endTurn(turn, 'failed');
  await pause();
  const id = 'turnId' in acceptance ? acceptance.turnId : '';
  expect(await retryTurn(id, { id: 'U1', tenant: 'T1' })).toBe('kept');
  expect(await retryTurn(id, { id: 'U1', tenant: 'T1' })).toBe('already_retried');
  await rig.operator.resume();
  expect(await rig.lanes.claim('w')).toMatchObject({ message: { text: 'once more' } });
});

it('what waits can be stopped meanwhile, and is not begun afterwards', async () => {
  await pause();
  await rig.lanes.accept('a', message());
  expect(await rig.operator.stopTurn('a', { reason: 'person', by: 'T1:U1' })).toMatchObject({
    outcome: 'cancelled',
  });
  expect(await rig.lanes.read('a')).toMatchObject({ state: 'stopped' });
  await rig.operator.resume();
  expect(await rig.lanes.claim('w')).toBeUndefined();
});
