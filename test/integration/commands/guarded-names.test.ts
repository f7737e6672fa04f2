import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blockMessage } from '../../../src/chat/block-messages.ts';
import { laneId } from '../../../src/chat/keys.ts';
import type { Policy } from '../../../src/chat/policies.ts';
import type { Asker } from '../../../src/commands/commands.ts';
import { sessionId } from '../../../src/sessions/session-id.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { testRedis } from '../../setup/redis.ts';
import { keyOf } from '../sessions/rig.ts';
import { type ConversationsOptions, conversationsRig, createToldMemory } from './conversations-of.ts';
import { KEY, type WordsOptions, wordsChecked } from './words-checked.ts';

const ACTOR = 'sub-1';
const HERE = '1.0';
const asker: Asker = { key: keyOf(HERE), sender: { id: 'U1', tenant: 'T-CANARY' } };
const id = sessionId(asker.key, ACTOR, 0);
const told = (policy: Policy, locale?: string) => blockMessage('words', policy, locale);

let redis: Connection;
let prefix: string;
let prefixes = 0;
beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'guarded-names' });
});
afterAll(() => disconnect(redis));
beforeEach(() => {
  prefixes += 1;
  prefix = `{tc}:${prefixes}`;
});

/** A person with one conversation, before a guardrail. */
async function open(options: WordsOptions = {}) {
  const { checkWords, found, asked } = wordsChecked(options);
  const memory = createToldMemory();
  const rig = conversationsRig(redis, prefix, { actorOf: async () => ACTOR, memory, checkWords });
  const lane = laneId(asker.key, asker.sender);
  const message = { ...asker, messageId: HERE, text: 'first question' };
  await rig.answering.sessionFor({ id: 'turn-1', lane, message, places: {}, receivedAt: Date.now() }, ACTOR);
  return {
    ...{ ...rig, memory, found, asked },
    entry: () => rig.directory.get(ACTOR, id),
    /** What Redis and Memory hold of it. */
    async kept() {
      const keys = (await redis.keys(`${prefix}:*`)).toSorted();
      const types = await Promise.all(keys.map(async (key) => [key, await redis.type(key)] as const));
      const hashes = types.filter(([, type]) => type === 'hash').map(([key]) => redis.hgetall(key));
      return JSON.stringify([await Promise.all(hashes), memory.changes, keys]);
    },
  };
}

type Open = Awaited<ReturnType<typeof open>>;

/** Every way in which somebody gives a conversation words of their own. */
const WAYS: readonly [way: string, act: (rig: Open, words: string) => Promise<unknown>][] = [
  ['new', ({ conversations }, words) => conversations.startNew(asker, words, `claim-${words}`)],
  ['rename', ({ conversations }, words) => conversations.rename(asker, undefined, words)],
  ['tag', ({ conversations }, words) => conversations.tag(asker, undefined, words)],
  ['a form, as name', ({ conversations }, words) => conversations.edit(asker, id, { name: words })],
  [
    'a form, as tag',
    ({ conversations }, words) => conversations.edit(asker, id, { name: 'Fine', tags: ['eu', words] }),
  ],
  [
    'a form, as project',
    ({ conversations }, words) => conversations.edit(asker, id, { tags: ['eu'], project: words }),
  ],
];

