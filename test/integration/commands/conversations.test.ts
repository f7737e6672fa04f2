import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { laneId } from '../../../src/chat/keys.ts';
import type { Asker } from '../../../src/commands/commands.ts';
import { sessionId } from '../../../src/sessions/session-id.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { testRedis } from '../../setup/redis.ts';
import { createCounting, keyOf } from '../sessions/rig.ts';
import { type ConversationsOptions, conversationsRig, createToldMemory } from './conversations-of.ts';

const ACTOR = 'sub-1';
const sender = { id: 'U1', tenant: 'T-CANARY' };
const asker = (thread: string): Asker => ({ key: keyOf(thread), sender });
const own = (thread: string, generation = 0) => sessionId(keyOf(thread), ACTOR, generation);

let redis: Connection;
let prefix: string;
let prefixes = 0;
beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'conversations-test' });
});
afterAll(() => disconnect(redis));
beforeEach(() => {
  prefixes += 1;
  prefix = `{tc}:${prefixes}`;
});

function rigWith(options: ConversationsOptions = {}) {
  const rig = conversationsRig(redis, prefix, { actorOf: async () => ACTOR, ...options });
  const count = createCounting(redis, prefix);
  let asked = 0;
  return {
    ...rig,
    /** A question from its beginning to its end; answers its session. */
    async ask(thread: string, text = `about ${thread}`): Promise<string> {
      asked += 1;
      const lane = laneId(keyOf(thread), sender);
      const places = await redis.hgetall(`${prefix}:current:${lane}`);
      const message = { ...asker(thread), messageId: thread, text };
      const turn = { id: `turn-${asked}`, lane, message, places, receivedAt: Date.now() + 1_000 };
      const { session } = await rig.answering.sessionFor(turn, ACTOR);
      await count(ACTOR, session, lane);
      return session;
    },
  };
}

describe('a list', () => {
  it('names the last used first, and says which is here', async () => {
    const { conversations, ask } = rigWith();
    for (const thread of ['1.0', '2.0']) await ask(thread);
    const answer = await conversations.list(asker('1.0'));
    expect(answer.text.split('\n').slice(1, 3)).toEqual([
      '2. about 2.0 (just now, 1 question)',
      '1. about 1.0 (just now, 1 question, here)',
    ]);
    expect(answer.shown).toMatchObject({ kind: 'sessions', total: 2, here: own('1.0'), archived: false });
    expect((await conversations.list(asker(''), { words: 'zebra' })).text).toContain('zebra');
  });

  it('offers what was not used for longest to be put away, from fifty on, as `new` does', async () => {
    const { conversations, ask } = rigWith();
    for (let i = 1; i <= 50; i += 1) await ask(`${i}.0`);
    const list = await conversations.list(asker(''));
    expect(list.shown).toMatchObject({
      idle: expect.arrayContaining([expect.objectContaining({ number: 1 })]),
    });
    expect(list.text).toContain('`archive 1`');
    expect((await conversations.startNew(asker('1.0')))?.text).toContain('`archive 1`');
    await conversations.archive(asker(''), { number: 1 });
    expect((await conversations.list(asker(''))).shown).not.toHaveProperty('idle');
  });
});

describe('a wish that is delivered again', () => {
  it('is heard once', async () => {
    const { conversations, ask } = rigWith();
    await ask('1.0');
    expect(await conversations.startNew(asker('1.0'), 'Costs', 'wish-1')).toMatchObject({ found: true });
    expect(await conversations.startNew(asker('1.0'), 'Costs', 'wish-1')).toBeUndefined();
    expect(await conversations.resume(asker('2.0'), { number: 1 }, 'wish-2')).toMatchObject({ found: true });
    expect(await conversations.resume(asker('2.0'), { number: 1 }, 'wish-2')).toBeUndefined();
    expect((await conversations.list(asker(''))).shown).toMatchObject({ total: 2 });
    // Also when the next question was asked meanwhile.
    expect(await conversations.resume(asker(''), { number: 1 }, 'wish-3')).toMatchObject({ found: true });
    expect(await ask('3.0')).toBe(own('1.0'));
    expect(await conversations.resume(asker(''), { number: 1 }, 'wish-3')).toBeUndefined();
    expect(await ask('4.0')).toBe(own('4.0'));
  });
});

describe('somebody who is not signed in', () => {
  it('is invited, whatever they wanted', async () => {
    const { conversations } = rigWith({ actorOf: async () => undefined });
    const answers = [
      conversations.list(asker('1.0')),
      conversations.startNew(asker('1.0')),
      conversations.resume(asker('1.0'), { number: 1 }),
      conversations.remove(asker('1.0'), { number: 1 }),
      conversations.search(asker('1.0'), 'costs'),
    ];
    for (const answer of await Promise.all(answers))
      expect(answer).toMatchObject({ text: 'Sign in.', found: false });
    expect(await conversations.entryOf(asker('1.0'), 'tc-1')).toBeUndefined();
  });
});

