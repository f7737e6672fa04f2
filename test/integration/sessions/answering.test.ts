import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { laneId } from '../../../src/chat/keys.ts';
import type { AskedTurn } from '../../../src/sessions/answering.ts';
import { directoryId } from '../../../src/sessions/directory-id.ts';
import { sessionId } from '../../../src/sessions/session-id.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { SealedError } from '../../../src/store/sealed-error.ts';
import { testRedis } from '../../setup/redis.ts';
import { conversationsRig, createToldMemory } from '../commands/conversations-of.ts';
import { createClaiming, keyOf } from './rig.ts';

const ACTOR = 'sub-1';
const sender = { id: 'U1', tenant: 'T-CANARY' };

let redis: Connection;
let prefix: string;
let prefixes = 0;
let memory: ReturnType<typeof createToldMemory>;
let recalls: string[];
let rig: ReturnType<typeof conversationsRig>;

beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'answering-test' });
});
afterAll(() => disconnect(redis));
beforeEach(() => {
  prefixes += 1;
  prefix = `{tc}:${prefixes}`;
  memory = createToldMemory();
  recalls = [];
  rig = conversationsRig(redis, prefix, {
    memory,
    actorOf: async () => ACTOR,
    observe: (outcome) => void recalls.push(outcome),
  });
});

const asker = (thread: string) => ({ key: keyOf(thread), sender });
const laneOf = (thread: string) => laneId(keyOf(thread), sender);

/** A turn as a worker has claimed it: its places, and its era, are those of this moment. */
async function claimed(thread: string, text: string, more: Partial<AskedTurn> = {}): Promise<AskedTurn> {
  return {
    id: `turn-${text}`,
    lane: laneOf(thread),
    message: { ...asker(thread), messageId: thread, text },
    receivedAt: Date.now() + 1_000,
    ...(await createClaiming(redis, prefix)(laneOf(thread))),
    ...more,
  };
}
const answered = async (thread: string, text: string, more: Partial<AskedTurn> = {}) =>
  (await rig.answering.sessionFor(await claimed(thread, text, more), ACTOR)).session;
/** A question further down in a thread. */
const below = (thread: string) => ({ message: { ...asker(thread), messageId: `${thread}9`, text: 'more' } });
const own = (thread: string, generation = 0) => sessionId(keyOf(thread), ACTOR, generation);
const loseRedis = async () => {
  const keys = await redis.keys(`${prefix}:*`);
  if (keys.length > 0) await redis.del(keys);
};

describe('a question', () => {
  it('begins a session with its thread, of which Memory hears once', async () => {
    expect(await answered('1.0', 'how many?')).toBe(own('1.0'));
    expect(memory.changes).toEqual([
      {
        kind: 'created',
        session: own('1.0'),
        name: 'how many?',
        number: 1,
        question: 'how many?',
        origin: keyOf('1.0'),
      },
    ]);
    expect(await answered('1.0', 'and now?', below('1.0'))).toBe(own('1.0'));
    expect(memory.changes).toHaveLength(1);
    expect(recalls).toEqual([]);
  });

  it('stays in its session whatever `new` does meanwhile, also when it is taken up by another worker', async () => {
    await redis.hset(`${prefix}:turn:turn-one`, 'state', 'running');
    const first = await claimed('1.0', 'one');
    expect((await rig.answering.sessionFor(first, ACTOR)).session).toBe(own('1.0'));
    await rig.conversations.startNew(asker('1.0'));
    const listed = await redis.hget(`${prefix}:turn:turn-one`, 'session');
    const again = { ...first, listed: listed ?? '' };
    expect((await rig.answering.sessionFor(again, ACTOR)).session).toBe(own('1.0'));
    expect(await answered('1.0', 'two', below('1.0'))).toBe(own('1.0', 1));
    // Memory may not have been told before the worker was lost; and the place is that after `new`.
    expect(memory.changes.filter(({ kind }) => kind === 'placed')).toHaveLength(1);
    expect(memory.changes.filter(({ kind }) => kind === 'created')).toHaveLength(3);
    expect(await rig.directory.activeCount(ACTOR)).toBe(2);
  });

  it('of a chat account that is linked to somebody else by now is not in the session of whoever it was', async () => {
    const first = await claimed('1.0', 'one');
    const { listed } = await rig.answering.sessionFor(first, ACTOR);
    const again = { ...first, listed, places: await redis.hgetall(`${prefix}:current:${first.lane}`) };
    const other = await rig.answering.sessionFor(again, 'sub-2');
    expect(other.session).toBe(sessionId(keyOf('1.0'), 'sub-2', 0));
    expect(other.listed).not.toBe(listed);
  });

  it('is answered though nothing can be sealed', async () => {
    const refused = () => Promise.reject(new SealedError('key_unavailable', 'KMS is away'));
    const { answering } = conversationsRig(redis, prefix, { sealer: { seal: refused, open: refused } });
    expect(await answering.sessionFor(await claimed('1.0', 'one'), ACTOR)).toEqual({
      session: own('1.0'),
      listed: '',
    });
  });
});

