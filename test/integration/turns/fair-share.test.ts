import { afterEach, beforeAll, expect, it } from 'vitest';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';
import { message } from './messages.ts';
import { createRig, gate, type Rig } from './rig.ts';

/** Ten slots, so one is left to those who run no more than an equal share. */
const WORKER = { name: 'worker', slots: 10 };

let url: string;
const open: Rig[] = [];
beforeAll(async () => {
  url = await testRedis();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((rig) => rig.close()));
});

async function rigWithSlots(worker = WORKER) {
  const rig = createRig(url);
  open.push(rig);
  await rig.lanes.sweep(worker);
  return rig;
}

let asked = 0;
async function ask(rig: Rig, tenant: string, count = 1): Promise<boolean[]> {
  const wakes: boolean[] = [];
  for (let i = 0; i < count; i += 1) {
    asked += 1;
    const answer = await rig.lanes.accept(`${tenant}-${asked}`, message({ tenant, thread: `${asked}` }));
    wakes.push(answer.outcome === 'accepted' && answer.wake);
  }
  return wakes;
}

/** Claims until nothing more is given out. */
async function claimAll(rig: Rig): Promise<ClaimedTurn[]> {
  const turns: ClaimedTurn[] = [];
  for (let turn = await rig.lanes.claim('w'); turn; turn = await rig.lanes.claim('w')) turns.push(turn);
  return turns;
}

/** Somebody else is answered now, and is gone again. */
async function visit(rig: Rig, tenant: string): Promise<void> {
  await ask(rig, tenant);
  const turn = await rig.lanes.claim('w');
  if (turn) await rig.lanes.finish(turn, 'done', 'answered');
}

it('a loud workspace leaves a slot to the others, who begin at once', async () => {
  const rig = await rigWithSlots();
  await visit(rig, 'QUIET');
  await ask(rig, 'LOUD', 15);
  expect(await claimAll(rig)).toHaveLength(9);
  expect(await ask(rig, 'QUIET')).toEqual([true]);
  expect(await rig.lanes.claim('w')).toMatchObject({ message: { key: { tenant: 'QUIET' } } });
});

it('a workspace that is alone uses every slot', async () => {
  const rig = await rigWithSlots();
  await ask(rig, 'LOUD', 15);
  expect(await claimAll(rig)).toHaveLength(15);
});

it('two that ask for more than there is share all but the last slot', async () => {
  const rig = await rigWithSlots();
  await ask(rig, 'A', 15);
  await ask(rig, 'B', 15);
  const tenants = (await claimAll(rig)).map(({ message: { key } }) => key.tenant);
  expect(tenants.filter((tenant) => tenant === 'A').length).toBeGreaterThanOrEqual(4);
  expect(tenants.filter((tenant) => tenant === 'B').length).toBeGreaterThanOrEqual(4);
});

it('once the others have been quiet for long, the sweeper wakes for the slot that was left to them', async () => {
  const rig = await rigWithSlots();
  await visit(rig, 'QUIET');
  await ask(rig, 'LOUD', 10);
  expect(await claimAll(rig)).toHaveLength(9);
  await rig.age(5_000);
  expect((await rig.lanes.sweep(WORKER)).overlooked).toBe(0);
  await rig.redis.zincrby(`${rig.prefix}:served`, -11_000, 'QUIET');
  expect((await rig.lanes.sweep(WORKER)).overlooked).toBe(1);
  expect(await claimAll(rig)).toHaveLength(1);
});

it('a loud question for which there is no slot wakes nobody, and the turn that makes room for it does', async () => {
  const rig = await rigWithSlots();
  for (const tenant of ['A', 'B']) await visit(rig, tenant);
  await ask(rig, 'A');
  await ask(rig, 'LOUD', 8);
  const [quiet, ...loud] = await claimAll(rig);
  expect([quiet?.message.key.tenant, loud.length]).toEqual(['A', 8]);
  expect(await ask(rig, 'LOUD', 2)).toEqual([false, false]);
  const { wake } = await rig.lanes.finish(quiet as ClaimedTurn, 'done', 'answered');
  expect(wake).toBe(true);
  expect(await claimAll(rig)).toHaveLength(1);
  const [first] = loud;
  expect((await rig.lanes.finish(first as ClaimedTurn, 'done', 'answered')).wake).toBe(true);
  expect(await claimAll(rig)).toHaveLength(1);
});

it('the slots of a worker that is gone do not count', async () => {
  const rig = await rigWithSlots();
  await rig.lanes.sweep({ name: 'another', slots: 20 });
  expect(await rig.redis.get(`${rig.prefix}:slots`)).toBe('30');
  await rig.redis.zincrby(`${rig.prefix}:workers`, -6_000, 'another 20');
  await rig.lanes.sweep(WORKER);
  expect(await rig.redis.get(`${rig.prefix}:slots`)).toBe('10');
});

it('with all workers busy for a loud workspace, a quiet one is answered before any of those turns ends', async () => {
  const rig = await rigWithSlots();
  const end = gate();
  const begun: string[] = [];
  const names = ['one', 'two'];
  for (const name of names)
    rig.startWorker(
      async (turn) => {
        const { tenant } = turn.message.key;
        begun.push(tenant);
        if (tenant === 'LOUD') await end.promise;
        await rig.endTurn(turn);
      },
      { name, concurrency: 5 },
    );
  await eventually('both have told of their slots', async () => {
    const workers = await rig.redis.zrange(`${rig.prefix}:workers`, '0', '-1');
    return names.every((name) => workers.includes(`${name} 5`));
  });
  await rig.redis.zrem(`${rig.prefix}:workers`, 'worker 10');
  await rig.lanes.sweep({ name: 'one', slots: 5 });
  const { acceptTurn } = rig.accept();
  const from = (tenant: string, i: number) => message({ tenant, thread: `${tenant}-${i}` });
  await acceptTurn(from('QUIET', 0));
  await eventually('the quiet one is answered', () => begun.length === 1);
  for (let i = 0; i < 20; i += 1) await acceptTurn(from('LOUD', i));
  await eventually('the loud one has all that it may', () => begun.length === 10);
  await acceptTurn(from('QUIET', 1));
  await eventually('the quiet one is answered again', () => begun.at(-1) === 'QUIET');
  expect(begun.filter((tenant) => tenant === 'LOUD')).toHaveLength(9);
  end.resolve();
  await eventually('everybody is answered', async () => (await rig.lanes.depth()).turns.done === 22);
});
