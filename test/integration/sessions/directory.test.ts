import { beforeEach, describe, expect, it } from 'vitest';
import { KEPT_S } from '../../../src/sessions/session-entry.ts';
import { eventually } from '../../setup/eventually.ts';
import { dump } from '../turns/dump.ts';
import {
  askedIn,
  DAY_MS,
  directoryOf,
  eachWithAlice,
  idOf,
  keyOf,
  newKey,
  personIn,
  type Room,
  sealerWith,
} from './rig.ts';

let { redis, prefix, alice } = {} as Room;
const sealer = sealerWith(newKey('k1'));
eachWithAlice(sealer, (room) => {
  ({ redis, prefix, alice } = room);
});

const restorable = (thread: string, name: string, lastAt: number, more: object = {}) => ({
  id: idOf('sub-1', thread),
  number: 0,
  name,
  tags: [],
  project: '',
  createdAt: lastAt - 1_000,
  lastAt,
  turns: 1,
  question: 'why?',
  archived: false,
  origin: keyOf(thread),
  ...more,
});

describe('a turn', () => {
  it('begins an entry that is named after the question, and is counted where it ends', async () => {
    const question = `How many\ninstances are there? ${'And why? '.repeat(40)}`;
    expect(await alice.ask('1.0', question)).toEqual({
      created: true,
      number: 1,
      name: 'How many',
      active: 1,
    });
    // It was taken up again by another worker before.
    const again = await alice.directory.touch('sub-1', askedIn('sub-1', '1.0', question));
    expect(again).toMatchObject({ created: false, name: 'How many' });
    await alice.ask('1.0', 'and in us-east-1?');
    const entry = await alice.directory.get(alice.actor, alice.id('1.0'));
    expect(entry).toEqual({
      id: alice.id('1.0'),
      number: 1,
      name: 'How many',
      tags: [],
      project: '',
      createdAt: expect.any(Number),
      lastAt: expect.any(Number),
      turns: 2,
      question: question.slice(0, 200),
      archived: false,
      origin: keyOf('1.0'),
    });
    expect(entry?.lastAt).toBeGreaterThanOrEqual(entry?.createdAt ?? Infinity);
  });

  it('costs one Redis command', async () => {
    await alice.ask('1.0', 'warm up');
    const sent: string[] = [];
    const counted = new Proxy(redis, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          sent.push(String(name));
          return Reflect.apply(value, target, args);
        };
      },
    });
    const directory = directoryOf(counted, prefix, sealer);
    await directory.touch('sub-1', askedIn('sub-1', '2.0', 'first of this process'));
    sent.length = 0;
    for (const thread of ['2.0', '3.0']) await directory.touch('sub-1', askedIn('sub-1', thread, 'again'));
    expect(sent).toEqual(['evalsha', 'evalsha']);
  });

  it('keeps the name that `new` has given, and takes the first question as such', async () => {
    const begin = askedIn('sub-1', '1.0', '');
    expect(await alice.directory.touch('sub-1', { ...begin, name: 'Migration' })).toMatchObject({
      name: 'Migration',
    });
    await alice.ask('1.0', 'how do I begin?');
    expect(await alice.directory.get('sub-1', alice.id('1.0'))).toMatchObject({
      name: 'Migration',
      question: 'how do I begin?',
      turns: 1,
    });
  });

  it('names a session after its first question where it began without one', async () => {
    const begin = askedIn('sub-1', '1.0', '');
    expect(await alice.directory.touch('sub-1', begin)).toMatchObject({ name: 'Conversation' });
    await alice.ask('1.0', 'Why so slow?');
    expect(await alice.names()).toEqual(['Why so slow?']);
    expect(await alice.directory.find('sub-1', { title: 'conversation' })).toEqual({
      kind: 'none',
      near: [],
    });
  });

  it('brings an archived session back', async () => {
    await alice.ask('1.0', 'one');
    expect(await alice.directory.archive('sub-1', alice.id('1.0'))).toBe(true);
    expect(await alice.names()).toEqual([]);
    await alice.ask('1.0', 'two');
    expect(await alice.names()).toEqual(['one']);
    expect(await alice.names({ archived: true })).toEqual([]);
  });
});

