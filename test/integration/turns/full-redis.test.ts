import { afterEach, beforeEach, expect, it } from 'vitest';
import { redisCommands } from '../../../local/redis/resp.ts';
import { checkDurability } from '../../../src/store/durability.ts';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';
import { startOwnRedis } from '../../setup/own-redis.ts';
import { message } from './messages.ts';
import { createRig, type Rig } from './rig.ts';

let redis: Awaited<ReturnType<typeof startOwnRedis>>;
let rig: Rig;
beforeEach(async () => {
  redis = await startOwnRedis();
  rig = createRig(redis.url());
});
afterEach(async () => {
  await rig.close();
  await redis.close();
});

const limit = (bytes: number) => redisCommands(redis.url(), [['CONFIG', 'SET', 'maxmemory', String(bytes)]]);
const state = async (turnId: string) => (await rig.lanes.read(turnId))?.state;

async function accepted(thread: string): Promise<string> {
  const acceptance = await rig.accept().acceptTurn(message({ thread }));
  if (acceptance.outcome !== 'accepted') throw new Error(`it was ${acceptance.outcome}`);
  return acceptance.turnId;
}

async function claimed(): Promise<ClaimedTurn> {
  const turn = await rig.lanes.claim('worker');
  if (!turn) throw new Error('nothing was ready');
  return turn;
}

it('what had begun when Redis became full is kept, shown and ended, and nothing new is taken or begun', async () => {
  await accepted('1.0');
  const waiting = await accepted('2.0');
  const turn = await claimed();
  const before = await redisCommands(redis.url(), [['DBSIZE']]);
  await limit(1);

  await expect(accepted('3.0')).rejects.toThrow(/OOM/);
  await expect(rig.lanes.claim('worker')).rejects.toThrow(/OOM/);
  expect(await redisCommands(redis.url(), [['DBSIZE']])).toEqual(before);

  expect((await rig.lanes.renew([turn])).lost).toEqual([]);
  expect(await rig.lanes.note(turn, { sawWrite: true, posted: [{ id: '1.1', streaming: false }] })).toBe(
    true,
  );
  await rig.endTurn(turn).catch((error: unknown) => {
    // The queue of wakes is full, too; the sweep finds the lane.
    if (!String(error).includes('OOM')) throw error;
  });
  expect(await state(turn.id)).toBe('done');

  await limit(0);
  expect((await claimed()).id).toBe(waiting);
});

it('a full Redis keeps nobody from stopping, handing over, taking back and pausing', async () => {
  const [running, cancelled, lost] = [await accepted('1.0'), await accepted('2.0'), await accepted('3.0')];
  const turn = await claimed();
  await limit(1);
  expect(await rig.operator.stopTurn(cancelled, { reason: 'person', by: 'U1' })).toMatchObject({
    outcome: 'cancelled',
  });
  expect(await rig.operator.stopTurn(running, { reason: 'person', by: 'U1' })).toMatchObject({
    outcome: 'stopping',
  });
  expect((await rig.lanes.renew([turn])).stops.get(turn.lane)).toBe('person');
  await rig.lanes.release(turn);
  expect(await state(running)).toBe('queued');
  expect(await rig.operator.pause('op', 'full')).toBe(true);
  expect(await rig.operator.resume()).toBe(2);

  await limit(0);
  const again = [await claimed(), await claimed()].find(({ id }) => id === lost);
  await rig.redis.zadd(`${rig.prefix}:leases`, 'XX', 1, again?.lane ?? '');
  await limit(1);
  expect((await rig.lanes.sweep({ name: 'worker', slots: 4 })).recovered).toBe(1);
  expect(await state(lost)).toBe('queued');
});

it('a process whose Redis is full is not ready', async () => {
  expect(await checkDurability(rig.redis, 'aof')).toEqual([]);
  await limit(1);
  expect(await checkDurability(rig.redis, 'aof')).toEqual([
    expect.stringMatching(/Redis is full.*maxmemory/),
  ]);
});