describe('after Redis was lost', () => {
  it('threads go on where they were: in their own session, a resumed one, and one that `new` began', async () => {
    for (const thread of ['1.0', '2.0', '3.0']) await answered(thread, `in ${thread}`);
    await rig.conversations.rename(asker('1.0'), undefined, 'Costs');
    await rig.conversations.tag(asker('1.0'), undefined, 'may');
    await rig.conversations.resume(asker('2.0'), { title: 'costs' });
    await rig.conversations.startNew(asker('3.0'));
    const begun = await answered('3.0', 'anew', below('3.0'));
    const beginning = async () => {
      const { question, origin } = (await rig.directory.get(ACTOR, own('1.0'))) ?? {};
      return { question, origin };
    };
    const begunWith = await beginning();
    await loseRedis();

    expect(await answered('2.0', 'x', below('2.0'))).toBe(own('1.0'));
    expect(await answered('3.0', 'y', below('3.0'))).toBe(begun);
    expect(await answered('1.0', 'z', below('1.0'))).toBe(own('1.0'));
    expect(recalls).toEqual(['found', 'found', 'found']);
    const { entries } = await rig.directory.list(ACTOR, { most: 10 });
    expect(entries.map(({ name, tags, number }) => ({ name, tags, number }))).toContainEqual({
      name: 'Costs',
      tags: ['may'],
      number: 1,
    });
    expect(entries.map(({ id }) => id)).toContain(begun);
    // What it began with stays, and where.
    expect(await beginning()).toEqual(begunWith);
    expect(begunWith.question).not.toBe('');
    // Memory is asked once.
    await answered('2.0', 'again', below('2.0'));
    expect(recalls).toHaveLength(3);
  });

  it('commands find the place, too', async () => {
    await answered('1.0', 'one');
    await rig.conversations.startNew(asker('1.0'));
    await answered('1.0', 'two', below('1.0'));
    await loseRedis();
    await rig.conversations.startNew(asker('1.0'));
    expect(await answered('1.0', 'three', below('1.0'))).toBe(own('1.0', 2));
  });

  it('a session that was deleted does not come back', async () => {
    await answered('1.0', 'one');
    await answered('2.0', 'two');
    await rig.conversations.resume(asker('2.0'), { id: own('1.0') });
    await rig.conversations.remove(asker('1.0'), { id: own('1.0') });
    expect(rig.ended).toEqual([own('1.0')]);
    // Its own events go, but for the places.
    memory.forget(ACTOR, own('1.0'));
    await loseRedis();
    expect(await answered('1.0', 'x', below('1.0'))).toBe(own('1.0', 1));
    expect(await answered('2.0', 'y', below('2.0'))).toBe(own('2.0'));
  });

  it('and Memory away, the question is answered in the session of its thread, and the next one asks again', async () => {
    await answered('1.0', 'one');
    await rig.conversations.startNew(asker('1.0'));
    const begun = await answered('1.0', 'two', below('1.0'));
    await loseRedis();
    memory.away = true;
    expect(await rig.answering.sessionFor(await claimed('1.0', 'x', below('1.0')), ACTOR)).toEqual({
      session: own('1.0'),
      listed: '',
    });
    expect(recalls).toEqual(['failed']);
    memory.away = false;
    expect(await answered('1.0', 'y', below('1.0'))).toBe(begun);
  });
});

it('a message that opens a thread is told by the name of the thread, and Memory is not asked', async () => {
  const thread = '19:cloud@thread.tacv2;messageid=1790000000000';
  await rig.answering.sessionFor(
    await claimed(thread, 'one', { message: { ...asker(thread), messageId: '1790000000000', text: 'one' } }),
    ACTOR,
  );
  expect(recalls).toEqual([]);
});

it('`resume` at the top of a conversation is meant for its own thread, too, whichever is asked in first', async () => {
  const earlier = await answered('1.0', 'earlier');
  const [entry] = (await rig.directory.list(ACTOR, { most: 1 })).entries;
  const resume = () => rig.conversations.resume({ key: keyOf(''), sender }, { number: entry?.number ?? 0 });
  await resume();
  expect(await answered('2.0', 'below it', below('2.0'))).toBe(earlier);
  // Once.
  expect(await answered('3.0', 'another')).toBe(own('3.0'));
  await resume();
  expect(await answered('4.0', 'at the top')).toBe(earlier);
  expect(await answered('5.0', 'below it', below('5.0'))).toBe(own('5.0'));
});

it('somebody who joins a thread of others has a session of their own, after one look at Memory', async () => {
  expect(await answered('1.0', 'me too', below('1.0'))).toBe(own('1.0'));
  expect(await answered('1.0', 'and', below('1.0'))).toBe(own('1.0'));
  expect(recalls).toEqual(['none']);
});

