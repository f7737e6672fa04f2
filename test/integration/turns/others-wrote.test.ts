import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { threadId } from '../../../src/chat/keys.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { createLanes, type Lanes } from '../../../src/turns/lanes.ts';
import { testRedis } from '../../setup/redis.ts';
import { message, type Writing } from './messages.ts';

let redis: Connection;
let lanes: Lanes;
let prefix: string;
let asked = 0;
beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'others-wrote' });
});
beforeEach(() => {
  prefix = `{tc}:others-${asked}`;
  lanes = createLanes(redis, prefix);
});
afterAll(() => disconnect(redis));

const ROOT = { messageId: '1.0' };
const { key } = message();
const threadKey = () => `${prefix}:thread:${threadId(key)}`;

/** What the record of a question says of others. Without `more`, it stands below other messages of its thread. */
async function othersFor(writing: Writing, more: Partial<ReturnType<typeof message>> = {}) {
  asked += 1;
  const id = `turn-${asked}`;
  await lanes.accept(id, { ...message(writing), ...more });
  return (await lanes.read(id))?.others;
}
const alice = (more?: Partial<ReturnType<typeof message>>) => othersFor({ sender: 'U1' }, more);
const bob = () => othersFor({ sender: 'U2' });

describe('whether others have written is on the record of a question', () => {
  it('never for somebody who is alone in a thread, nor in a direct message', async () => {
    expect(await alice(ROOT)).toBeUndefined();
    for (let i = 0; i < 3; i += 1) expect(await alice()).toBeUndefined();
    const elsewhere = { ...message().key, thread: '2.0' };
    expect(await alice({ kind: 'direct', key: elsewhere })).toBeUndefined();
    await lanes.othersWrote(elsewhere);
    expect(await alice({ kind: 'direct', key: elsewhere })).toBeUndefined();
  });

  it('for the first question in a thread that was there before, and for those after it', async () => {
    expect([await alice(), await alice(), await alice()]).toEqual(['since', 'before', 'before']);
  });

  it('once somebody else has asked, for both of them', async () => {
    await alice(ROOT);
    expect([await bob(), await bob(), await alice(), await alice(), await bob()]).toEqual([
      'since',
      'before',
      'since',
      'before',
      'since',
    ]);
  });

  it('once somebody has written what was no question', async () => {
    await alice(ROOT);
    await lanes.othersWrote(key);
    expect([await alice(), await alice()]).toEqual(['since', 'before']);
    await lanes.othersWrote(key);
    expect(await alice()).toBe('since');
  });

  it('also when the first question is asked again, and others are not forgotten over that', async () => {
    await alice(ROOT);
    await lanes.othersWrote(key);
    expect(await alice(ROOT)).toBeUndefined();
    expect(await alice()).toBe('before');
  });

  it('in a thread that an earlier release has marked', async () => {
    await redis.set(threadKey(), '1', 'EX', 60);
    expect([await alice(), await alice()]).toEqual(['since', 'before']);
  });
});

it('what people say where nobody has asked anything leaves no trace', async () => {
  await lanes.othersWrote(key);
  expect(await redis.exists(threadKey())).toBe(0);
  expect(await lanes.takesPart(key)).toBe(false);
});

it('a mark has the end that its thread has', async () => {
  await alice(ROOT);
  await redis.expire(threadKey(), 1_000);
  await lanes.othersWrote(key);
  expect(await redis.ttl(threadKey())).toBeLessThanOrEqual(1_000);
  await alice();
  const days = (await redis.ttl(threadKey())) / 86_400;
  expect(Math.round(days)).toBe(90);
});
