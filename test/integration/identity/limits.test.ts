import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { networkOf } from '../../../src/identity/attempts.ts';
import { everybodySaysYes, send } from './attacks/attack.ts';
import { linkUp, newAccount, newBrowser, PLACE, type Rig, signIn } from './rig.ts';
import { createRigs } from './rigs.ts';

const rigs = createRigs();
afterAll(() => rigs.close());

const madeUp = (rig: Rig, from: string) =>
  send(rig, `/link/start?ticket=${'x'.repeat(43)}`, { headers: { 'x-forwarded-for': from } });

describe('attempts', () => {
  it('are limited by address: from the 61st failure on the page says when to come back', async () => {
    const rig = await rigs.fresh();
    const statuses: number[] = [];
    for (let i = 0; i < 62; i += 1) statuses.push((await madeUp(rig, '192.0.2.1')).status);
    expect(statuses).toEqual([...Array.from({ length: 60 }, () => 404), 429, 429]);
    const refused = await madeUp(rig, '192.0.2.1');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await madeUp(rig, '192.0.2.2')).status).toBe(404);
  });

  it('are limited by person, wherever they come from; others are not concerned', async () => {
    const rig = await rigs.fresh();
    const [alices, carols] = [newAccount('alice'), newAccount('carol')];
    const invitation = await rig.invite(alices);
    const path = new URL(invitation).pathname + new URL(invitation).search;
    const hers = newBrowser();
    await hers.request(invitation);
    for (let i = 0; i < 20; i += 1)
      expect((await send(rig, path, { headers: { 'x-forwarded-for': `192.0.2.${i}` } })).status).toBe(403);
    expect((await hers.request(invitation)).status).toBe(429);
    expect(rig.steps).toContain('too_many_attempts');
    await linkUp(rig, carols, 'carol');
    expect(await rig.linkOf(carols)).toBe('carol');
  });

  it('of somebody with very many addresses fill neither Redis nor the audit log, and stop nobody', async () => {
    const rig = await rigs.fresh();
    const flood = async (count: number, addressOf: (i: number) => string) => {
      for (let i = 0; i < count; i += 20)
        await Promise.all(Array.from({ length: 20 }, (_, j) => madeUp(rig, addressOf(i + j))));
    };
    const addresses = () =>
      rig.events.flatMap((event) => (event.type === 'sign_in.failed' ? [event.from] : []));
    const alices = newAccount('alice');
    const browser = newBrowser();
    const invitation = await rig.invite(alices);
    await flood(200, (i) => `2001:db8:1:2::${i.toString(16)}`);
    expect(new Set(addresses().map((from) => JSON.stringify(from))).size).toBe(1);
    await flood(1_000, (i) => `10.0.${i >> 8}.${i & 255}`);
    expect(new Set(addresses().map((from) => JSON.stringify(from))).size).toBeLessThanOrEqual(402);
    expect((await rig.records('attempts')).length).toBeLessThan(410);
    await everybodySaysYes(rig, await signIn(rig, invitation, 'alice', browser), browser, alices);
    expect(await rig.linkOf(alices)).toBe('alice');
  });

  it('of somebody who asks for links end with a time to wait', async () => {
    const rig = await rigs.fresh();
    const alices = newAccount('alice');
    for (let i = 0; i < 30; i += 1) await rig.invite(alices);
    const refused = await rig.identity.invite(alices, PLACE);
    expect(refused).toMatchObject({ problem: 'too_many_attempts', account: alices });
  });
});

describe('the network of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['unknown', 'unknown'],
  ])('%s is %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });

  it('is the same for all addresses of it, and another for those of others', () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    const groups = fc.array(group, { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, groups, (one, other) => {
        const text = (parts: number[]) => parts.map((part) => part.toString(16)).join(':');
        const near = [...one.slice(0, 4), ...other.slice(4)];
        expect(networkOf(text(near))).toBe(networkOf(text(one)));
        fc.pre(one.slice(0, 4).join() !== other.slice(0, 4).join());
        expect(networkOf(text(other))).not.toBe(networkOf(text(one)));
      }),
    );
  });
});
