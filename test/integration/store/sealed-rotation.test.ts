import { createSecretKey, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { type EncryptionKey, localDataKeys } from '../../../src/store/data-keys.ts';
import { defineScript } from '../../../src/store/scripts.ts';
import { createSealer, type Sealer } from '../../../src/store/sealed.ts';
import { testRedis } from '../../setup/redis.ts';

const RECORDS = 100;
const PROCESSES = 4;
const newKey = (id: string): EncryptionKey => ({ id, key: createSecretKey(randomBytes(32)) });
const [K1, K2] = [newKey('k1'), newKey('k2')];

let redis: Connection;
beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'test-of-rotation' });
});
afterAll(() => disconnect(redis));

/** As a caller has to do it: an envelope is replaced only where it is still the one that was opened. */
const replace = defineScript(
  `local name = ARGV[1] .. ':' .. ARGV[2]
   if redis.call('GET', name) ~= ARGV[3] then return 0 end
   redis.call('SET', name, ARGV[4])
   return 1`,
  '{tc}',
);

test('a rotation of the keys under load fails no read, loses no write, and leaves nothing under the old key', async () => {
  const ownerOf = (i: number) => ({ tenant: 'T1', user: `U${i}`, provider: 'cognito', version: 1 });
  const sealerWith = (...ring: EncryptionKey[]): Sealer =>
    createSealer({ keys: localDataKeys(ring), randomBytes });
  // Each process gets its new configuration at a time of its own, in the order that docs/operate.md tells.
  const steps = [sealerWith(K1), sealerWith(K1, K2), sealerWith(K2, K1), sealerWith(K2)];
  const at = Array.from({ length: PROCESSES }, () => 0);
  const written = Array.from({ length: RECORDS }, () => 0);
  for (let i = 0; i < RECORDS; i += 1)
    await redis.set(`{tc}:${i}`, (await steps[0]?.seal(ownerOf(i), '0')) ?? '');

  const counts = { reads: 0, rewrapped: 0, writes: 0 };
  let over = false;
  const failures: unknown[] = [];

  async function use(process: number, i: number): Promise<void> {
    const sealer = steps[at[process] ?? 0] as Sealer;
    const envelope = (await redis.get(`{tc}:${i}`)) ?? '';
    const { plaintext, stale } = await sealer.open(ownerOf(i), envelope);
    counts.reads += 1;
    // Only the process with this number writes this record, so it knows what must stand there.
    const writes = i % PROCESSES === process && counts.reads % 3 === 0;
    if (i % PROCESSES === process) expect(plaintext.toString()).toBe(String(written[i]));
    if (!stale && !writes) return;
    const next = writes ? String((written[i] ?? 0) + 1) : plaintext;
    const replaced = await replace(redis, [i, envelope, await sealer.seal(ownerOf(i), next)]);
    if (replaced !== 1) return;
    if (writes) written[i] = (written[i] ?? 0) + 1;
    counts[writes ? 'writes' : 'rewrapped'] += 1;
  }

  async function run(process: number): Promise<void> {
    for (let i = process * 7; !over; i += 1)
      await use(process, i % RECORDS).catch((error) => failures.push(error));
  }
  const running = at.map((_, process) => run(process));
  const readsSince = async (many: number) => {
    const goal = counts.reads + many;
    while (counts.reads < goal && failures.length === 0) await new Promise(setImmediate);
  };

  for (let step = 1; step < steps.length; step += 1) {
    await readsSince(RECORDS * PROCESSES);
    for (let process = 0; process < PROCESSES; process += 1) {
      at[process] = step;
      await readsSince(RECORDS);
    }
    // The old key goes only when nothing is sealed with it any more.
    if (step === 2) await readsSince(2 * RECORDS * PROCESSES);
  }
  await readsSince(RECORDS * PROCESSES);
  over = true;
  await Promise.all(running);

  expect(failures).toEqual([]);
  expect(counts.reads).toBeGreaterThan(3_000);
  expect(counts.rewrapped).toBeGreaterThan(0);
  expect(counts.writes).toBeGreaterThan(100);
  for (let i = 0; i < RECORDS; i += 1) {
    const opened = await sealerWith(K2).open(ownerOf(i), (await redis.get(`{tc}:${i}`)) ?? '');
    expect([opened.plaintext.toString(), opened.stale]).toEqual([String(written[i]), false]);
  }
});
