import { expect, it } from 'vitest';
import type { InboundMessage } from '../../../src/chat/vocabulary.ts';
import type { Acceptance } from '../../../src/turns/lanes.ts';
import { knowTwins } from '../../../src/turns/twins.ts';

const event = (id: string, ts = '1.1'): InboundMessage => ({
  key: { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: ts },
  kind: 'channel',
  sender: { id: 'U1', tenant: 'T1' },
  text: 'How many instances?',
  messageId: ts,
  addressed: true,
  files: [],
  claims: [`slack:event:${id}`, `slack:ts:T1:C1:${ts}`],
});

function memory(answers: (asked: number) => Promise<Acceptance> | Acceptance) {
  const observed: string[] = [];
  let asked = 0;
  let now = 0;
  const acceptTurn = knowTwins({
    acceptTurn: async () => {
      asked += 1;
      return answers(asked);
    },
    observe: (outcome) => observed.push(outcome),
    monotonic: () => now,
  });
  return { acceptTurn, observed, asked: () => asked, pass: (ms: number) => (now += ms) };
}

const accepted = (asked: number): Acceptance => ({
  outcome: 'accepted',
  turnId: `turn-${asked}`,
  place: 1,
  wake: true,
});

it('answers the other event of a mention with the turn of the first, also while that is still under way', async () => {
  const { acceptTurn, asked, observed } = memory(accepted);
  const both = await Promise.all([acceptTurn(event('mention')), acceptTurn(event('message'))]);
  expect(both).toEqual([accepted(1), { outcome: 'duplicate', turnId: 'turn-1' }]);
  expect(await acceptTurn(event('mention'))).toEqual({ outcome: 'duplicate', turnId: 'turn-1' });
  expect([asked(), observed]).toEqual([1, ['duplicate', 'duplicate']]);
});

it('asks for every other message', async () => {
  const { acceptTurn, asked } = memory(accepted);
  await acceptTurn(event('one', '1.1'));
  expect(await acceptTurn(event('two', '2.2'))).toEqual(accepted(2));
  expect(asked()).toBe(2);
});

it('fails with the first, so that both are delivered again, and then asks anew', async () => {
  const { acceptTurn, asked } = memory((n) =>
    n === 1 ? Promise.reject(new Error('Redis is away')) : accepted(n),
  );
  const both = await Promise.allSettled([acceptTurn(event('mention')), acceptTurn(event('message'))]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await acceptTurn(event('mention'))).toEqual(accepted(2));
  expect(asked()).toBe(2);
});

it.each<Acceptance>([
  { outcome: 'unaddressed' },
  { outcome: 'full' },
  { outcome: 'quota', whose: 'person', waitMs: 1_000 },
])('asks anew for what was not taken: $outcome', async (refusal) => {
  const { acceptTurn } = memory((n) => (n === 1 ? refusal : accepted(n)));
  expect(await acceptTurn(event('message'))).toEqual(refusal);
  expect(await acceptTurn(event('mention'))).toEqual(accepted(2));
  expect(await acceptTurn(event('again'))).toEqual({ outcome: 'duplicate', turnId: 'turn-2' });
});

it('leaves what is delivered again later to Redis, and remembers a bounded number of names', async () => {
  const { acceptTurn, asked, pass } = memory(accepted);
  await acceptTurn(event('first'));
  pass(5_000);
  expect(await acceptTurn(event('first'))).toEqual(accepted(2));
  for (let i = 0; i < 10_001; i += 1) await acceptTurn(event(`more-${i}`, `${i}.3`));
  expect(await acceptTurn(event('first'))).toEqual(accepted(10_004));
  expect(await acceptTurn(event('more-10000', '10000.3'))).toMatchObject({ outcome: 'duplicate' });
  expect(asked()).toBe(10_004);
});
