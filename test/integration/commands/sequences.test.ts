import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Asker } from '../../../src/commands/commands.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { testRedis } from '../../setup/redis.ts';
import { newKey, sealerWith } from '../sessions/rig.ts';
import { ACCOUNTS, createPeopleAtWork, DOES, type Step, THREADS } from './people-at-work.ts';

/** `COMMAND_SEQUENCES=10000` for the whole campaign. */
const SEQUENCES = Number(process.env.COMMAND_SEQUENCES ?? 200);

let redis: Connection;
beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'command-sequences' });
});
afterAll(() => disconnect(redis));

const step: fc.Arbitrary<Step> = fc.record({
  does: fc.oneof(
    { weight: 1, arbitrary: fc.constant('ask' as const) },
    { weight: 3, arbitrary: fc.constantFrom(...DOES) },
  ),
  who: fc.nat(ACCOUNTS.length - 1),
  thread: fc.nat(THREADS.length),
  ref: fc.constantFrom('id', 'number', 'name', 'here'),
  whose: fc.nat(ACCOUNTS.length - 1),
  which: fc.nat(4),
  given: fc.boolean(),
  process: fc.nat(1),
});
const sequence = fc.array(step, { minLength: 5, maxLength: 25, size: 'max' });
const sealer = sealerWith(newKey('k1'));
let prefixes = 0;

async function play(steps: readonly Step[], sealed: boolean, actorOf?: (asker: Asker) => string) {
  prefixes += 1;
  const prefix = `{tc}:s${prefixes}`;
  const people = createPeopleAtWork(redis, prefix, sealed ? sealer : undefined, actorOf);
  for (const one of steps) await people.take(one);
  await people.compare();
}

it(
  'in any sequence of commands by several people, nobody sees, resumes, renames or deletes a session of somebody else',
  async () => {
    let played = 0;
    await fc.assert(
      fc.asyncProperty(sequence, fc.boolean(), async (steps, sealed) => {
        played += 1;
        await play(steps, sealed);
      }),
      { numRuns: SEQUENCES, endOnFailure: true },
    );
    expect(played).toBe(SEQUENCES);
  },
  120_000 * Math.ceil(SEQUENCES / 200),
);

it('and would be seen to do so, where whoever writes in a thread were taken for the same person', async () => {
  const alike = (asker: Asker) => `sub-${asker.key.conversation}`;
  const check = await fc.check(
    fc.asyncProperty(sequence, (steps) => play(steps, false, alike)),
    { numRuns: 50, endOnFailure: true },
  );
  expect(check.failed).toBe(true);
}, 60_000);
