import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { testRedis } from '../../setup/redis.ts';
import { newKey, personIn, sealerWith } from './rig.ts';

let redis: Connection;
let prefix: string;
let prefixes = 0;
let alice: ReturnType<typeof personIn>;
const sealer = sealerWith(newKey('k1'));

beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'directory-test' });
});
afterAll(() => disconnect(redis));
beforeEach(() => {
  prefixes += 1;
  prefix = `{tc}:${prefixes}`;
  alice = personIn(redis, prefix, sealer);
});

describe('lanes', () => {
  it('go on in an earlier session after `resume`, and in a fresh one after `new`', async () => {
    const { places, actor } = alice;
    await alice.ask('1.0', 'one');
    expect(await places.placeOf(actor, alice.lane('2.0'))).toBeUndefined();
    await alice.ask('2.0', 'two');
    expect(await places.placeOf(actor, alice.lane('2.0'))).toEqual({ generation: 0 });
    expect(await places.bind(actor, alice.lane('2.0'), alice.id('1.0'))).toEqual({
      generation: 0,
      session: alice.id('1.0'),
    });
    expect(await places.placeOf(actor, alice.lane('2.0'))).toEqual({
      generation: 0,
      session: alice.id('1.0'),
    });
    expect(await places.newGeneration(actor, alice.lane('2.0'))).toEqual({ generation: 1 });
    expect(await places.newGeneration(actor, alice.lane('2.0'))).toEqual({ generation: 2 });
    // A turn says which generation it was claimed with; that is no news.
    await alice.ask('2.0', 'three', 'turn-3');
    expect(await places.placeOf(actor, alice.lane('2.0'))).toEqual({ generation: 2 });
  });

  it('are not bound to a session of somebody else, or to one that is gone', async () => {
    const bob = personIn(redis, prefix, sealer, 'sub-2');
    await alice.ask('1.0', 'mine');
    expect(await bob.places.bind('sub-2', bob.lane('1.0'), alice.id('1.0'))).toBeUndefined();
    await alice.places.bind('sub-1', alice.lane('2.0'), alice.id('1.0'));
    // The same chat account, linked to somebody else.
    expect(await bob.places.placeOf('sub-2', alice.lane('2.0'))).toBeUndefined();
    expect(await bob.directory.remove('sub-2', alice.id('1.0'))).toBe(false);
    expect(await alice.directory.remove('sub-1', alice.id('1.0'))).toBe(true);
    expect(await alice.places.placeOf('sub-1', alice.lane('2.0'))).toEqual({ generation: 0 });
  });

  it('get back the place that Redis has lost, once', async () => {
    await alice.ask('1.0', 'one');
    const place = { generation: 3, session: alice.id('1.0') };
    expect(await alice.places.load('sub-1', 'lane-a', place)).toBe(true);
    expect(await alice.places.load('sub-1', 'lane-a', { generation: 1 })).toBe(false);
    expect(await alice.places.placeOf('sub-1', 'lane-a')).toEqual(place);
    await alice.places.load('sub-1', 'lane-b', { generation: 2, session: 'tc-gone' });
    expect(await alice.places.placeOf('sub-1', 'lane-b')).toEqual({ generation: 2 });
  });
});
