import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Said } from '../../../src/turns/run-turn.ts';
import { testRedis } from '../../setup/redis.ts';
import { end, text } from '../../unit/turns/agent-events.ts';
import { createRig, type Rig } from './rig.ts';
import { answers, benchOn, says } from './turn-bench.ts';

let url: string;
let rig: Rig;
beforeAll(async () => {
  url = await testRedis();
});
beforeEach(() => {
  rig = createRig(url);
});
afterEach(() => rig.close());

const bench = benchOn(() => rig);

it('tells what was said to whoever remembers it, before it is shown', async () => {
  const told: Said[] = [];
  const b = await bench({
    agent: [answers],
    finish: () => {
      expect(told).toHaveLength(1);
      return Promise.resolve();
    },
    more: { remember: async (said) => void told.push(said) },
  });
  await b.runNext();
  expect(told).toEqual([
    {
      actor: 'slack:T1:U1',
      session: `session-${'x'.repeat(30)}`,
      turnId: b.turnId,
      question: 'How many?',
      answer: 'Two instances.',
      end: 'done',
      askedAt: expect.any(Number) as number,
      answeredAt: expect.any(Number) as number,
    },
  ]);
});

it('closes an answer that came without Memory with a word about it, and with no button to ask again', async () => {
  const b = await bench({
    agent: [says(text('Two instances.'), { type: 'notice', code: 'memory_unavailable' }, end())],
  });
  await b.runNext();
  expect(b.finals).toMatchObject([
    { text: 'Two instances.', feedback: true, notice: { code: 'memory_unavailable', retry: false } },
  ]);
  expect(b.ends).toEqual(['done: answered']);
});
