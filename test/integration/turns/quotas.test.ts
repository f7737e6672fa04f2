import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { personId } from '../../../src/chat/keys.ts';
import type { LaneSettings } from '../../../src/turns/lanes.ts';
import { testRedis } from '../../setup/redis.ts';
import { dump } from './dump.ts';
import { message } from './messages.ts';
import { createRig, type Rig } from './rig.ts';

const HOUR = 3_600_000;
let url: string;
const open: Rig[] = [];
beforeAll(async () => {
  url = await testRedis();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((rig) => rig.close()));
});

function rigWith(settings: Partial<LaneSettings>) {
  const rig = createRig(url, settings);
  open.push(rig);
  let asked = 0;
  const ask = (writing: Parameters<typeof message>[0] = {}) => {
    asked += 1;
    return rig.lanes.accept(`turn-${asked}`, message({ thread: `${asked}`, ...writing }));
  };
  const personKey = (id: string, tenant = 'T1') =>
    `${rig.prefix}:quota:${tenant}:${personId({ id, tenant })}`;
  /** As if so much time had passed, for one quota. */
  const pass = async (key: string, ms: number) => {
    await rig.redis.decrby(key, ms);
  };
  return { ...rig, ask, personKey, tenantKey: `${rig.prefix}:quota:T1`, pass };
}
const outcomes = (answers: readonly { outcome: string }[]) => answers.map(({ outcome }) => outcome);

describe('a quota of one person', () => {
  it('is taken at once or bit by bit, and then refused with the time to wait; others are free', async () => {
    const { ask, personKey, redis } = rigWith({ personPerHour: 3 });
    expect(outcomes([await ask(), await ask(), await ask()])).toEqual(['accepted', 'accepted', 'accepted']);
    const refused = await ask();
    expect(refused).toMatchObject({ outcome: 'quota', whose: 'person' });
    const { waitMs } = refused as Extract<typeof refused, { outcome: 'quota' }>;
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(HOUR / 3);
    expect((await ask({ sender: 'U2' })).outcome).toBe('accepted');
    expect((await ask({ tenant: 'T2' })).outcome).toBe('accepted');
    expect(await redis.pttl(personKey('U1'))).toBeGreaterThan(0);
    expect(await redis.pttl(personKey('U1'))).toBeLessThanOrEqual(HOUR);
  });

  it('comes back evenly: after a third of the hour one more question, after the whole hour all', async () => {
    const { ask, personKey, pass } = rigWith({ personPerHour: 3 });
    const several = async (n: number) => {
      const answers = [];
      for (let i = 0; i < n; i += 1) answers.push(await ask());
      return outcomes(answers);
    };
    await several(3);
    await pass(personKey('U1'), HOUR / 3);
    expect(await several(2)).toEqual(['accepted', 'quota']);
    await pass(personKey('U1'), HOUR);
    expect(await several(4)).toEqual(['accepted', 'accepted', 'accepted', 'quota']);
  });

  it('does not save up: who asked nothing for a day has one hour’s worth', async () => {
    const { ask, personKey, redis } = rigWith({ personPerHour: 2 });
    await redis.set(personKey('U1'), Date.now() - 24 * HOUR);
    expect(outcomes([await ask(), await ask(), await ask()])).toEqual(['accepted', 'accepted', 'quota']);
  });

  it('refuses without a trace: the question can be asked again later, and nothing else is kept of it', async () => {
    const { ask, lanes, personKey, pass, redis, prefix } = rigWith({ personPerHour: 1 });
    await ask();
    const question = message({ thread: 'later' });
    const before = await dump(redis, prefix);
    expect((await lanes.accept('refused', question)).outcome).toBe('quota');
    expect(await dump(redis, prefix)).toEqual(before);
    await pass(personKey('U1'), HOUR);
    expect(await lanes.accept('taken', question)).toMatchObject({ outcome: 'accepted', turnId: 'taken' });
  });

  it('is not spent by what is no question: repeated deliveries, talk among people, or a full lane', async () => {
    const { ask, lanes, redis, personKey } = rigWith({ personPerHour: 200 });
    const question = message({ thread: 'busy' });
    await lanes.accept('first', question);
    const spent = await redis.get(personKey('U1'));
    await lanes.accept('twin', question);
    expect((await ask({ addressed: false })).outcome).toBe('unaddressed');
    expect(await redis.get(personKey('U1'))).toBe(spent);
    for (let i = 0; i < 99; i += 1) await lanes.accept(`busy-${i}`, message({ thread: 'busy' }));
    const full = await redis.get(personKey('U1'));
    expect((await lanes.accept('one more', message({ thread: 'busy' }))).outcome).toBe('full');
    expect(await redis.get(personKey('U1'))).toBe(full);
  });

  it('counts a retry, which stays possible for later', async () => {
    const rig = rigWith({ personPerHour: 1 });
    const { acceptTurn, retryTurn } = rig.accept();
    const acceptance = await acceptTurn(message());
    const turnId = 'turnId' in acceptance ? acceptance.turnId : '';
    const asker = { id: 'U1', tenant: 'T1' };
    expect(await retryTurn(turnId, asker)).toBe('quota');
    await rig.pass(rig.personKey('U1'), HOUR);
    expect(await retryTurn(turnId, asker)).toBe('accepted');
  });
});

describe('a quota of a workspace', () => {
  it('is for all its people together, and says whose it is', async () => {
    const { ask, tenantKey, pass } = rigWith({ tenantPerHour: 2 });
    expect(outcomes([await ask(), await ask({ sender: 'U2' })])).toEqual(['accepted', 'accepted']);
    expect(await ask({ sender: 'U3' })).toMatchObject({ outcome: 'quota', whose: 'tenant' });
    expect((await ask({ tenant: 'T2' })).outcome).toBe('accepted');
    await pass(tenantKey, HOUR / 2);
    expect((await ask({ sender: 'U3' })).outcome).toBe('accepted');
  });

  it('costs nobody their own quota when it is used up', async () => {
    const { ask, redis, personKey } = rigWith({ tenantPerHour: 1, personPerHour: 5 });
    await ask({ sender: 'U2' });
    expect(await ask()).toMatchObject({ outcome: 'quota', whose: 'tenant' });
    expect(await redis.exists(personKey('U1'))).toBe(0);
  });

  it('is not charged for somebody who has used up theirs', async () => {
    const { ask, redis, tenantKey } = rigWith({ tenantPerHour: 100, personPerHour: 1 });
    await ask();
    const before = await redis.get(tenantKey);
    expect(await ask()).toMatchObject({ outcome: 'quota', whose: 'person' });
    expect(await redis.get(tenantKey)).toBe(before);
  });
});

it('without quotas nothing is counted', async () => {
  const { ask, redis, prefix } = rigWith({});
  await ask();
  expect(Object.keys(await dump(redis, prefix)).filter((name) => name.startsWith('quota'))).toEqual([]);
});
