import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EMPTY_VIEW } from '../../../src/chat/vocabulary.ts';
import type { LaneSettings } from '../../../src/turns/lanes.ts';
import { testRedis } from '../../setup/redis.ts';
import { text } from '../../unit/turns/agent-events.ts';
import { message } from './messages.ts';
import { createRig, type Rig } from './rig.ts';
import { benchOn, hangs } from './turn-bench.ts';

let url: string;
const open: Rig[] = [];
beforeAll(async () => {
  url = await testRedis();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((rig) => rig.close()));
});

function rigWith(policy: LaneSettings['policy']): Rig {
  const rig = createRig(url, { policy });
  open.push(rig);
  return rig;
}
const claim = async ({ lanes }: Rig) => {
  const turn = await lanes.claim('w');
  if (!turn) throw new Error('nothing was ready');
  return turn;
};
/** Answers what is ready, one after the other. */
async function answered(rig: Rig): Promise<string[]> {
  const order: string[] = [];
  for (let turn = await rig.lanes.claim('w'); turn; turn = await rig.lanes.claim('w')) {
    order.push(turn.id);
    await rig.endTurn(turn);
  }
  return order;
}
const OUTCOME = { end: 'done', reason: 'answered', view: EMPTY_VIEW } as const;

describe('LANE_POLICY=queue', () => {
  it('answers every question, in order', async () => {
    const rig = rigWith('queue');
    for (const id of ['a', 'b', 'c']) await rig.lanes.accept(id, message());
    expect(await answered(rig)).toEqual(['a', 'b', 'c']);
  });
});

describe.each(['latest', 'interrupt'] as const)('LANE_POLICY=%s', (policy) => {
  it('sets aside what still waits when something newer is asked', async () => {
    const rig = rigWith(policy);
    for (const id of ['a', 'b']) await rig.lanes.accept(id, message());
    expect(await rig.lanes.accept('c', message())).toEqual({
      outcome: 'accepted',
      turnId: 'c',
      place: 1,
      wake: false,
      superseded: 1,
    });
    for (const id of ['a', 'b'])
      expect(await rig.lanes.read(id)).toMatchObject({ state: 'stopped', reason: 'superseded', attempt: 0 });
    expect(await answered(rig)).toEqual(['c']);
  });

  it('leaves other people, other threads, and a message that is only delivered again alone', async () => {
    const rig = rigWith(policy);
    const first = message();
    await rig.lanes.accept('a', first);
    await rig.lanes.accept('other person', message({ sender: 'U2' }));
    await rig.lanes.accept('other thread', message({ thread: '2.0' }));
    expect(await rig.lanes.accept('again', first)).toEqual({ outcome: 'duplicate', turnId: 'a' });
    expect((await answered(rig)).toSorted()).toEqual(['a', 'other person', 'other thread']);
  });

  it('keeps the place in line of a lane whose question was replaced', async () => {
    const rig = rigWith(policy);
    for (const thread of ['1', '2', '3']) await rig.lanes.accept(`first ${thread}`, message({ thread }));
    await rig.lanes.accept('newer', message({ thread: '1' }));
    expect(await answered(rig)).toEqual(['newer', 'first 2', 'first 3']);
  });

  it('does not send back to the line what a worker has begun and lost', async () => {
    const rig = rigWith(policy);
    await rig.lanes.accept('a', message());
    await rig.lanes.release(await claim(rig));
    await rig.lanes.accept('b', message());
    const again = await claim(rig);
    expect(again).toMatchObject({ id: 'a', attempt: 2 });
    expect(again.stop).toBe(policy === 'interrupt' ? 'newer_question' : undefined);
  });
});

describe.each(['latest', 'interrupt'] as const)(
  'a question that is asked once more (LANE_POLICY=%s)',
  (policy) => {
    it('waits its turn: it is not newer than what was asked since', async () => {
      const rig = rigWith(policy);
      const { acceptTurn, retryTurn } = rig.accept();
      const acceptance = await acceptTurn(message({ text: 'once more' }));
      const id = 'turnId' in acceptance ? acceptance.turnId : '';
      await rig.endTurn(await claim(rig), 'failed');
      await acceptTurn(message({ text: 'runs' }));
      const running = await claim(rig);
      await acceptTurn(message({ text: 'waits' }));
      expect(await retryTurn(id, { id: 'U1', tenant: 'T1' })).toBe('accepted');
      const order: string[] = [];
      await rig.endTurn(running);
      for (let turn = await rig.lanes.claim('w'); turn; turn = await rig.lanes.claim('w')) {
        order.push(turn.message.text);
        await rig.endTurn(turn);
      }
      expect(order).toEqual(['waits', 'once more']);
    });
  },
);

describe('LANE_POLICY=latest', () => {
  it('lets what is being answered go on', async () => {
    const rig = rigWith('latest');
    await rig.lanes.accept('a', message());
    const turn = await claim(rig);
    for (const id of ['b', 'c']) await rig.lanes.accept(id, message());
    expect([...(await rig.lanes.renew([turn])).stops]).toEqual([]);
    await rig.endTurn(turn);
    expect(await answered(rig)).toEqual(['c']);
  });
});

describe('LANE_POLICY=interrupt', () => {
  it('stops what is being answered, says why, and begins the newest', async () => {
    const rig = rigWith('interrupt');
    const b = await benchOn(() => rig)({
      agent: [hangs(() => void rig.lanes.accept('newer', message()), text('Two '))],
    });
    await b.runNext();
    expect(b.finals).toEqual([
      { text: 'Two ', tasks: [], notice: expect.objectContaining({ code: 'stopped_for_newer' }) },
    ]);
    expect(await rig.lanes.read(b.turnId)).toMatchObject({ state: 'stopped', reason: 'stopped_for_newer' });
    expect(b.wakes()).toBe(1);
    expect(await answered(rig)).toEqual(['newer']);
  });

  it('does not stop an answer that is complete', async () => {
    const rig = rigWith('interrupt');
    await rig.lanes.accept('a', message());
    const turn = await claim(rig);
    await rig.lanes.post(turn, OUTCOME);
    await rig.lanes.accept('b', message());
    expect((await rig.lanes.renew([turn])).stops.size).toBe(0);
    await rig.lanes.release(turn);
    await rig.lanes.accept('c', message());
    expect((await claim(rig)).stop).toBeUndefined();
  });

  it('leaves the reason with whoever wanted the end first', async () => {
    const rig = rigWith('interrupt');
    await rig.lanes.accept('a', message());
    const turn = await claim(rig);
    await rig.operator.stopTurn('a', { reason: 'operator', by: 'root' });
    await rig.lanes.accept('b', message());
    expect([...(await rig.lanes.renew([turn])).stops.values()]).toEqual(['operator']);
    expect(await rig.redis.hget(`${rig.prefix}:turn:a`, 'stoppedBy')).toBe('root');
  });
});
