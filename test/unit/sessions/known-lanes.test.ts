import { beforeEach, expect, it } from 'vitest';
import { createKnownLanes } from '../../../src/sessions/known-lanes.ts';
import type { Connection } from '../../../src/store/connection.ts';

let now: number;
let redis: { stream: Connection['stream'] };
let lanes: ReturnType<typeof createKnownLanes>;

const connection = () => ({}) as Connection['stream'];
beforeEach(() => {
  now = 0;
  redis = { stream: connection() };
  lanes = createKnownLanes({ redis, now: () => now });
});
const knows = (era: string, actor = 'sub-1', lane = 'lane-1') => lanes.knownIn(era).has(actor, lane);

it('a lane that was seen among those of a person is known, for this person only', () => {
  expect(knows('1')).toBe(false);
  lanes.knownIn('1').add('sub-1', 'lane-1');
  expect(knows('1')).toBe(true);
  expect(knows('1', 'sub-2')).toBe(false);
  expect(knows('1', 'sub-1', 'lane-2')).toBe(false);
});

it('nothing is known for long, and of no more than 10,000 lanes', () => {
  lanes.knownIn('1').add('sub-1', 'lane-1');
  now += 600_000;
  expect(knows('1')).toBe(false);
  for (let i = 0; i <= 10_000; i += 1) lanes.knownIn('1').add('sub-1', `lane-${i}`);
  expect(knows('1', 'sub-1', 'lane-0')).toBe(false);
  expect(knows('1', 'sub-1', 'lane-1')).toBe(true);
});

it('another era knows nothing of the one before, also when a turn of that one comes late', () => {
  const before = lanes.knownIn('1');
  before.add('sub-1', 'lane-1');
  expect(knows('2')).toBe(false);
  expect(before.has('sub-1', 'lane-1')).toBe(false);
  before.add('sub-1', 'lane-1');
  expect(knows('2')).toBe(false);
  // It may begin with a number that is less than that before.
  lanes.knownIn('2').add('sub-1', 'lane-1');
  expect(knows('1')).toBe(false);
});

it('another connection knows nothing of the one before: what was confirmed there may be lost', () => {
  const before = lanes.knownIn('1');
  before.add('sub-1', 'lane-1');
  redis.stream = connection();
  expect(before.has('sub-1', 'lane-1')).toBe(false);
  before.add('sub-1', 'lane-1');
  expect(knows('1')).toBe(false);
});

it('a claim that tells no era learns nothing', () => {
  const none = lanes.knownIn(undefined);
  none.add('sub-1', 'lane-1');
  expect(none.has('sub-1', 'lane-1')).toBe(false);
  lanes.knownIn('1').add('sub-1', 'lane-1');
  expect(none.has('sub-1', 'lane-1')).toBe(false);
  expect(knows('1')).toBe(true);
});
