import { afterEach, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';
import { message } from './messages.ts';
import { createRig, gate, type Rig, type Run, withLanes } from './rig.ts';

let url: string;
const open: Rig[] = [];
beforeAll(async () => {
  url = await testRedis();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((rig) => rig.close()));
});

const rigWith = (tenantAtOnce: number) => {
  const rig = createRig(url, { tenantAtOnce });
  open.push(rig);
  return rig;
};
/** Workers whose sweeper finds nothing: what is not woken for is not begun. */
const startWorkers = (rig: Rig, run: Run) => {
  const lanes = withLanes(rig.lanes, { sweep: async () => ({ recovered: 0, overlooked: 0 }) });
  return [1, 2].map(() => rig.startWorker(run, { lanes, concurrency: 8 }));
};

it.each([1, 2, 3])(
  'a workspace runs %d turns at a time in all workers, and each that ends lets the next begin',
  async (most) => {
    const rig = rigWith(most);
    const running = { now: 0, most: 0 };
    let ended = 0;
    const all = gate();
    startWorkers(rig, async (turn) => {
      running.now += 1;
      running.most = Math.max(running.most, running.now);
      await new Promise(setImmediate);
      running.now -= 1;
      await rig.endTurn(turn);
      ended += 1;
      if (ended === 30) all.resolve();
    });
    const { acceptTurn } = rig.accept();
    for (let i = 0; i < 30; i += 1) await acceptTurn(message({ thread: `${i % 12}` }));
    await all.promise;
    expect(running.most).toBeLessThanOrEqual(most);
    expect(await rig.redis.exists(`${rig.prefix}:running`)).toBe(0);
  },
);

it('two that end at once let two begin, not one', async () => {
  const rig = rigWith(2);
  const ends = new Map<string, () => void>();
  startWorkers(rig, async (turn) => {
    await new Promise<void>((resolve) => ends.set(turn.message.key.thread, resolve));
    await rig.endTurn(turn);
  });
  const { acceptTurn } = rig.accept();
  for (const thread of ['1', '2', '3', '4']) await acceptTurn(message({ thread }));
  await eventually('two run', () => ends.size === 2);
  // Whoever else was woken has found nothing to do.
  await eventually('no wake is left', async () => (await rig.wakes.waiting()) === 0);
  for (const end of ends.values()) end();
  await eventually('the other two run', () => ends.size === 4);
  expect([...ends.keys()].toSorted()).toEqual(['1', '2', '3', '4']);
  for (const end of ends.values()) end();
});

it('others are answered meanwhile, and are not kept waiting by those who are at their limit', async () => {
  const rig = rigWith(1);
  const busy = gate();
  const other = gate<string>();
  startWorkers(rig, async (turn) => {
    if (turn.message.key.tenant === 'T1') await busy.promise;
    else other.resolve(turn.id);
    await rig.endTurn(turn);
  });
  const { acceptTurn } = rig.accept();
  for (let i = 0; i < 20; i += 1) await acceptTurn(message({ thread: `${i}` }));
  await acceptTurn(message({ tenant: 'T2' }));
  await other.promise;
  expect((await rig.lanes.depth()).turns.queued).toBe(19);
  busy.resolve();
  await eventually('everybody is answered', async () => (await rig.lanes.depth()).turns.done === 21);
});

it('a slot that a lost worker held is free again, and the sweeper wakes for no more than there is room for', async () => {
  const rig = rigWith(2);
  for (const thread of ['1', '2', '3', '4', '5'])
    await rig.lanes.accept(`turn-${thread}`, message({ thread }));
  const [lost, kept] = [await rig.lanes.claim('dies'), await rig.lanes.claim('lives')];
  expect(await rig.lanes.claim('third')).toBeUndefined();
  await rig.age(5_000);
  expect(await rig.lanes.sweep()).toEqual({ recovered: 0, overlooked: 0 });
  await rig.redis.zadd(`${rig.prefix}:leases`, 'XX', 1, lost?.lane ?? '');
  expect(await rig.lanes.sweep()).toEqual({ recovered: 1, overlooked: 1 });
  expect(await rig.lanes.claim('next')).toMatchObject({ id: lost?.id, attempt: 2 });
  expect(await rig.lanes.claim('one more')).toBeUndefined();
  expect(kept).toBeDefined();
});

it('a workspace at its limit whose waiting question was deleted keeps nobody from being woken', async () => {
  const rig = rigWith(1);
  await rig.lanes.accept('a1', message({ thread: '1' }));
  await rig.lanes.accept('a2', message({ thread: '2' }));
  expect(await rig.lanes.claim('w')).toMatchObject({ id: 'a1' });
  expect(await rig.lanes.claim('w')).toBeUndefined();
  await rig.operator.stopTurn('a2', { reason: 'person', by: 'T1:U1' });
  await rig.lanes.accept('b1', message({ tenant: 'T2' }));
  await rig.age(5_000);
  expect((await rig.lanes.sweep()).overlooked).toBe(1);
});

it('a question of a workspace at its limit wakes nobody in vain', async () => {
  const rig = rigWith(1);
  expect(await rig.lanes.accept('a1', message({ thread: '1' }))).toMatchObject({ wake: true });
  await rig.lanes.claim('w');
  expect(await rig.lanes.accept('a2', message({ thread: '2' }))).toMatchObject({ wake: false });
});
