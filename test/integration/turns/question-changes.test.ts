import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Connection } from '../../../src/store/connection.ts';
import { createQuestionChanges } from '../../../src/turns/question-changes.ts';
import { testRedis } from '../../setup/redis.ts';
import { message } from './messages.ts';
import { createRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = createRig(await testRedis());
});
afterAll(() => rig.close());

/** Changes through a connection on which something else happens right after the question was found. */
function changesWith(between: () => Promise<unknown>, confirmDurable = () => Promise.resolve()) {
  let done = false;
  const redis = new Proxy(rig.redis, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
      if (name !== 'evalsha') return method;
      return async (...args: unknown[]) => {
        const answer = await method(...args);
        if (!done) {
          done = true;
          await between();
        }
        return answer;
      };
    },
  }) as Connection;
  return createQuestionChanges({
    redis,
    keyPrefix: rig.prefix,
    confirmDurable,
    observe: () => undefined,
    log: rig.log,
  });
}
const nothing = () => Promise.resolve();
const edit = { claim: 'place', editor: 'U1', text: 'changed', files: [], stamp: '1' };

let threads = 0;
async function ask(name: string) {
  threads += 1;
  const question = message({ thread: `changes-${threads}`, text: 'as asked', claims: [name] });
  await rig.lanes.accept(`turn-${name}`, question);
  // What is already known to Redis is called by its digest: one call to find, one to change.
  await changesWith(nothing).amendQuestion({ ...edit, claim: 'warm', stamp: '0' });
}
const begin = async () => {
  const turn = await rig.lanes.claim('worker');
  if (!turn) throw new Error('nothing waits');
  return turn;
};

it('leaves a question alone that a worker begins, or has begun and lost, between the look and the change', async () => {
  await ask('begun');
  let turn: Awaited<ReturnType<typeof begin>> | undefined;
  const started = changesWith(async () => {
    turn = await begin();
  });
  expect(await started.amendQuestion({ ...edit, claim: 'begun' })).toBe('running');
  expect((await rig.lanes.read('turn-begun'))?.message.text).toBe('as asked');
  if (turn) await rig.endTurn(turn);

  await ask('lost');
  const lost = changesWith(async () => rig.lanes.release(await begin()));
  expect(await lost.amendQuestion({ ...edit, claim: 'lost' })).toBe('running');
  expect(await rig.lanes.read('turn-lost')).toMatchObject({ state: 'queued', message: { text: 'as asked' } });
  const again = await begin();
  await rig.endTurn(again);

  await ask('cancelled');
  const late = changesWith(async () => rig.lanes.release(await begin()));
  expect(await late.cancelQuestion('cancelled')).toBe('running');
  expect(await begin()).toMatchObject({ id: 'turn-cancelled' });
});

it('fails when the change is not as durable as promised, so that the platform delivers it again', async () => {
  await ask('durable');
  const lost = () => changesWith(nothing, () => Promise.reject(new Error('no replica')));
  await expect(lost().amendQuestion({ ...edit, claim: 'durable' })).rejects.toThrow('no replica');
  await expect(lost().cancelQuestion('durable')).rejects.toThrow('no replica');
});

it('knows the place of a question that waits, and of no other', async () => {
  const thread = 'changes-places';
  const changes = changesWith(nothing);
  for (const name of ['one', 'two', 'three'])
    await rig.lanes.accept(`turn-${name}`, message({ thread, claims: [name] }));
  const places = () => Promise.all(['one', 'two', 'three'].map((name) => changes.placeOf(`turn-${name}`)));
  expect(await places()).toEqual([1, 2, 3]);
  await changes.cancelQuestion('two');
  expect(await places()).toEqual([1, undefined, 2]);
  expect(await changes.placeOf('turn-of-nobody')).toBeUndefined();
});