describe('names', () => {
  it('are unique for the person, in any case, and in the archive, too', async () => {
    await alice.ask('1.0', 'Costs?');
    expect(await alice.ask('2.0', 'costs')).toMatchObject({ name: 'costs (2)' });
    await alice.directory.archive('sub-1', alice.id('2.0'));
    expect(await alice.ask('3.0', 'COSTS!')).toMatchObject({ name: 'COSTS! (3)' });
    const bob = personIn(redis, prefix, sealer, 'sub-2');
    expect(await bob.ask('1.0', 'Costs?')).toMatchObject({ name: 'Costs?' });
  });

  it('that were given up are free; a number behind a name can be wished for', async () => {
    for (const thread of ['1.0', '2.0', '3.0']) await alice.ask(thread, 'Costs');
    expect(await alice.directory.rename('sub-1', alice.id('1.0'), 'Alarms')).toBe('Alarms');
    expect(await alice.directory.rename('sub-1', alice.id('3.0'), 'Costs')).toBe('Costs');
    expect(await alice.directory.rename('sub-1', alice.id('1.0'), 'Costs (2)')).toBe('Costs (3)');
    expect(await alice.directory.rename('sub-1', alice.id('2.0'), 'Costs (2)')).toBe('Costs (2)');
    expect(await alice.directory.rename('sub-1', 'tc-unknown', 'Costs')).toBeUndefined();
  });

  it('never collide when several processes give them at once', async () => {
    const processes = Array.from({ length: 4 }, () => directoryOf(redis, prefix, sealer));
    const processOf = (i: number) => processes[i % 4] ?? alice.directory;
    const threads = Array.from({ length: 40 }, (_, i) => `${i}.0`);
    await Promise.all(
      threads.map((thread, i) => processOf(i).touch('sub-1', askedIn('sub-1', thread, 'Same question'))),
    );
    await Promise.all(
      threads.flatMap((thread, i) => [
        processOf(i).rename('sub-1', alice.id(thread), i % 2 === 0 ? 'Plan' : 'plan (2)'),
        processOf(i + 1).rename('sub-1', alice.id(thread), 'x'.repeat(90)),
      ]),
    );
    const names = await alice.names();
    expect(names).toHaveLength(40);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(40);
    for (const name of names) {
      expect(name.length).toBeLessThanOrEqual(80);
      expect(await alice.directory.find('sub-1', { title: name })).toMatchObject({
        kind: 'found',
        entry: { name },
      });
    }
  });
});

describe('finding', () => {
  beforeEach(async () => {
    for (const [i, question] of ['Staging costs', 'Alarms in prod', '2024'].entries())
      await alice.ask(`${i + 1}.0`, question);
  });

  it.each([
    [{ number: 2 }, 'Alarms in prod'],
    [{ title: 'staging COSTS.' }, 'Staging costs'],
    // No session has such a number.
    [{ number: 2024 }, '2024'],
  ])('%j', async (wanted, name) => {
    expect(await alice.directory.find('sub-1', wanted)).toMatchObject({ kind: 'found', entry: { name } });
  });

  it.each([
    [{ title: 'stagign costs' }, ['Staging costs']],
    [{ title: 'prod' }, ['Alarms in prod']],
    [{ number: 9 }, []],
    [{ title: 'something else' }, []],
  ])('%j says what may have been meant', async (wanted, near) => {
    const found = await alice.directory.find('sub-1', wanted);
    expect(found.kind === 'none' && found.near.map(({ name }) => name)).toEqual(near);
  });

  it('by a number that was another session’s finds nothing: numbers are given once', async () => {
    await alice.directory.remove('sub-1', alice.id('3.0'));
    expect(await alice.ask('4.0', 'next')).toMatchObject({ number: 4 });
    expect(await alice.directory.find('sub-1', { number: 3 })).toMatchObject({ kind: 'none' });
  });

  it('by words looks at name, tags and project', async () => {
    await alice.directory.tag('sub-1', alice.id('1.0'), '#Finance');
    await alice.directory.setProject('sub-1', alice.id('2.0'), 'Atlas');
    expect(await alice.names({ words: 'finance' })).toEqual(['Staging costs']);
    expect(await alice.names({ words: 'atlas PROD' })).toEqual(['Alarms in prod']);
    expect(await alice.names({ words: 'atlas staging' })).toEqual([]);
    expect(await alice.directory.untag('sub-1', alice.id('1.0'), 'FINANCE')).toBe(true);
    expect(await alice.names({ words: 'finance' })).toEqual([]);
    await alice.directory.setProject('sub-1', alice.id('2.0'), ' ');
    expect(await alice.names({ words: 'atlas' })).toEqual([]);
  });
});

