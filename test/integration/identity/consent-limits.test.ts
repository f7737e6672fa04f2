import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAttempts } from '../../../src/identity/attempts.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { testRedis } from '../../setup/redis.ts';

const EACH = 300;
const OF_ALL = 10_000;

let redis: Connection;
beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'consent-limits' });
});
afterAll(() => disconnect(redis));

it('consents begin 300 times from one address and 10,000 times in all, and leave no more records than that', async () => {
  const attempts = createAttempts(redis, '{tc}');
  const begin = async (ip: string, times: number) => {
    const standings = await Promise.all(Array.from({ length: times }, () => attempts.consent(ip)));
    return standings.filter(({ tooMany }) => !tooMany).length;
  };
  // One address after its limit takes nothing away from the others; a /64 of IPv6 counts as one.
  expect(await begin('203.0.113.1', EACH)).toBe(EACH);
  expect(await begin('203.0.113.1', 500)).toBe(0);
  expect(await begin('2001:db8::1', EACH)).toBe(EACH);
  expect(await begin('2001:db8::2', 10)).toBe(0);
  let begun = 2 * EACH;
  for (let i = 0; i < 40; i += 1) begun += await begin(`198.51.100.${i}`, EACH);
  expect(begun).toBe(OF_ALL);
  const before = await redis.dbsize();
  expect(await begin('198.51.100.200', 100)).toBe(0);
  expect(await redis.dbsize()).toBe(before);
});
