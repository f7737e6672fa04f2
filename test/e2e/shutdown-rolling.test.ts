import { expect, it } from 'vitest';
import { runSample } from '../faults/sample.ts';
import { firstStepOf, scheduleOf } from '../faults/schedule.ts';

const RESTARTS = 2;

it('rolling restarts while people ask lose, double and disorder nothing', async () => {
  const seeds: number[] = [];
  for (let seed = 1; seeds.length < RESTARTS; seed += 1) {
    // Seeds that do nothing else: what is lost here was lost by a restart.
    if (firstStepOf(seed) === 'rolling restart' && scheduleOf(seed).steps.length === 1) seeds.push(seed);
  }
  const { results } = await runSample(seeds, 1);
  expect(
    results.flatMap(({ happened }) => happened).filter((what) => what.endsWith('rolling restart')),
  ).toHaveLength(RESTARTS);
});