it('a session has at most 20 tags, each once', async () => {
  await alice.ask('1.0', 'q');
  const tag = (text: string) => alice.directory.tag('sub-1', alice.id('1.0'), text);
  for (let i = 0; i < 20; i += 1) expect(await tag(`tag ${i}`)).toBe('ok');
  expect(await tag('#TAG 3')).toBe('ok');
  expect(await tag('one more')).toBe('full');
  expect(await tag(' # ')).toBe('empty');
  expect(await alice.directory.tag('sub-1', 'tc-unknown', 'x')).toBe('unknown');
  expect((await alice.directory.get('sub-1', alice.id('1.0')))?.tags).toHaveLength(20);
});

describe('pages', () => {
  it('show each of 1,000 sessions once, newest first, though some are used meanwhile', async () => {
    const threads = Array.from({ length: 1_000 }, (_, i) => `${i}.0`);
    // Many of them in the same moment.
    const at = Date.now() - DAY_MS;
    for (let i = 0; i < 1_000; i += 100)
      await Promise.all(
        threads
          .slice(i, i + 100)
          .map((thread, j) =>
            alice.directory.load('sub-1', restorable(thread, `n ${i + j}`, at + Math.trunc((i + j) / 50))),
          ),
      );
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await alice.directory.list('sub-1', {
        most: 30,
        ...(after === undefined ? {} : { after }),
      });
      expect(page.total).toBe(1_000);
      expect(page.entries.length).toBeLessThanOrEqual(30);
      seen.push(...page.entries.map(({ name }) => name));
      // The last one shown goes to the top, and so does one that is yet to come.
      await alice.ask(`${(page.entries.at(-1)?.name ?? '').slice(2)}.0`, 'again');
      after = page.next;
    } while (after !== undefined);
    expect(seen).toHaveLength(1_000);
    expect(new Set(seen).size).toBe(1_000);
    expect(await alice.names({ words: 'n 77' })).toHaveLength(19);
    const page = await alice.directory.list('sub-1', { most: 3, words: 'n 9' });
    expect(page.entries).toHaveLength(3);
    expect(page.next).toBeDefined();
    expect(await alice.directory.activeCount('sub-1')).toBe(1_000);
  });

  it('from a mark that nobody gave begin anew', async () => {
    await alice.ask('1.0', 'q');
    for (const after of ['', 'x', '1:', '1:a b', `${'9'.repeat(40)}:a`])
      expect((await alice.directory.list('sub-1', { most: 5, after })).entries).toHaveLength(1);
  });
});

describe('what was not used for long', () => {
  const ago = (days: number) => Date.now() - days * DAY_MS;

  it('is archived after 90 days, of whomever', async () => {
    const bob = personIn(redis, prefix, sealer, 'sub-2');
    await alice.directory.load('sub-1', restorable('1.0', 'old', ago(91)));
    await alice.directory.load('sub-1', restorable('2.0', 'young', ago(89)));
    await bob.directory.load('sub-2', { ...restorable('1.0', 'old', ago(200)), id: bob.id('1.0') });
    expect(await alice.directory.archiveIdle(90 * DAY_MS, 1)).toBe(1);
    expect(await alice.directory.archiveIdle(90 * DAY_MS, 100)).toBe(1);
    expect(await alice.directory.archiveIdle(90 * DAY_MS, 100)).toBe(0);
    expect(await alice.names()).toEqual(['young']);
    expect(await bob.names({ archived: true })).toEqual(['old']);
    // Whoever takes it back out does not find it archived again at once.
    expect(await alice.directory.restore('sub-1', alice.id('1.0'))).toBe(true);
    expect(await alice.directory.archiveIdle(90 * DAY_MS, 100)).toBe(0);
    expect(await alice.names()).toEqual(['old', 'young']);
  });

  it('is offered first when there are too many', async () => {
    for (const days of [3, 1, 2])
      await alice.directory.load('sub-1', restorable(`${days}.0`, `${days}`, ago(days)));
    expect(await alice.directory.activeCount('sub-1')).toBe(3);
    expect((await alice.directory.oldestIdle('sub-1', 2)).map(({ name }) => name)).toEqual(['3', '2']);
  });

  it('is forgotten after 400 days, with its name', async () => {
    const left = 300;
    expect(
      await alice.directory.load('sub-1', restorable('0.0', 'too old', Date.now() - KEPT_S * 1_000)),
    ).toBe(false);
    await alice.directory.load('sub-1', restorable('1.0', 'Costs', Date.now() - KEPT_S * 1_000 + left));
    await alice.directory.load('sub-1', restorable('2.0', 'other', ago(1)));
    await eventually('the entry has gone', async () => (await alice.names()).length === 1);
    expect(await alice.ask('3.0', 'Costs')).toMatchObject({ name: 'Costs', active: 2 });
    const kept = JSON.stringify(await dump(redis, prefix));
    expect(kept).not.toContain(alice.id('1.0'));
  });
});