describe('a session', () => {
  it('that is not there may be one of these', async () => {
    const { conversations, ask } = rigWith();
    await ask('1.0', 'Staging costs');
    const answer = await conversations.resume(asker('2.0'), { title: 'staging cots' });
    expect(answer).toMatchObject({ found: false, text: expect.stringContaining('1. Staging costs') });
  });

  it('is edited as a whole', async () => {
    const memory = createToldMemory();
    const { conversations, ask } = rigWith({ memory });
    const id = await ask('1.0');
    await conversations.tag(asker('1.0'), undefined, '#old');
    await conversations.tag(asker('1.0'), undefined, 'kept');
    await conversations.edit(asker(''), id, { name: 'Costs', tags: ['Kept', '#new'], project: 'Atlas' });
    expect(await conversations.entryOf(asker(''), id)).toMatchObject({
      name: 'Costs',
      tags: ['kept', 'new'],
      project: 'Atlas',
    });
    expect(memory.changes.map(({ kind }) => kind)).toEqual([
      'created',
      'tagged',
      'tagged',
      'renamed',
      'untagged',
      'tagged',
      'project',
    ]);
    // Nothing to change, nothing to tell.
    await conversations.edit(asker(''), id, { name: 'Costs', tags: ['new', 'kept'], project: 'Atlas' });
    expect(memory.changes).toHaveLength(7);
  });

  it('is put away, taken back, and taken up with what was said last', async () => {
    const turns = [{ question: 'how many?', answer: 'Four.', at: 1 }];
    const { conversations, ask, noted } = rigWith({
      talk: {
        lastTurns: async () => ({ turns, more: true }),
        search: async () => ({ hits: [], partial: false }),
      },
    });
    const id = await ask('1.0');
    await conversations.archive(asker('1.0'), undefined);
    expect((await conversations.list(asker(''), { archived: true })).shown).toMatchObject({ total: 1 });
    const answer = await conversations.resume(asker('2.0'), { id });
    expect(answer?.text).toBe('Here we go on with “about 1.0”.\nYou: how many?\nI: Four.');
    expect(answer?.shown).toMatchObject({ kind: 'history', turns, more: true });
    expect((await conversations.list(asker(''))).shown).toMatchObject({ total: 1 });
    expect(noted).toEqual(['resumed']);
  });

  it('is not deleted while something is asked in it', async () => {
    const { conversations, ask, ended, noted } = rigWith();
    const id = await ask('1.0');
    const lane = `${prefix}:lane:${laneId(keyOf('1.0'), sender)}`;
    await redis.rpush(lane, 'turn-9');
    expect(await conversations.askDelete(asker('1.0'), undefined)).toMatchObject({
      shown: { kind: 'confirm_delete', entry: { id } },
    });
    expect(await conversations.remove(asker('1.0'), { id })).toMatchObject({ found: false });
    expect([...ended, ...noted]).toEqual([]);
    await redis.del(lane);
    expect(await conversations.remove(asker('1.0'), { id })).toMatchObject({ found: true });
    expect([ended, noted]).toEqual([[id], ['deleted']]);
    expect(await ask('1.0')).toBe(own('1.0', 1));
  });
});

describe('where there is no thread', () => {
  it('the next question goes on in the session that is taken up, and a new one has its name', async () => {
    const { conversations, ask } = rigWith();
    const id = await ask('1.0');
    expect((await conversations.resume(asker(''), { number: 1 }))?.text).toBe(
      'Your next question here goes on in “about 1.0”.',
    );
    expect(await ask('2.0')).toBe(id);
    expect(await ask('3.0')).toBe(own('3.0'));
    await conversations.startNew(asker(''), 'Costs');
    const begun = await ask('4.0', 'how much?');
    expect(await conversations.entryOf(asker(''), begun)).toMatchObject({
      name: 'Costs',
      question: 'how much?',
      turns: 1,
    });
    // Whoever changes their mind.
    await conversations.resume(asker(''), { number: 1 });
    await conversations.startNew(asker(''));
    expect(await ask('5.0')).toBe(own('5.0'));
  });
});

it('without a memory, or while it is away, what was said is not there, and it is told so', async () => {
  const none = rigWith();
  await none.ask('1.0');
  expect((await none.conversations.history(asker('1.0'), undefined)).text).toContain('MEMORY_RESOURCE_ID');
  expect((await none.conversations.search(asker('1.0'), 'x')).text).toContain('MEMORY_RESOURCE_ID');
  const away = () => Promise.reject(new Error('Memory is away'));
  const { conversations } = rigWith({ talk: { lastTurns: away, search: away } });
  expect((await conversations.history(asker('1.0'), undefined)).text).toContain('try again');
  expect((await conversations.search(asker('1.0'), 'x')).text).toContain('try again');
  expect((await conversations.resume(asker('2.0'), { number: 1 }))?.text).toBe(
    'Here we go on with “about 1.0”.',
  );
});
