import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { laneId } from '../../../src/chat/keys.ts';
import { EMPTY_VIEW } from '../../../src/chat/vocabulary.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { createLanes, type LaneSettings, type Lanes } from '../../../src/turns/lanes.ts';
import { createOperator } from '../../../src/turns/operator.ts';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';
import { directoryOf } from '../sessions/rig.ts';
import { dump } from './dump.ts';
import { message } from './messages.ts';

let redis: Connection;
let prefixes = 0;
const freshPrefix = () => {
  prefixes += 1;
  return `{tc}:${prefixes}`;
};
const finish = async (lanes: Lanes, turn: ClaimedTurn) => {
  await lanes.post(turn, { end: 'done', reason: '', view: EMPTY_VIEW });
  return lanes.finish(turn, 'done', '');
};
const freshLanes = (settings: Partial<LaneSettings> = {}) => createLanes(redis, freshPrefix(), settings);

beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'lanes-test' });
});
afterAll(() => disconnect(redis));

describe('lanes', () => {
  it('serve another tenant’s first question next, however many lanes the busy tenant has', async () => {
    const lanes = freshLanes();
    for (let i = 0; i < 100; i += 1)
      await lanes.accept(`busy-${i}`, message({ tenant: 'T1', thread: `${i}` }));
    await lanes.claim('w');
    await lanes.accept('other', message({ tenant: 'T2' }));
    const next = [await lanes.claim('w'), await lanes.claim('w')].map((turn) => turn?.id);
    expect(next).toContain('other');
  });

  it('take turns with the lanes of one tenant, too', async () => {
    const lanes = freshLanes();
    for (const id of ['a1', 'a2', 'b1']) await lanes.accept(id, message({ thread: id.slice(0, 1) }));
    const order: (string | undefined)[] = [];
    for (let i = 0; i < 3; i += 1) {
      const turn = await lanes.claim('w');
      if (turn) await finish(lanes, turn);
      order.push(turn?.id);
    }
    expect(order).toEqual(['a1', 'b1', 'a2']);
  });

  it('tell with the first claim of a turn, and no later one, whether what is known of lanes may be gone', async () => {
    const prefix = freshPrefix();
    const lanes = createLanes(redis, prefix);
    const directory = directoryOf(redis, prefix);
    const eras: (string | undefined)[] = [];
    const begin = async (id: string) => {
      await lanes.accept(id, message({ thread: id }));
      const turn = await lanes.claim('w');
      if (!turn) throw new Error('nothing was ready');
      eras.push(turn.era);
      return turn;
    };
    const first = await begin('a1');
    await begin('b1');
    expect(eras[0]).toMatch(/^\d+$/);
    expect(eras[1]).toBe(eras[0]);
    await lanes.release(first);
    expect(await lanes.claim('w')).not.toHaveProperty('era');
    await directory.erase('sub-1');
    await begin('c1');
    await redis.del(`${prefix}:era`);
    await directory.erase('sub-1');
    await begin('d1');
    expect(new Set(eras).size).toBe(3);
  });

  it('give a handed-over turn back first, without holding its successor to silence', async () => {
    const lanes = freshLanes();
    for (const id of ['a1', 'b1', 'c1']) await lanes.accept(id, message({ thread: id }));
    const turn = await lanes.claim('w');
    if (!turn) throw new Error('nothing was ready');
    await lanes.note(turn, { posted: [{ id: '9.9', streaming: true }], sawWrite: true, invoked: true });
    expect(await lanes.release(turn)).toBe(true);
    expect(await lanes.claim('w')).toMatchObject({
      id: 'a1',
      attempt: 2,
      crashes: 0,
      quietMs: 0,
      posted: [{ id: '9.9', streaming: true }],
      sawWrite: true,
      invoked: true,
    });
  });

  it('take a lane back only after its lease ran out, and keep its successor quiet while a chat call may be under way', async () => {
    const lanes = freshLanes({ leaseMs: 40 });
    await lanes.accept('a1', message());
    const first = await lanes.claim('dies');
    if (!first) throw new Error('nothing was ready');
    expect(await lanes.claim('other')).toBeUndefined();
    await eventually('the lane is taken back', async () => (await lanes.sweep()).recovered === 1);
    const second = await lanes.claim('other');
    expect(second).toMatchObject({ id: 'a1', attempt: 2, crashes: 1 });
    expect(second?.quietMs).toBeGreaterThan(1_000);
    expect(second?.quietMs).toBeLessThanOrEqual(5_000);
  });

  it('keep a renewed lease beyond its first length', async () => {
    const lanes = freshLanes({ leaseMs: 60_000 });
    const short = createLanes(redis, `{tc}:${prefixes}`, { leaseMs: 0 });
    await lanes.accept('a1', message());
    const turn = await short.claim('w');
    if (!turn) throw new Error('nothing was ready');
    expect(await lanes.renew([turn])).toEqual({ lost: [], stops: new Map() });
    expect(await lanes.sweep()).toEqual({ recovered: 0, overlooked: 0 });
    expect(await finish(lanes, turn)).toEqual({ held: true, wake: false });
  });

  it('count a ready lane as overlooked once it has waited for a second', async () => {
    const lanes = freshLanes();
    await lanes.accept('a1', message());
    expect((await lanes.sweep()).overlooked).toBe(0);
    // An older entry instead of a wait.
    const prefix = `{tc}:${prefixes}`;
    await redis.zadd(`${prefix}:ready`, Date.now() - 1_500, laneId(message().key, message().sender));
    expect((await lanes.sweep()).overlooked).toBe(1);
  });

  it('refuse more than a hundred unanswered questions of one person in one thread, and nobody else’s', async () => {
    const lanes = freshLanes();
    for (let i = 0; i < 100; i += 1) await lanes.accept(`t-${i}`, message());
    expect(await lanes.accept('one-more', message({ claims: ['again'] }))).toEqual({ outcome: 'full' });
    expect(await lanes.accept('other', message({ sender: 'U2' }))).toMatchObject({
      outcome: 'accepted',
      place: 1,
    });
    const turn = await lanes.claim('w');
    if (!turn) throw new Error('nothing was ready');
    await finish(lanes, turn);
    expect(await lanes.accept('later', message({ claims: ['again'] }))).toMatchObject({
      outcome: 'accepted',
      place: 100,
    });
  });

  it('know a delivery again by a name that only a duplicate carried', async () => {
    const lanes = freshLanes();
    await lanes.accept('a1', message({ claims: ['event', 'place'] }));
    const duplicate = { outcome: 'duplicate', turnId: 'a1' };
    expect(await lanes.accept('a2', message({ claims: ['place', 'client'] }))).toEqual(duplicate);
    expect(await lanes.accept('a3', message({ claims: ['client'] }))).toEqual(duplicate);
  });

  it('take the turn of a record that was erased out of the way', async () => {
    const lanes = freshLanes();
    await lanes.accept('a1', message());
    await lanes.accept('a2', message());
    await redis.del(`{tc}:${prefixes}:turn:a1`);
    expect(await lanes.claim('w')).toMatchObject({ id: 'a2' });
  });

  it('lose no question whose state only another version knows', async () => {
    const lanes = freshLanes();
    await lanes.accept('a1', message());
    await redis.hset(`{tc}:${prefixes}:turn:a1`, 'state', 'dreaming', 'attempt', 1);
    const operator = createOperator(redis, `{tc}:${prefixes}`);
    expect((await operator.stopTurn('a1', { reason: 'person', by: '' })).outcome).toBe('none');
    const turn = await lanes.claim('w');
    expect(turn).toMatchObject({ id: 'a1', attempt: 2, state: 'running' });
    expect(turn && (await finish(lanes, turn))).toEqual({ held: true, wake: false });
  });

  it('take an outcome that is sent twice, because the first answer was lost', async () => {
    const lanes = freshLanes();
    await lanes.accept('a1', message());
    const turn = await lanes.claim('w');
    if (!turn) throw new Error('nothing was ready');
    const outcome = { end: 'done', reason: 'answered', view: EMPTY_VIEW } as const;
    expect(await lanes.post(turn, outcome)).toBe(true);
    expect(await lanes.post(turn, outcome)).toBe(true);
    expect(await finish(lanes, turn)).toEqual({ held: true, wake: false });
  });

  it('keep nothing without a time limit but counters', async () => {
    const lanes = freshLanes();
    const prefix = `{tc}:${prefixes}`;
    await lanes.accept('a1', message({ claims: ['x', 'y'] }));
    const turn = await lanes.claim('w');
    if (!turn) throw new Error('nothing was ready');
    await lanes.finish(turn, 'failed', 'agent_denied');
    const names = Object.keys(await dump(redis, prefix));
    expect(names).toContain('dead');
    const lasting: string[] = [];
    for (const name of names) if ((await redis.ttl(`${prefix}:${name}`)) < 0) lasting.push(name);
    expect(lasting).toEqual(['counts', 'era', 'fence']);
  });

  it('work on after Redis has forgotten the scripts', async () => {
    const lanes = freshLanes();
    await redis.script('FLUSH');
    expect(await lanes.accept('a1', message())).toMatchObject({ outcome: 'accepted' });
  });
});

it('ends a turn whose record cannot be read, so that what waits behind it is answered', async () => {
  const prefix = freshPrefix();
  const lanes = createLanes(redis, prefix);
  await lanes.accept('broken', message({ claims: ['broken'] }));
  await lanes.accept('behind', message({ claims: ['behind'] }));
  await redis.hset(`${prefix}:turn:broken`, 'message', '{"from":"another version"}');
  await expect(lanes.claim('w')).rejects.toThrow(/cannot be read/);
  expect(await redis.hget(`${prefix}:turn:broken`, 'state')).toBe('failed');
  await expect(lanes.claim('w')).resolves.toMatchObject({ id: 'behind' });
});
