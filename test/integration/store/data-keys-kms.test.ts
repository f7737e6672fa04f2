import { createSecretKey, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { combineDataKeys, localDataKeys } from '../../../src/store/data-keys.ts';
import { type KmsDataKeysOptions, kmsDataKeys } from '../../../src/store/data-keys-kms.ts';
import { createSealer, type SealOwner } from '../../../src/store/sealed.ts';
import { SealedError } from '../../../src/store/sealed-error.ts';
import { startKms } from './kms.ts';

const arn = (id: string) => `arn:aws:kms:us-east-2:111122223333:key/${id}`;
const alice: SealOwner = { tenant: 'T1', user: 'U1', provider: 'cognito', version: 1 };
const MINUTE = 60_000;

let kms: Awaited<ReturnType<typeof startKms>>;
let clock = 0;
const closers: (() => void)[] = [];
beforeEach(async () => {
  clock = 1_000;
  kms = await startKms({ [arn('one')]: ['alias/bot'], [arn('two')]: [], [arn('theirs')]: [] });
});
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await kms.close();
});

/** Another process: its own client, its own memory. */
function process(options: Partial<KmsDataKeysOptions> = {}) {
  const keys = kmsDataKeys({
    keyIds: ['alias/bot'],
    region: 'us-east-2',
    endpoint: kms.url,
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
    now: () => clock,
    ...options,
  });
  closers.push(keys.close);
  return { keys, ...createSealer({ keys, randomBytes }) };
}

async function codeOf(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof SealedError ? error.code : `not refused: ${String(error)}`;
}

test('what one process sealed another opens, with one call for many records', async () => {
  const [here, there] = [process(), process()];
  const envelopes = await Promise.all(Array.from({ length: 50 }, (_, i) => here.seal(alice, `secret ${i}`)));
  const opened = await Promise.all(envelopes.map((envelope) => there.open(alice, envelope)));
  expect(opened.map(({ plaintext, stale }) => `${plaintext} ${stale}`)).toEqual(
    envelopes.map((_, i) => `secret ${i} false`),
  );
  expect(kms.calls.map(({ operation }) => operation)).toEqual(['GenerateDataKey', 'Decrypt']);
  await here.open(alice, envelopes[0] ?? '');
  expect(kms.calls).toHaveLength(2);
});

test('KMS is told what a data key is for, and never whom it is for', async () => {
  await process().seal(alice, 'secret');
  expect(kms.calls[0]?.body).toMatchObject({
    KeyId: 'alias/bot',
    KeySpec: 'AES_256',
    EncryptionContext: { purpose: 'threadcore/sealed', tenant: 'T1', provider: 'cognito' },
  });
  expect(JSON.stringify(kms.calls)).not.toContain('U1');
});

test('a data key seals for a bounded time and a bounded number of records', async () => {
  const { seal } = process({ maxAgeMs: 10 * MINUTE, maxUses: 3 });
  for (let i = 0; i < 3; i += 1) await seal(alice, 'secret');
  expect(kms.count('GenerateDataKey')).toBe(1);
  await seal(alice, 'secret');
  expect(kms.count('GenerateDataKey')).toBe(2);
  clock += 10 * MINUTE;
  await seal(alice, 'secret');
  expect(kms.count('GenerateDataKey')).toBe(3);
});

test('a data key that opens is forgotten too: by time, and the longest unused by number', async () => {
  const sealed = await Promise.all([0, 1, 2].map(() => process().seal(alice, 'secret')));
  const { open } = process({ maxAgeMs: 10 * MINUTE, maxKeys: 2 });
  const openNumber = (i: number) => open(alice, sealed[i] ?? '');
  for (const i of [0, 1, 0, 2, 0]) await openNumber(i);
  expect(kms.count('Decrypt')).toBe(3);
  await openNumber(1);
  expect(kms.count('Decrypt')).toBe(4);
  clock += 10 * MINUTE;
  await openNumber(1);
  expect(kms.count('Decrypt')).toBe(5);
});

