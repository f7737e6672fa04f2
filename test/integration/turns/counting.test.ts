import { afterAll, beforeAll, expect, it } from 'vitest';
import { EMPTY_VIEW } from '../../../src/chat/vocabulary.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { createLanes } from '../../../src/turns/lanes.ts';
import { testRedis } from '../../setup/redis.ts';
import { conversationsRig } from '../commands/conversations-of.ts';
import { message } from './messages.ts';

let redis: Connection;
beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'counting-test' });
});
afterAll(() => disconnect(redis));

const ACTOR = 'sub-1';
const OUTCOME = { end: 'done', reason: 'answered', view: EMPTY_VIEW } as const;

function world(prefix: string) {
  const lanes = createLanes(redis, prefix, { leaseMs: 1 });
  const { answering, directory, conversations } = conversationsRig(redis, prefix, {
    actorOf: async () => ACTOR,
  });
  return {
    lanes,
    answering,
    conversations,
    directory,
    async claim() {
      const turn = await lanes.claim('w');
      if (!turn) throw new Error('nothing is ready');
      return turn;
    },
    turns: async () => (await directory.list(ACTOR, { most: 10 })).entries.map(({ turns }) => turns),
  };
}

it('a turn is counted once, where it ends, whichever worker ends it', async () => {
  const { lanes, answering, claim, turns } = world('{tc}:counting-1');
  await lanes.accept('turn-1', message());
  const first = await claim();
  const { listed } = await answering.sessionFor(first, ACTOR);
  expect(await turns()).toEqual([0]);
  await lanes.post(first, OUTCOME, listed);
  // Its worker is lost; the next one only shows the outcome, and does not know whose it is.
  await expect.poll(() => lanes.sweep()).toMatchObject({ recovered: 1 });
  const second = await claim();
  expect(second.listed).toBe(listed);
  expect(await lanes.finish(first, 'done', '', listed)).toMatchObject({ held: false });
  expect(await lanes.finish(second, 'done', '')).toMatchObject({ held: true });
  expect(await lanes.finish(second, 'done', '')).toMatchObject({ held: false });
  expect(await turns()).toEqual([1]);
});

it('a turn stays in the place where it was first begun', async () => {
  const { lanes, answering, conversations, claim } = world('{tc}:counting-2');
  await lanes.accept('turn-1', message({ thread: '5.0' }));
  const one = await claim();
  const { session, listed } = await answering.sessionFor(one, ACTOR);
  await lanes.finish(one, 'done', '', listed);
  await lanes.accept('turn-2', message({ thread: '5.0' }));
  expect((await answering.sessionFor(await claim(), ACTOR)).session).toBe(session);
  await conversations.startNew(one.message);
  await expect.poll(() => lanes.sweep()).toMatchObject({ recovered: 1 });
  const again = await claim();
  expect((await answering.sessionFor(again, ACTOR)).session).toBe(session);
  await lanes.finish(again, 'done', '', listed);
  await lanes.accept('turn-3', message({ thread: '5.0' }));
  expect((await answering.sessionFor(await claim(), ACTOR)).session).not.toBe(session);
});

it('what is left of an ended turn does not say in which session it was', async () => {
  const prefix = '{tc}:counting-3';
  const { lanes, answering, claim } = world(prefix);
  await lanes.accept('turn-1', message());
  const turn = await claim();
  const { listed } = await answering.sessionFor(turn, ACTOR);
  await lanes.finish(turn, 'done', '', listed);
  expect(Object.keys(await redis.hgetall(`${prefix}:turn:turn-1`))).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(session|places)$/)]),
  );
});
