import { describe, expect, it } from 'vitest';
import { askedIn, eachWithAlice, idOf, laneOf, newKey, personIn, type Room, sealerWith } from './rig.ts';

let { redis, prefix, alice } = {} as Room;
const sealer = sealerWith(newKey('k1'));
eachWithAlice(sealer, (room) => {
  ({ redis, prefix, alice } = room);
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
    expect(await places.newGeneration(actor, alice.lane('2.0'))).toEqual({ generation: 1, fresh: true });
    expect(await places.newGeneration(actor, alice.lane('2.0'))).toEqual({ generation: 2, fresh: true });
    // A turn that was claimed before stays where it is; that is no news.
    await alice.ask('2.0', 'three');
    expect(await places.placeOf(actor, alice.lane('2.0'))).toEqual({ generation: 2, fresh: true });
    await alice.directory.touch(actor, {
      ...askedIn(actor, '2.0', 'four'),
      session: idOf(actor, '2.0', 2),
      generation: 2,
    });
    expect(await places.placeOf(actor, alice.lane('2.0'))).toEqual({ generation: 2 });
  });

  it('are not bound to a session of somebody else, or to one that is gone', async () => {
    const bob = personIn(redis, prefix, sealer, 'sub-2');
    await alice.ask('1.0', 'mine');
    expect(await bob.places.bind('sub-2', bob.lane('1.0'), alice.id('1.0'))).toBeUndefined();
    await alice.places.bind('sub-1', alice.lane('2.0'), alice.id('1.0'));
    // The same chat account, linked to somebody else.
    expect(await bob.places.placeOf('sub-2', alice.lane('2.0'))).toBeUndefined();
    expect(await bob.directory.remove('sub-2', alice.id('1.0'))).toBe('unknown');
    expect(await alice.directory.remove('sub-1', alice.id('1.0'))).toBe('removed');
    expect(await alice.places.placeOf('sub-1', alice.lane('2.0'))).toEqual({ generation: 0, fresh: true });
  });

  it('in which a session began go on in a fresh one when it is gone, and not while something is asked there', async () => {
    await alice.ask('1.0', 'mine');
    await redis.rpush(`${prefix}:lane:${alice.lane('1.0')}`, 'turn-1');
    expect(await alice.directory.remove('sub-1', alice.id('1.0'))).toBe('busy');
    expect(await alice.names()).toEqual(['mine']);
    await redis.del(`${prefix}:lane:${alice.lane('1.0')}`);
    expect(await alice.directory.remove('sub-1', alice.id('1.0'))).toBe('removed');
    expect(await alice.places.placeOf('sub-1', alice.lane('1.0'))).toEqual({ generation: 1, fresh: true });
  });

  it('are changed once by a wish that is delivered twice', async () => {
    await alice.ask('1.0', 'one');
    const lane = alice.lane('2.0');
    expect(await alice.places.newGeneration('sub-1', lane, 'wish-1')).toEqual({ generation: 1, fresh: true });
    expect(await alice.places.bind('sub-1', lane, alice.id('1.0'), 'wish-2')).toMatchObject({
      session: alice.id('1.0'),
    });
    expect(await alice.places.newGeneration('sub-1', lane, 'wish-1')).toBe('heard');
    expect(await alice.places.placeOf('sub-1', lane)).toEqual({ generation: 1, session: alice.id('1.0') });
    expect(await alice.places.newGeneration('sub-1', lane, 'wish-3')).toEqual({ generation: 2, fresh: true });
    expect(await alice.places.bind('sub-1', lane, alice.id('1.0'), 'wish-2')).toBe('heard');
    expect(await alice.places.placeOf('sub-1', lane)).toEqual({ generation: 2, fresh: true });
  });

  describe('of a question that opens a thread', () => {
    const conversation = laneOf('sub-1', '');
    const opening = (thread: string, askedAt = Date.now() + 1_000) => ({
      ...askedIn('sub-1', thread, 'and now?'),
      opens: { conversation, askedAt },
    });

    it('are where the person said before, once', async () => {
      await alice.ask('1.0', 'one');
      expect(await alice.places.setNext('sub-1', conversation, alice.id('1.0'))).toBe(true);
      expect(await alice.places.nextOf('sub-1', conversation)).toBe(alice.id('1.0'));
      expect(await redis.ttl(`${prefix}:next:${conversation}`)).toBeLessThanOrEqual(3_600);
      // What was asked before is not meant.
      await alice.directory.touch('sub-1', opening('0.5', Date.now() - 60_000));
      expect(await alice.places.placeOf('sub-1', alice.lane('0.5'))).toEqual({ generation: 0 });
      const touched = await Promise.all(
        ['2.0', '3.0'].map((thread) => alice.directory.touch('sub-1', opening(thread))),
      );
      expect(touched.flatMap(({ instead }) => instead ?? [])).toEqual([alice.id('1.0')]);
      const places = await Promise.all(
        ['2.0', '3.0'].map((thread) => alice.places.placeOf('sub-1', alice.lane(thread))),
      );
      expect(places).toContainEqual({ generation: 0, session: alice.id('1.0') });
      expect(places).toContainEqual({ generation: 0 });
      expect(await alice.places.nextOf('sub-1', conversation)).toBeUndefined();
    });

    it('are not in a session of somebody else, or one that is gone, and can be taken back', async () => {
      await alice.ask('1.0', 'one');
      expect(await alice.places.setNext('sub-2', conversation, alice.id('1.0'))).toBe(false);
      await alice.places.setNext('sub-1', conversation, alice.id('1.0'));
      // The same chat account, linked to somebody else.
      expect(await alice.places.nextOf('sub-2', conversation)).toBeUndefined();
      expect((await alice.directory.touch('sub-2', opening('2.0'))).instead).toBeUndefined();
      await alice.places.setNext('sub-2', conversation, undefined);
      expect(await alice.places.nextOf('sub-1', conversation)).toBe(alice.id('1.0'));
      await alice.directory.remove('sub-1', alice.id('1.0'));
      expect((await alice.directory.touch('sub-1', opening('3.0'))).instead).toBeUndefined();
      await alice.ask('4.0', 'four');
      await alice.places.setNext('sub-1', conversation, alice.id('4.0'));
      await alice.places.setNext('sub-1', conversation, undefined);
      expect((await alice.directory.touch('sub-1', opening('5.0'))).instead).toBeUndefined();
    });
  });

  it('get back the place that Redis has lost, once', async () => {
    await alice.ask('1.0', 'one');
    const place = { generation: 3, session: alice.id('1.0') };
    expect(await alice.places.load('sub-1', 'lane-a', place)).toBe(true);
    expect(await alice.places.load('sub-1', 'lane-a', { generation: 1 })).toBe(false);
    expect(await alice.places.placeOf('sub-1', 'lane-a')).toEqual(place);
    await alice.places.load('sub-1', 'lane-b', { generation: 2, session: 'tc-gone' });
    expect(await alice.places.placeOf('sub-1', 'lane-b')).toEqual({ generation: 2, fresh: true });
  });
});
