import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  eventsFor,
  type MemoryEvent,
  rebuildFrom,
  type SessionChange,
} from '../../../src/sessions/memory-events.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { testRedis } from '../../setup/redis.ts';
import { keyOf, newKey, personIn, sealerWith } from './rig.ts';

let redis: Connection;
beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'rebuild-test' });
});
afterAll(() => disconnect(redis));

it('a directory that is lost comes back from what Memory was told: names, numbers, tags, archive, and places', async () => {
  const person = personIn(redis, '{tc}:rebuild', sealerWith(newKey('k1')));
  const { actor, directory, places } = person;
  const memory: MemoryEvent[] = [];
  const tell = (change: SessionChange) => memory.push(...eventsFor(change, Date.now()));
  const entries = async () => {
    const lists = [false, true].map((archived) => directory.list(actor, { archived, most: 10 }));
    const all = (await Promise.all(lists)).flatMap((page) => page.entries);
    const kept = all.map(({ id, number, name, tags, project, question, archived, origin }) => {
      return { id, number, name, tags, project, question, archived, origin };
    });
    return kept.toSorted((a, b) => a.number - b.number);
  };

  for (const thread of ['1.0', '2.0', '3.0']) {
    const question = 'Why so slow?';
    const { name, number } = await person.ask(thread, question);
    tell({ kind: 'created', session: person.id(thread), name, number, question, origin: keyOf(thread) });
  }
  const asked = Date.now() - 10;
  const [first, second, third] = ['1.0', '2.0', '3.0'].map(person.id) as [string, string, string];
  const name = (await directory.rename(actor, first, 'Load test')) ?? '';
  tell({ kind: 'renamed', session: first, name });
  for (const tag of ['may', 'prod']) {
    await directory.tag(actor, second, tag);
    tell({ kind: 'tagged', session: second, tag });
  }
  await directory.setProject(actor, second, 'Atlas');
  tell({ kind: 'project', session: second, project: 'Atlas' });
  await directory.archive(actor, third);
  tell({ kind: 'archived', session: third });
  const bound = await places.bind(actor, person.lane('2.0'), first);
  if (!bound || bound === 'heard') throw new Error('the session is there');
  const fresh = await places.newGeneration(actor, person.lane('3.0'));
  if (fresh === 'heard') throw new Error('nobody else wished it');
  for (const [thread, place] of [
    ['2.0', bound],
    ['3.0', fresh],
  ] as const)
    tell({ kind: 'placed', lane: person.lane(thread), key: keyOf(thread), actor, place });

  const before = await entries();
  await redis.flushdb();
  expect(await entries()).toEqual([]);

  const talks = new Map([first, second, third].map((id, i) => [id, { turns: 1, lastAt: asked + i }]));
  const { sessions, lanes, skipped } = rebuildFrom(memory.toReversed(), talks);
  expect(skipped).toBe(0);
  for (const session of sessions) expect(await directory.load(actor, session)).toBe(true);
  for (const [lane, place] of lanes) expect(await places.load(actor, lane, place)).toBe(true);
  expect(await entries()).toEqual(before);
  expect(await places.placeOf(actor, person.lane('2.0'))).toEqual(bound);
  expect(await places.placeOf(actor, person.lane('3.0'))).toEqual(fresh);

  // Once more changes nothing, and numbers go on where they were.
  for (const session of sessions) expect(await directory.load(actor, session)).toBe(false);
  // The first one has another name now.
  expect(await person.ask('4.0', 'Why so slow?')).toMatchObject({ number: 4, name: 'Why so slow?' });
});
