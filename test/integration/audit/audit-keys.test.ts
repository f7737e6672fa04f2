import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { combineDataKeys, localDataKeys } from '../../../src/store/data-keys.ts';
import { type KmsDataKeys, kmsDataKeys } from '../../../src/store/data-keys-kms.ts';
import { testRedis } from '../../setup/redis.ts';
import { startKms } from '../store/kms.ts';
import { createRig, K1, linked, person, type Rig } from './rig.ts';

let kms: Awaited<ReturnType<typeof startKms>>;
let rig: Rig;
const open: KmsDataKeys[] = [];
beforeEach(async () => {
  kms = await startKms({
    'arn:aws:kms:us-east-2:111122223333:key/one': ['alias/one'],
    'arn:aws:kms:us-east-2:111122223333:key/two': ['alias/two'],
  });
  rig = createRig(await testRedis());
});
afterEach(async () => {
  for (const keys of open.splice(0)) keys.close();
  await rig.close();
  await kms.close();
});

/** What one process has in memory. */
function dataKeys(...keyIds: [string, ...string[]]): KmsDataKeys {
  const keys = kmsDataKeys({
    keyIds,
    region: 'us-east-2',
    endpoint: kms.url,
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
    now: () => 0,
  });
  open.push(keys);
  return keys;
}

test('with KMS all processes sign with one key, which Redis has wrapped only', async () => {
  for (let i = 0; i < 3; i += 1)
    await rig.process({ dataKeys: dataKeys('alias/one') }).record(linked(`U${i}`));
  expect(kms.count('GenerateDataKey')).toBe(1);
  expect(kms.count('Decrypt')).toBe(2);
  const { current = '', ...named } = await rig.redis.hgetall(`${rig.prefix}:audit:keys`);
  expect(Object.keys(named)).toEqual([current]);
  expect(named[current]).toMatch(/^k\.[\w-]{200,}$/);
  expect(await rig.verify({ dataKeys: dataKeys('alias/one') })).toMatchObject({
    ok: true,
    proven: true,
    entries: 3,
  });
});

test('after a change of the KMS key, or a move from local keys to KMS, the log goes on and stays proven', async () => {
  const local = localDataKeys([K1]);
  await rig.process({ dataKeys: local }).record(linked('U1'));
  await rig.process({ dataKeys: combineDataKeys([dataKeys('alias/one'), local]) }).record(linked('U2'));
  await rig.process({ dataKeys: dataKeys('alias/two', 'alias/one') }).record(linked('U3'));
  expect(await rig.verify({ dataKeys: dataKeys('alias/two') })).toMatchObject({
    ok: true,
    proven: true,
    entries: 3,
  });
  const signers = new Set((await rig.entries()).map((entry) => entry?.key));
  expect(signers.size).toBe(3);
});

test('while KMS is away nothing is recorded, and nobody is accused', async () => {
  await rig.process({ dataKeys: dataKeys('alias/one') }).record(linked('U1'));
  kms.fail({ status: 400, type: 'AccessDeniedException' });
  const recording = rig.process({ dataKeys: dataKeys('alias/one') }).record(linked('U2'));
  await expect(recording).rejects.toMatchObject({ code: 'key_unavailable' });
  await expect(rig.verify({ dataKeys: dataKeys('alias/one') })).rejects.toMatchObject({
    code: 'key_unavailable',
  });
});

test('the names of keys in Redis can be changed by anybody, and lead to no other key', async () => {
  const keys = rig.keys();
  await rig.process().record(linked('U1'));
  const [id = ''] = Object.keys(await rig.redis.hgetall(`${rig.prefix}:audit:keys`)).filter(
    (name) => name !== 'current',
  );
  expect((await keys.find(id))?.pseudonym(person('U1'))).toMatch(/^person:/);
  await rig.redis.hset(
    `${rig.prefix}:audit:keys`,
    id,
    `p.${randomBytes(32).toString('base64url')}`,
    'current',
    'x',
  );
  expect(await rig.keys().find(id)).toBeUndefined();
  await rig.process().record(linked('U2'));
  expect(await rig.verify()).toMatchObject({ ok: true, proven: true });
});
