import { expect, it } from 'vitest';
import { runCampaign } from '../faults/campaign.ts';
import { isClean, reportOf } from '../faults/report.ts';
import { LIMITS, type SeedResult } from '../faults/run-seed.ts';
import { firstStepOf, scheduleOf } from '../faults/schedule.ts';
import { buildTree } from '../faults/tree.ts';

const RESTARTS = 2;

it('rolling restarts while people ask lose, double and disorder nothing', async () => {
  const seeds: number[] = [];
  for (let seed = 1; seeds.length < RESTARTS; seed += 1) {
    // Seeds that do nothing else: what is lost here was lost by a restart.
    if (firstStepOf(seed) === 'rolling restart' && scheduleOf(seed).steps.length === 1) seeds.push(seed);
  }
  const results: SeedResult[] = [];
  const tree = await buildTree();
  try {
    await runCampaign({
      tree,
      seeds,
      stacks: 1,
      keepLogs: 'none',
      limits: { ...LIMITS, staleAfterMs: 500 },
      signal: new AbortController().signal,
      say: () => undefined,
      onResult: (result) => results.push(result),
    });
  } finally {
    await tree.remove();
  }
  expect(
    results.flatMap(({ seed, problems }) => problems.map((problem) => `seed ${seed}: ${problem}`)),
  ).toEqual([]);
  expect(isClean(reportOf(results, [], 0))).toBe(true);
  expect(
    results.flatMap(({ happened }) => happened).filter((what) => what.endsWith('rolling restart')),
  ).toHaveLength(RESTARTS);
});
