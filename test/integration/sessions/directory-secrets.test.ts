import { describe, expect, it } from 'vitest';
import type { SessionEntry } from '../../../src/sessions/session-entry.ts';
import { familyOf } from '../../../src/store/key-families.ts';
import { dump } from '../turns/dump.ts';
import { eachWithAlice, newKey, personIn, type Room, sealerWith } from './rig.ts';

let { redis, prefix, alice } = {} as Room;
const sealer = sealerWith(newKey('k1'));
eachWithAlice(sealer, (room) => {
  ({ redis, prefix, alice } = room);
});

describe('a person', () => {
  /** Every key of the prefix, with how long it stays. */
  const keys = async () => {
    const names = Object.keys(await dump(redis, prefix));
    return Promise.all(names.map(async (name) => [name, await redis.ttl(`${prefix}:${name}`)] as const));
  };

  async function everything(person: typeof alice): Promise<void> {
    for (const thread of ['1.0', '2.0', '3.0', '4.0']) await person.ask(thread, `Canary question ${thread}`);
    await person.directory.rename(person.actor, person.id('1.0'), 'Canary name');
    await person.directory.tag(person.actor, person.id('1.0'), 'Canary tag');
    await person.directory.setProject(person.actor, person.id('1.0'), 'Canary project');
    await person.directory.archive(person.actor, person.id('2.0'));
    await person.directory.remove(person.actor, person.id('3.0'));
    await person.places.bind(person.actor, person.lane('1.0'), person.id('4.0'));
    await person.places.newGeneration(person.actor, person.lane('4.0'));
    await person.places.newGeneration(person.actor, person.lane('9.0'));
  }

  it('is forgotten without a trace, and nobody else is touched', async () => {
    const bob = personIn(redis, prefix, sealer, 'sub-2');
    await everything(bob);
    const before = await dump(redis, prefix);
    await everything(alice);
    expect(await alice.directory.erase('sub-1')).toBe(3);
    expect(await dump(redis, prefix)).toEqual(before);
    expect(await bob.directory.erase('sub-2')).toBe(3);
    // The key under which all names are compared is nobody's.
    expect((await keys()).map(([name]) => name)).toEqual(['namekey']);
    expect(await alice.directory.erase('sub-1')).toBe(0);
  });

  it('leaves no key where nothing is sealed', async () => {
    alice = personIn(redis, prefix);
    await everything(alice);
    expect(await alice.names()).toEqual(['Canary question 4.0', 'Canary name']);
    await alice.directory.erase('sub-1');
    expect(await keys()).toEqual([]);
  });

  it('can have all of it in a file', async () => {
    await everything(alice);
    const all: SessionEntry[] = [];
    for await (const entry of alice.directory.export('sub-1')) all.push(entry);
    expect(all.map(({ name, archived }) => [name, archived])).toEqual([
      ['Canary question 4.0', false],
      ['Canary name', false],
      ['Canary question 2.0', true],
    ]);
  });

  it('has nothing in Redis that could be read there, or that stays for ever', async () => {
    await everything(alice);
    const kept = JSON.stringify(await dump(redis, prefix));
    expect(kept).toContain('v1.l.k1.');
    for (const word of ['canary', 'slack', 'sub-1']) expect(kept.toLowerCase()).not.toContain(word);
    for (const [name, ttl] of await keys()) {
      const bound = familyOf(prefix, `${prefix}:${name}`)?.bound;
      if (name === 'namekey') expect(bound).toEqual({ kind: 'constant', members: 2 });
      else {
        expect([name, bound?.kind]).toEqual([name, 'expires']);
        expect(ttl).toBeGreaterThan(399 * 86_400);
      }
    }
  });
});

describe('keys', () => {
  it('that are turned over: what is read is sealed anew, names stay unique, and nothing needs the old key', async () => {
    const [k1, k2] = [newKey('k1'), newKey('k2')];
    const old = personIn(redis, prefix, sealerWith(k1));
    await old.ask('1.0', 'Costs');
    await old.directory.tag('sub-1', old.id('1.0'), 'may');
    const both = personIn(redis, prefix, sealerWith(k2, k1));
    expect(await both.ask('2.0', 'costs')).toMatchObject({ name: 'costs (2)' });
    expect(await both.names()).toEqual(['costs (2)', 'Costs']);
    const fresh = personIn(redis, prefix, sealerWith(k2));
    expect(await fresh.ask('3.0', 'Costs')).toMatchObject({ name: 'Costs (3)' });
    expect(await fresh.directory.get('sub-1', fresh.id('1.0'))).toMatchObject({
      name: 'Costs',
      tags: ['may'],
    });
    expect(JSON.stringify(await dump(redis, prefix))).not.toContain('l.k1.');
  });

  it('that are gone leave entries with their numbers', async () => {
    await alice.ask('1.0', 'Costs');
    const other = personIn(redis, prefix, sealerWith(newKey('k2')));
    expect(await other.names()).toEqual(['Session 1']);
    expect(await other.ask('2.0', 'Costs')).toMatchObject({ name: 'Costs', number: 2 });
  });

  it('that Redis has lost are made anew, and processes that run on take the new one', async () => {
    const [one, other] = [personIn(redis, prefix, sealer), personIn(redis, prefix, sealer)];
    await one.ask('1.0', 'Costs');
    await other.ask('2.0', 'Costs');
    for (const name of Object.keys(await dump(redis, prefix))) await redis.del(`${prefix}:${name}`);
    // A process that has just started, and two that remember.
    expect(await alice.ask('3.0', 'Costs')).toMatchObject({ name: 'Costs' });
    await Promise.all([one.ask('1.0', 'Costs'), other.ask('2.0', 'Costs')]);
    expect((await alice.names()).toSorted()).toEqual(['Costs', 'Costs (2)', 'Costs (3)']);
  });

  it('sealing that begins later takes over what was not sealed', async () => {
    await personIn(redis, prefix).ask('1.0', 'Canary');
    expect(await alice.names()).toEqual(['Canary']);
    expect(JSON.stringify(await dump(redis, prefix))).not.toContain('Canary');
  });
});
