import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testRedis } from '../../setup/redis.ts';
import { message } from './messages.ts';
import { createRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = createRig(await testRedis());
});
afterAll(() => rig.close());

let threads = 0;
const fresh = (writing: Parameters<typeof message>[0] = {}) => {
  threads += 1;
  return message({ thread: `thread-${threads}`, ...writing });
};

describe('accepting a message', () => {
  it('makes one turn of it and one wake, however often it is delivered', async () => {
    const outcomes: string[] = [];
    const { acceptTurn } = rig.accept({ observe: (outcome) => outcomes.push(outcome) });
    const before = await rig.wakes.waiting();
    const question = fresh();
    const deliveries = await Promise.all(Array.from({ length: 8 }, () => acceptTurn(question)));
    const ids = deliveries.map((delivery) => ('turnId' in delivery ? delivery.turnId : undefined));
    expect(new Set(ids).size).toBe(1);
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'duplicate')).toHaveLength(7);
    expect(await rig.wakes.waiting()).toBe(before + 1);
  });

  it('wakes nobody for a second question in a lane that is already waiting', async () => {
    const { acceptTurn } = rig.accept();
    const thread = `thread-${threads}`;
    const before = await rig.wakes.waiting();
    expect(await acceptTurn(message({ thread }))).toMatchObject({
      outcome: 'accepted',
      place: 2,
      wake: false,
    });
    expect(await rig.wakes.waiting()).toBe(before);
  });

  it('takes a follow-up without a mention only in a thread where the bot takes part', async () => {
    const { acceptTurn } = rig.accept();
    const followUp = fresh({ addressed: false });
    expect(await acceptTurn(followUp)).toEqual({ outcome: 'unaddressed' });
    const { thread } = followUp.key;
    await acceptTurn(message({ thread, sender: 'U2' }));
    expect(await acceptTurn(message({ thread, addressed: false }))).toMatchObject({ outcome: 'accepted' });
  });

  it('fails when the write is not as durable as promised, so that the platform delivers again; that makes no second turn', async () => {
    const question = fresh();
    const lost = rig.accept({ confirmDurable: () => Promise.reject(new Error('no replica')) });
    await expect(lost.acceptTurn(question)).rejects.toThrow('no replica');
    await expect(rig.accept().acceptTurn(question)).resolves.toMatchObject({ outcome: 'duplicate' });
  });

  it('logs no word of what was written', async () => {
    await rig.accept().acceptTurn(fresh({ text: 'canary-5150' }));
    expect(rig.logged.join('')).toContain('turn accepted');
    expect(rig.logged.join('')).not.toContain('canary-5150');
  });
});

describe('asking a question again', () => {
  const asker = { id: 'U1', tenant: 'T1' };
  const ask = async () => {
    const { acceptTurn, retryTurn } = rig.accept();
    const acceptance = await acceptTurn(fresh({ text: 'again, please' }));
    return { turnId: 'turnId' in acceptance ? acceptance.turnId : '', retryTurn };
  };

  it('is for the person who asked, and once', async () => {
    const { turnId, retryTurn } = await ask();
    expect(await retryTurn(turnId, { ...asker, id: 'U2' })).toBe('not_yours');
    expect(await retryTurn(turnId, { ...asker, tenant: 'T2' })).toBe('not_yours');
    const presses = await Promise.all([1, 2, 3].map(() => retryTurn(turnId, asker)));
    expect(presses.toSorted()).toEqual(['accepted', 'already_retried', 'already_retried']);
  });

  it('asks the same words in the same thread, also where the bot was not named', async () => {
    const { turnId, retryTurn } = await ask();
    const { message: original } = (await rig.lanes.read(turnId)) ?? {};
    await retryTurn(turnId, asker);
    const turns = await rig.redis.lrange(`${rig.prefix}:lane:${(await rig.lanes.read(turnId))?.lane}`, 0, -1);
    expect(turns).toHaveLength(2);
    expect((await rig.lanes.read(turns[1] ?? ''))?.message).toEqual({
      ...original,
      addressed: true,
      claims: [`retry:${turnId}`],
    });
  });

  it('says so when the question is no longer kept', async () => {
    expect(await rig.accept().retryTurn('turn-of-long-ago', asker)).toBe('too_old');
  });

  it('says so when too much is waiting already', async () => {
    const { turnId, retryTurn } = await ask();
    const thread = `thread-${threads}`;
    for (let i = 0; i < 99; i += 1) await rig.lanes.accept(`${thread}-${i}`, message({ thread }));
    expect(await retryTurn(turnId, asker)).toBe('busy');
  });
});
