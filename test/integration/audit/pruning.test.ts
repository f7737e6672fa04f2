import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BEGINNING, type Place, writeEntry, writeHead } from '../../../src/audit/chain.ts';
import { factsOf } from '../../../src/audit/facts.ts';
import { testRedis } from '../../setup/redis.ts';
import { createRig, linked, person, type Rig } from './rig.ts';

const DAY_MS = 86_400_000;

let url: string;
beforeAll(async () => {
  url = await testRedis();
});
const rigs: Rig[] = [];
const rig = () => {
  const one = createRig(url);
  rigs.push(one);
  return one;
};
afterEach(async () => {
  await Promise.all(rigs.splice(0).map((one) => one.close()));
});

describe('a pruning', () => {
  const nobody = { kind: 'system' } as const;

  /** Entries from two days ago, as a recorder would have written them then, and new ones. */
  async function oldAndNew(here: Rig, old: number, fresh: number) {
    const key = await here.keys().current();
    const log = `${here.prefix}:audit:log`;
    let place: Place = BEGINNING;
    for (let i = 0; i < old; i += 1) {
      const entry = writeEntry(place, Date.now() - 2 * DAY_MS, factsOf(linked(`U${i}`), key), key);
      place = entry.place;
      await here.redis.xadd(log, `${place.seq}-0`, 'entry', entry.line);
    }
    await here.redis.set(`${here.prefix}:audit:head`, writeHead(place, 'nonce', key));
    const { record } = here.process();
    for (let i = 0; i < fresh; i += 1) await record(linked(`V${i}`));
  }

  test('removes what is too old and leaves a log that is proven from then on', async () => {
    const here = rig();
    await oldAndNew(here, 5, 3);
    const { prune, record } = here.process();
    const anchor = (await here.verify()).last ?? { seq: 0, hash: '' };
    expect(await prune(DAY_MS, person('U1'))).toBe(5);
    expect((await here.entries()).map((entry) => entry?.event.type)).toEqual([
      'link.created',
      'link.created',
      'link.created',
      'audit.pruned',
    ]);
    expect(await here.verify({ anchors: [anchor] })).toMatchObject({
      ok: true,
      proven: true,
      first: { seq: 6 },
    });
    await record(linked('W'));
    expect(await prune(DAY_MS, nobody)).toBe(0);
    expect((await here.verify()).ok).toBe(true);
    expect(await prune(0, nobody)).toBe(5);
    expect(await here.verify()).toMatchObject({ ok: true, entries: 1, first: { seq: 11 } });
  });

  test('by several processes while others write keeps the log whole', async () => {
    const here = rig();
    await oldAndNew(here, 20, 2);
    const { record } = here.process();
    const removed = await Promise.all([
      ...[1, 2, 3].map(() => here.process().prune(DAY_MS, nobody)),
      ...[1, 2, 3, 4].map(async (i) => {
        await record(linked(`W${i}`));
        return 0;
      }),
    ]);
    expect(removed.reduce((sum, some) => sum + some)).toBe(20);
    expect(await here.verify()).toMatchObject({ ok: true, proven: true, first: { seq: 21 } });
  });

  test('does not remove evidence: old entries that do not hang together stay', async () => {
    const here = rig();
    await oldAndNew(here, 5, 1);
    await here.redis.xdel(`${here.prefix}:audit:log`, '3-0');
    await expect(here.process().prune(DAY_MS, nobody)).rejects.toMatchObject({ code: 'damaged' });
    expect(await here.entries()).toHaveLength(5);
  });
});