describe('a follow-up question', () => {
  /** A process that can do nothing but look for places, which is noted. */
  const looksOnly = () => {
    const looks: string[] = [];
    const looking = {
      stream: redis.stream,
      hget: (key: string, field: string) => {
        looks.push(key);
        return redis.hget(key, field);
      },
      zscore: redis.zscore.bind(redis),
    } as Connection;
    return { looks, ...conversationsRig(looking, prefix, { memory }) };
  };
  /** The same people, served by another process. */
  const elsewhere = () => conversationsRig(redis, prefix, { memory, actorOf: async () => ACTOR });
  const listed = () => rig.directory.get(ACTOR, own('1.0'));

  it('costs a look in a process that does not know the lane, and nothing where it does', async () => {
    await answered('1.0', 'one');
    const { looks, answering } = looksOnly();
    for (const text of ['two', 'three', 'four'])
      expect(await answering.sessionFor(await claimed('1.0', text, below('1.0')), ACTOR)).toMatchObject({
        session: own('1.0'),
      });
    expect(looks).toHaveLength(1);
    // Its claim was not the first: what it handed over may be older than what is known.
    const { era: _, ...again } = await claimed('1.0', 'five', below('1.0'));
    await answering.sessionFor(again, ACTOR);
    expect(looks).toHaveLength(2);
  });

  it('follows what `new`, `resume` and a delete did in another process since the one before', async () => {
    await answered('1.0', 'one');
    await answered('2.0', 'other');
    await elsewhere().conversations.startNew(asker('1.0'));
    expect(await answered('1.0', 'two', below('1.0'))).toBe(own('1.0', 1));
    await elsewhere().conversations.resume(asker('1.0'), { id: own('2.0') });
    expect(await answered('1.0', 'three', below('1.0'))).toBe(own('2.0'));
    await elsewhere().conversations.resume(asker('1.0'), { id: own('1.0') });
    expect(await answered('1.0', 'four', below('1.0'))).toBe(own('1.0'));
    await elsewhere().conversations.remove(asker('1.0'), { id: own('1.0') });
    const fresh = await answered('1.0', 'five', below('1.0'));
    expect(fresh).not.toBe(own('1.0'));
    expect(await rig.directory.get(ACTOR, fresh)).toMatchObject({ id: fresh });
  });

  it('that was claimed before `new` stays in its session, and the next one does not', async () => {
    await answered('1.0', 'one');
    const before = await claimed('1.0', 'two', below('1.0'));
    await elsewhere().conversations.startNew(asker('1.0'));
    expect((await rig.answering.sessionFor(before, ACTOR)).session).toBe(own('1.0'));
    expect(await answered('1.0', 'three', below('1.0'))).toBe(own('1.0', 1));
  });

  it('stays in a session that was archived', async () => {
    await answered('1.0', 'one');
    await elsewhere().conversations.archive(asker('1.0'), undefined);
    expect(await answered('1.0', 'two', below('1.0'))).toBe(own('1.0'));
  });

  it('of an account that is linked to somebody else, and back, is in a session of whoever it is', async () => {
    await answered('1.0', 'one');
    const other = await rig.answering.sessionFor(await claimed('1.0', 'two', below('1.0')), 'sub-2');
    expect(other.session).toBe(sessionId(keyOf('1.0'), 'sub-2', 0));
    expect(await rig.directory.get('sub-2', other.session)).toBeDefined();
    expect(await answered('1.0', 'three', below('1.0'))).toBe(own('1.0'));
  });

  it('of somebody who was forgotten by another process begins a session anew', async () => {
    await answered('1.0', 'one');
    await answered('1.0', 'two', below('1.0'));
    await elsewhere().directory.erase(ACTOR);
    memory.erase(ACTOR);
    expect(await listed()).toBeUndefined();
    await answered('1.0', 'three', below('1.0'));
    expect(await listed()).toMatchObject({ question: 'more', number: 1 });
    expect(recalls).toEqual(['none']);
  });

  it('whose claim is older than the forgetting leaves nothing behind', async () => {
    await answered('1.0', 'one');
    const before = await claimed('1.0', 'two', below('1.0'));
    await elsewhere().directory.erase(ACTOR);
    memory.erase(ACTOR);
    await rig.answering.sessionFor(before, ACTOR);
    expect(await listed()).toBeUndefined();
    await answered('1.0', 'three', below('1.0'));
    expect(await listed()).toMatchObject({ question: 'more' });
  });

  it('asks Memory where Redis has come back without its last writes', async () => {
    const worker = redis.duplicate();
    try {
      const { answering } = conversationsRig(worker, prefix, {
        memory,
        observe: (outcome) => void recalls.push(outcome),
      });
      await answering.sessionFor(await claimed('1.0', 'one'), ACTOR);
      const person = directoryId(ACTOR);
      // The era is older than what is lost.
      await redis.del(`${prefix}:lanes:${person}`, `${prefix}:numbers:${person}`);
      const back = once(worker, 'ready');
      worker.disconnect(true);
      await back;
      const turn = await claimed('1.0', 'two', below('1.0'));
      expect((await answering.sessionFor(turn, ACTOR)).session).toBe(own('1.0'));
      expect(recalls).toEqual(['found']);
    } finally {
      await disconnect(worker);
    }
  });
});
