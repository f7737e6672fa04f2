import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { defineScript } from '../../../src/store/scripts.ts';
import { createLanes } from '../../../src/turns/lanes.ts';
import { PRELUDE } from '../../../src/turns/lua.ts';
import { isEnd, TRANSITIONS, TURN_STATES, type TurnState } from '../../../src/turns/states.ts';
import { testRedis } from '../../setup/redis.ts';
import { dump } from './dump.ts';
import { message } from './messages.ts';

const PREFIX = '{tc}:states';
/** The one way in which any script changes a state. */
const move = defineScript(`${PRELUDE} move(ARGV[2], ARGV[3]) return 1`, PREFIX);

let redis: Connection;
beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'states-test' });
});
afterAll(() => disconnect(redis));

const record = `${PREFIX}:turn:t`;
async function turnIn(state: string): Promise<Record<string, unknown>> {
  await redis.del(record, `${PREFIX}:counts`);
  await redis.hset(record, { state, [`at:${state}`]: 1, message: '{}' });
  await redis.hset(`${PREFIX}:counts`, state, 1);
  return dump(redis, PREFIX);
}

const pairs = TURN_STATES.flatMap((from) => TURN_STATES.map((to) => [from, to] as const));
const legal = pairs.filter(([from, to]) => TRANSITIONS[from].includes(to));
const illegal = pairs.filter(([from, to]) => !TRANSITIONS[from].includes(to));

describe('a turn in Redis', () => {
  it.each(legal)('goes from %s to %s, and keeps the time of both', async (from, to) => {
    await turnIn(from);
    await move(redis, ['t', to]);
    const { state, [`at:${from}`]: left, [`at:${to}`]: entered } = await redis.hgetall(record);
    expect([state, left]).toEqual([to, '1']);
    expect(Number(entered)).toBeGreaterThan(1_700_000_000_000);
    expect(await redis.hgetall(`${PREFIX}:counts`)).toEqual({ [from]: '0', [to]: '1' });
  });

  it.each(illegal)(
    'does not go from %s to %s: that is refused, and not one byte changes',
    async (from, to) => {
      const before = await turnIn(from);
      await expect(move(redis, ['t', to])).rejects.toThrow(`ILLEGAL step of t to ${to}`);
      expect(await dump(redis, PREFIX)).toEqual(before);
    },
  );

  it.each(['', 'dreaming', 'Running'])('goes nowhere from a state that is none (%j)', async (from) => {
    const before = await turnIn(from);
    for (const to of TURN_STATES) await expect(move(redis, ['t', to])).rejects.toThrow('ILLEGAL');
    expect(await dump(redis, PREFIX)).toEqual(before);
  });

  it('goes to no state that is none, and nowhere without a record', async () => {
    const before = await turnIn('queued');
    await expect(move(redis, ['t', 'dreaming'])).rejects.toThrow('ILLEGAL');
    await expect(move(redis, ['nobody', 'running'])).rejects.toThrow('ILLEGAL');
    expect(await dump(redis, PREFIX)).toEqual(before);
  });

  it('is on record with the time of each state it was in last', async () => {
    const lanes = createLanes(redis, `${PREFIX}-life`);
    const view = { text: 'Two.', tasks: [] };
    await lanes.accept('a1', message());
    const first = await lanes.claim('w');
    if (!first) throw new Error('nothing waits');
    await lanes.post(first, { end: 'done', reason: 'answered', view });
    await lanes.release(first);
    const second = await lanes.claim('w');
    if (!second) throw new Error('nothing waits');
    await lanes.post(second, { end: 'done', reason: 'answered', view });
    await lanes.finish(second, 'done', 'answered');
    const ended = await lanes.read('a1');
    const times = (['queued', 'running', 'posting', 'done'] as const).map((state) => ended?.at[state] ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(ended?.receivedAt ?? Number.POSITIVE_INFINITY);
    expect(Object.keys(ended?.at ?? {})).toHaveLength(4);
  });
});

describe('the table of states', () => {
  it('lets every turn come to an end, and begins with those that are accepted', () => {
    const reached = new Set<TurnState>(['received', 'queued']);
    for (const state of reached) for (const next of TRANSITIONS[state]) reached.add(next);
    expect([...reached].toSorted()).toEqual([...TURN_STATES].toSorted());
    const endsFrom = (state: TurnState, seen = new Set<TurnState>()): boolean =>
      isEnd(state) ||
      TRANSITIONS[state].some((next) => !seen.has(next) && endsFrom(next, new Set([...seen, next])));
    expect(TURN_STATES.filter((state) => !endsFrom(state))).toEqual([]);
  });

  it('leaves no end', () => {
    expect(TURN_STATES.filter(isEnd)).toEqual(['done', 'failed', 'stopped', 'blocked', 'unknown']);
  });
});