describe.each(WAYS)('words given by %s', (_way, give) => {
  it.each([
    ['a policy minds', 'where to buy gold', 'topic'],
    ['a policy minds, with letters between that nobody sees', 'where to buy go\u200bld', 'topic'],
    ['hold a secret', `prod ${KEY}`, 'secret'],
    ['hold a secret past their end', `${'x'.repeat(70)} ${KEY}`, 'secret'],
  ] as const)('that %s change nothing, and their person reads why', async (_what, words, policy) => {
    const rig = await open();
    const before = await rig.kept();
    expect(await give(rig, words)).toMatchObject({
      found: true,
      refused: expect.any(String),
      text: told(policy),
    });
    expect(await rig.kept()).toBe(before);
    expect(rig.found).toMatchObject([{ action: 'blocked', policies: [policy] }]);
  });

  it('are kept as the guardrail masks them, and nowhere as they were', async () => {
    const rig = await open();
    expect(JSON.stringify(await give(rig, 'for Alice Smith'))).not.toContain('Alice');
    const kept = await rig.kept();
    expect(kept).not.toContain('Alice');
    expect(JSON.stringify(rig.memory.changes)).toContain('for {NAME}');
    expect(rig.found).toMatchObject([{ action: 'masked', policies: ['personal_data'] }]);
  });

  it.each(['down', 'silent'] as const)(
    'cannot be kept while the guardrail is %s: that is temporary, and secrets are known all the same',
    async (guardrail) => {
      const rig = await open({ guardrail, withinMs: 50 });
      const before = await rig.kept();
      expect(await give(rig, 'Costs')).toMatchObject({ found: true, text: told('unavailable') });
      expect(await give(rig, `prod ${KEY}`)).toMatchObject({ text: told('secret') });
      expect(await rig.kept()).toBe(before);
      expect(rig.found.map(({ policies }) => policies[0])).toContain('unavailable');
    },
  );

  it('are kept as they are in shadow mode, and count', async () => {
    const rig = await open({ mode: 'shadow' });
    expect(await give(rig, 'where to buy gold')).not.toHaveProperty('refused');
    expect(JSON.stringify(rig.memory.changes)).toContain('where to buy gold');
    expect(rig.found).toMatchObject([{ action: 'blocked', policies: ['topic'] }]);
  });
});

it('words that somebody looks for reach Memory as they are masked, or not at all', async () => {
  const { checkWords } = wordsChecked();
  const searched: string[] = [];
  const talk: ConversationsOptions['talk'] = {
    lastTurns: async () => ({ turns: [], more: false }),
    async search(_actor, words) {
      searched.push(words);
      return { hits: [], partial: false };
    },
  };
  const { conversations } = conversationsRig(redis, prefix, { actorOf: async () => ACTOR, checkWords, talk });
  const found = await conversations.search(asker, 'Alice Smith');
  expect(await conversations.search(asker, `prod ${KEY}`)).toMatchObject({
    found: true,
    text: told('secret'),
  });
  expect(await conversations.search(asker, 'buy gold')).toMatchObject({ found: true, text: told('topic') });
  expect(searched).toEqual(['{NAME}']);
  expect(JSON.stringify(found)).not.toContain('Alice');
});

it('names are left as they are where nothing is to be masked', async () => {
  const rig = await open({ redactInput: false });
  await rig.conversations.rename(asker, undefined, 'for Alice Smith');
  expect((await rig.entry())?.name).toBe('for Alice Smith');
});

it('what a conversation has already is not judged again, and does not stand in the way of a change', async () => {
  const open1 = await open({ mode: 'shadow' });
  await open1.conversations.edit(asker, id, { name: 'I buy gold', tags: ['buy gold'], project: 'buy gold' });
  const strict = wordsChecked();
  const { conversations } = conversationsRig(redis, prefix, { actorOf: async () => ACTOR, ...strict });
  const wish = { name: 'I buy gold', tags: ['buy gold', 'eu'], project: 'buy gold' };
  expect(await conversations.edit(asker, id, wish)).not.toHaveProperty('refused');
  expect(strict.asked).toEqual(['eu']);
  expect((await open1.entry())?.tags.toSorted()).toEqual(['buy gold', 'eu']);
});

it('a wish that was refused is none: the same delivery is told again, and a better name begins it', async () => {
  const rig = await open();
  for (let i = 0; i < 2; i += 1)
    expect(await rig.conversations.startNew(asker, 'buy gold', 'claim')).toMatchObject({ refused: 'name' });
  expect(await rig.conversations.startNew(asker, 'Costs', 'claim')).toMatchObject({
    text: expect.stringContaining('“Costs”'),
  });
});

it('somebody reads why in their own language, where it is known', async () => {
  const { conversations } = await open();
  const german = { ...asker, locale: 'de-AT' };
  expect((await conversations.rename(german, undefined, 'buy gold')).text).toBe(told('topic', 'de'));
  expect(told('topic', 'de')).not.toBe(told('topic'));
});

it('whoever is not signed in is invited before anything is judged', async () => {
  const { checkWords, asked } = wordsChecked();
  const { conversations } = conversationsRig(redis, prefix, { actorOf: async () => undefined, checkWords });
  expect(await conversations.startNew(asker, 'buy gold')).toMatchObject({ text: 'Sign in.' });
  expect(asked).toEqual([]);
});