test('each tenant and each provider has data keys of its own', async () => {
  const { seal } = process();
  for (const change of [{}, { tenant: 'T2' }, { provider: 'github' }, { user: 'U2' }, { version: 2 }])
    await seal({ ...alice, ...change }, 'secret');
  expect(kms.count('GenerateDataKey')).toBe(3);
});

test('an envelope is bound to its owner as with local keys', async () => {
  const { seal, open } = process();
  const envelope = await seal(alice, 'secret');
  expect(await codeOf(open({ ...alice, user: 'U2' }, envelope))).toBe('not_authentic');
  // KMS refuses this one: the encryption context is another.
  expect(await codeOf(process().open({ ...alice, tenant: 'T2' }, envelope))).toBe('not_authentic');
});

test('a change of any byte of an envelope with its wrapped key is noticed', async () => {
  const envelope = await process().seal(alice, 'secret');
  const { open } = process();
  for (let i = 0; i < envelope.length; i += 1) {
    const at = envelope[i] === 'A' ? 'B' : 'A';
    const code = await codeOf(open(alice, envelope.slice(0, i) + at + envelope.slice(i + 1)));
    expect(['malformed', 'unknown_key', 'not_authentic']).toContain(code);
  }
});

test('after a change of the KMS key old records open and are stale, and new ones are wrapped by the new key', async () => {
  const old = await process().seal(alice, 'secret');
  const rotated = process({ keyIds: [arn('two'), 'alias/bot'] });
  const opened = await rotated.open(alice, old);
  expect([opened.plaintext.toString(), opened.stale]).toEqual(['secret', true]);
  const anew = await rotated.seal(alice, 'secret');
  expect((await process({ keyIds: ['two'] }).open(alice, anew)).stale).toBe(false);
  expect(await codeOf(process({ keyIds: ['two'] }).open(alice, old))).toBe('unknown_key');
});

test('a data key that somebody else wrapped with a KMS key of theirs is not accepted', async () => {
  const forged = await process({ keyIds: [arn('theirs')] }).seal(alice, 'a token of the attacker');
  expect(await codeOf(process().open(alice, forged))).toBe('unknown_key');
});

test('records of ENCRYPTION_KEYS move over to KMS', async () => {
  const local = localDataKeys([{ id: 'k1', key: createSecretKey(randomBytes(32)) }]);
  const before = createSealer({ keys: local, randomBytes });
  const after = createSealer({ keys: combineDataKeys([process().keys, local]), randomBytes });
  const opened = await after.open(alice, await before.seal(alice, 'secret'));
  expect([opened.plaintext.toString(), opened.stale]).toEqual(['secret', true]);
  const anew = await after.open(alice, await after.seal(alice, 'secret'));
  expect([anew.plaintext.toString(), anew.stale]).toEqual(['secret', false]);
});

test.each([
  ['refuses', { status: 400, type: 'AccessDeniedException' }],
  ['has disabled the key', { status: 400, type: 'DisabledException' }],
])('while KMS %s nothing is sealed or opened, and afterwards it goes on', async (_how, fault) => {
  const envelope = await process().seal(alice, 'secret');
  const { seal, open } = process();
  kms.fail(fault);
  expect(await codeOf(seal(alice, 'secret'))).toBe('key_unavailable');
  expect(await codeOf(open(alice, envelope))).toBe('key_unavailable');
  kms.fail(undefined);
  expect((await open(alice, await seal(alice, 'secret'))).plaintext.toString()).toBe('secret');
  expect((await open(alice, envelope)).plaintext.toString()).toBe('secret');
});

test('a key that does not exist is unavailable, and the message says what to check', async () => {
  const sealing = process({ keyIds: ['alias/nobody'] }).seal(alice, 'secret');
  await expect(sealing).rejects.toThrow(/KMS_KEY_ID/);
});

test('a KMS that does not answer fails the call instead of hanging', async () => {
  kms.fail('silence');
  expect(await codeOf(process({ timeoutMs: 100 }).seal(alice, 'secret'))).toBe('key_unavailable');
});
