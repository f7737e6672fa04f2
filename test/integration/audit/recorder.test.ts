import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startRedis } from '../../../local/redis/start-redis.ts';
import { carryOut } from '../../../src/audit/carry-out.ts';
import { logPlace } from '../../../src/audit/log-place.ts';
import type { Connection } from '../../../src/store/connection.ts';
import { localDataKeys, unprotectedKeys } from '../../../src/store/data-keys.ts';
import { SealedError } from '../../../src/store/sealed-error.ts';
import { testRedis } from '../../setup/redis.ts';
import { createRig, K1, linked, newKey, type Rig, refused } from './rig.ts';

let url: string;
beforeAll(async () => {
  url = await testRedis();
});
const rigs: Rig[] = [];
const rig = (of = url) => {
  const one = createRig(of);
  rigs.push(one);
  return one;
};
afterEach(async () => {
  await Promise.all(rigs.splice(0).map((one) => one.close()));
});

const stop = {
  type: 'operator.turn',
  who: { kind: 'operator', name: 'root' },
  action: 'stop',
  turn: 'turn-abc',
} as const;

describe('what is recorded', () => {
  test('stands in the log, in order, with Redis’ time, and the log is proven', async () => {
    const { process, entries, verify, redis } = rig();
    const { record } = process();
    const receipts = [await record(linked('U1')), await record(refused('U2'))];
    const [seconds] = await redis.time();
    expect((await entries()).map((entry) => [entry?.seq, entry?.event.type])).toEqual([
      [1, 'link.created'],
      [2, 'access.refused'],
    ]);
    expect(receipts.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(Math.abs(((await entries())[1]?.at ?? 0) / 1000 - Number(seconds))).toBeLessThan(60);
    expect(await verify()).toMatchObject({ ok: true, proven: true, entries: 2, last: receipts[1] });
  });

  test('by many processes at once is in the log once each, and in one chain', async () => {
    const { process, entries, verify } = rig();
    const processes = Array.from({ length: 4 }, () => process());
    const receipts = await Promise.all(
      processes.flatMap(({ record }, p) =>
        Array.from({ length: 50 }, (_, i) => record(linked(`U${p}-${i}`))),
      ),
    );
    const all = Array.from({ length: 200 }, (_, i) => i + 1);
    expect(receipts.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(all);
    expect((await entries()).map((entry) => entry?.seq)).toEqual(all);
    expect(new Set((await entries()).map((entry) => entry?.event.who)).size).toBe(200);
    expect((await verify()).ok).toBe(true);
  });

  test('by two processes in the same moment, word for word the same, is there twice', async () => {
    const { process, entries } = rig();
    const processes = Array.from({ length: 8 }, () => process());
    for (let i = 0; i < 10; i += 1) await Promise.all(processes.map(({ record }) => record(stop)));
    expect(await entries()).toHaveLength(80);
  });

  test('is read at rest while others go on writing', async () => {
    const { process, verify } = rig();
    const { record } = process();
    let over = false;
    const writing = (async () => {
      for (let i = 0; !over; i += 1) await record(linked(`U${i}`));
    })();
    const verdicts = [];
    for (let i = 0; i < 20; i += 1) verdicts.push(await verify());
    over = true;
    await writing;
    expect(verdicts.every(({ ok }) => ok)).toBe(true);
    expect(verdicts.at(-1)?.entries).toBeGreaterThan(verdicts[0]?.entries ?? 0);
  });

  test('names nobody in Redis, and holds no key there', async () => {
    const { process, redis, prefix } = rig();
    await process().record(linked('U0ALICE'));
    const dump = await Promise.all([
      redis.xrange(`${prefix}:audit:log`, '-', '+'),
      redis.get(`${prefix}:audit:head`),
      redis.hgetall(`${prefix}:audit:keys`),
    ]);
    const text = JSON.stringify(dump);
    for (const secret of ['U0ALICE', 'T1', 'sub-of', K1.key.export().toString('base64').slice(0, 12)])
      expect(text).not.toContain(secret);
  });

  test('tells the log stream where the audit log ends: a witness outside Redis', async () => {
    const { process } = rig();
    const { record, logged } = process();
    const receipt = await record(linked('U1'));
    expect(JSON.parse(logged[0] ?? '')).toMatchObject({ audit: receipt });
  });

  test('goes on after a rotation of the keys, and the new key alone proves all of it', async () => {
    const { process, verify } = rig();
    const K2 = newKey('k2');
    await process().record(linked('U1'));
    await process({ dataKeys: localDataKeys([K1, K2]) }).record(linked('U2'));
    await process({ dataKeys: localDataKeys([K2, K1]) }).record(linked('U3'));
    expect((await verify({ dataKeys: localDataKeys([K2]) })).proven).toBe(true);
    await process({ dataKeys: localDataKeys([K2]) }).record(linked('U4'));
    expect(await verify({ dataKeys: localDataKeys([K2]) })).toMatchObject({
      ok: true,
      proven: true,
      entries: 4,
    });
  });
});

describe('what cannot be recorded', () => {
  test('is not done: the deed is not begun when Redis is away', async () => {
    const server = await startRedis({ log: () => undefined });
    const here = rig(server.url);
    const audit = here.process();
    await audit.record(linked('U1'));
    await server.stop();
    const deeds: string[] = [];
    const acting = carryOut(
      audit,
      stop,
      async () => deeds.push('done'),
      () => true,
    );
    await expect(acting).rejects.toThrow(/closed|ECONNREFUSED|max retries/i);
    expect(deeds).toEqual([]);
  });

  test.each([
    [
      'no replica confirms it',
      { confirmDurable: () => Promise.reject(new Error('no replica')) },
      'no replica',
    ],
    [
      'the key service is away',
      {
        dataKeys: {
          current: () => Promise.reject(new SealedError('key_unavailable', 'KMS is away')),
          find: () => Promise.reject(new SealedError('key_unavailable', 'KMS is away')),
        },
      },
      'KMS is away',
    ],
  ])('is not done when %s', async (_why, options, message) => {
    const deeds: string[] = [];
    const acting = carryOut(
      rig().process(options),
      stop,
      async () => deeds.push('done'),
      () => true,
    );
    await expect(acting).rejects.toThrow(message);
    expect(deeds).toEqual([]);
  });

  test('does not harm the others that are written with it', async () => {
    const { process, entries } = rig();
    const { record } = process();
    const gossip = { ...refused('U2'), reason: 'gossip' } as never;
    const results = await Promise.allSettled([record(linked('U1')), record(gossip), record(linked('U3'))]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await entries()).toHaveLength(2);
  });

  test('is told as lost when it was only noted, and nothing throws', async () => {
    const server = await startRedis({ log: () => undefined });
    const { note, settled, observed, logged } = rig(server.url).process();
    await server.stop();
    note(linked('U1'));
    await settled();
    expect(observed).toEqual(['lost link.created']);
    expect(logged.join()).toContain('an audit entry was lost');
  });
});

describe('an order of an operator', () => {
  test('is on record before it is carried out, and what came of it after', async () => {
    const { process, entries } = rig();
    const audit = process();
    const before: number[] = [];
    const deed = async () => before.push((await entries()).length);
    await carryOut(audit, stop, deed, () => true);
    await carryOut(audit, stop, deed, () => false);
    await audit.settled();
    expect(before).toEqual([1, 3]);
    expect((await entries()).map((entry) => entry?.event)).toMatchObject([
      { type: 'operator.turn', action: 'stop', turn: 'turn-abc' },
      { type: 'operator.outcome', order: 1, outcome: 'done' },
      { type: 'operator.turn' },
      { type: 'operator.outcome', order: 3, outcome: 'nothing_to_do' },
    ]);
  });

  test('that fails says so in the log and to its caller', async () => {
    const { process, entries } = rig();
    const audit = process();
    const failing = carryOut(
      audit,
      stop,
      () => Promise.reject(new Error('no such turn')),
      () => true,
    );
    await expect(failing).rejects.toThrow('no such turn');
    await audit.settled();
    expect((await entries())[1]?.event).toMatchObject({ outcome: 'failed', order: 1 });
  });
});

describe('a flood', () => {
  test('of the same refusal is one entry in ten minutes; other people and other events stand for themselves', async () => {
    const { process, entries } = rig();
    let clock = 0;
    const { note, record, settled, observed } = process({ now: () => clock });
    for (let i = 0; i < 50; i += 1) note(refused('U1'));
    note(refused('U2'));
    for (let i = 0; i < 3; i += 1) note(linked('U1'));
    await settled();
    expect(await entries()).toHaveLength(5);
    expect(observed.filter((one) => one.startsWith('repeated'))).toHaveLength(49);
    // Who must know that it is written never shares an entry.
    await record(refused('U1'));
    expect(await entries()).toHaveLength(6);
    clock += 600_000;
    note(refused('U1'));
    await settled();
    expect(await entries()).toHaveLength(7);
  });

  test('that nobody can write fast enough is bounded, and what is too much is told', async () => {
    const { process, entries } = rig();
    const { note, settled, observed } = process();
    for (let i = 0; i < 1_100; i += 1) note(linked(`U${i}`));
    await settled();
    const lost = observed.filter((one) => one.startsWith('lost')).length;
    expect(lost).toBe(100);
    expect(await entries()).toHaveLength(1_000);
  });
});

describe('a log that somebody touched', () => {
  test('is not built upon when its head is not ours', async () => {
    const { process, redis, prefix, entries } = rig();
    await process().record(linked('U1'));
    const head = (await redis.get(`${prefix}:audit:head`)) ?? '';
    for (const other of [head.replace('"seq":1', '"seq":2'), 'nothing', '{}']) {
      await redis.set(`${prefix}:audit:head`, other);
      await expect(process().record(linked('U2'))).rejects.toMatchObject({ code: 'damaged' });
    }
    await redis.del(`${prefix}:audit:head`);
    await expect(process().record(linked('U2'))).rejects.toMatchObject({ code: 'damaged' });
    expect(await entries()).toHaveLength(1);
    await redis.set(`${prefix}:audit:head`, head);
    await process().record(linked('U2'));
    expect(await entries()).toHaveLength(2);
  });

  test('is not built upon with another secret than it was signed with', async () => {
    const { process } = rig();
    await process().record(linked('U1'));
    const stranger = process({ dataKeys: localDataKeys([newKey('k1')]) });
    await expect(stranger.record(linked('U2'))).rejects.toMatchObject({ code: 'damaged' });
    const keyless = process({ dataKeys: unprotectedKeys(randomBytes) });
    await expect(keyless.record(linked('U2'))).rejects.toMatchObject({ code: 'damaged' });
  });

  test.each([
    ['the newest entry is gone', (log: string, redis: Connection) => redis.xdel(log, '2-0')],
    ['an entry was added', (log: string, redis: Connection) => redis.xadd(log, '9-0', 'entry', 'forged')],
    ['all entries are gone', (log: string, redis: Connection) => redis.del(log)],
  ])('is not built upon when %s', async (_what, touch) => {
    const { process, redis, prefix, entries } = rig();
    const { record } = process();
    await record(linked('U1'));
    await record(linked('U2'));
    await touch(`${prefix}:audit:log`, redis);
    const before = (await entries()).length;
    await expect(record(linked('U3'))).rejects.toMatchObject({ code: 'damaged' });
    expect(await entries()).toHaveLength(before);
  });

  test('and put back to an earlier state is noticed by every process that had seen more', async () => {
    const { process, redis, prefix, verify, entries } = rig();
    const witness = process();
    await witness.record(linked('U1'));
    const [log, head] = [
      await redis.dumpBuffer(`${prefix}:audit:log`),
      (await redis.get(`${prefix}:audit:head`)) ?? '',
    ];
    const lost = await witness.record(linked('U2'));
    await redis.restore(`${prefix}:audit:log`, 0, log, 'REPLACE');
    await redis.set(`${prefix}:audit:head`, head);
    expect((await verify()).ok).toBe(true);
    expect((await verify({ anchors: [lost] })).findings).toEqual([{ seq: 2, kind: 'anchor_differs' }]);

    expect(await witness.record(linked('U3'))).toMatchObject({ seq: 3 });
    expect(witness.logged.join()).toContain('the audit log has lost entries');
    expect((await entries())[1]?.event).toMatchObject({ type: 'audit.rolled_back', seq: 2, hash: lost.hash });
    expect((await verify()).findings.map(({ kind }) => kind)).toEqual(['rolled_back']);
    // Said once.
    await witness.record(linked('U4'));
    expect((await verify()).findings).toHaveLength(1);
  });
});

describe('a deployment without keys', () => {
  test('has a log apart, which is chained but never proven', async () => {
    const { redis, prefix, process } = rig();
    const place = await logPlace(redis, prefix, undefined, randomBytes);
    expect(place).toMatchObject({ keyPrefix: `${prefix}:unsigned`, signed: false });
    await process({ keyPrefix: place.keyPrefix, dataKeys: place.dataKeys }).record(linked('U1'));
    expect(await redis.exists(`${prefix}:audit:head`)).toBe(0);
    expect(await redis.exists(`${prefix}:unsigned:audit:head`)).toBe(1);
  });

  test('whose keys were only forgotten looks at the signed log, and may not write', async () => {
    const { redis, prefix, process } = rig();
    await process().record(linked('U1'));
    const place = await logPlace(redis, prefix, undefined, randomBytes);
    expect(place.keyPrefix).toBe(prefix);
    await expect(process({ dataKeys: place.dataKeys }).record(linked('U2'))).rejects.toMatchObject({
      code: 'damaged',
    });
  });
});
