import { expect, it } from 'vitest';
import { runCampaign } from '../faults/campaign.ts';
import { isClean, reportOf } from '../faults/report.ts';
import { LIMITS, type SeedResult } from '../faults/run-seed.ts';
import { firstStepOf } from '../faults/schedule.ts';
import { buildTree } from '../faults/tree.ts';

/** A sample of the campaign that `npm run faults` runs in full. */
const SAMPLE = [
  'kill at “accepted, not acknowledged”',
  'kill at “mid-stream”',
  'cut at “posted, not recorded”',
];

it('loses, doubles and disorders nothing when web and worker are killed and an answer of Slack is lost', async () => {
  const seeds = SAMPLE.map((moment) => {
    for (let seed = 1; ; seed += 1) if (firstStepOf(seed) === moment) return seed;
  });
  const results: SeedResult[] = [];
  const tree = await buildTree();
  try {
    await runCampaign({
      tree,
      seeds,
      stacks: 2,
      keepLogs: 'none',
      limits: { ...LIMITS, staleAfterMs: 500 },
      signal: new AbortController().signal,
      say: () => undefined,
      onResult: (result) => results.push(result),
    });
  } finally {
    await tree.remove();
  }
  const report = reportOf(results, []);
  expect(
    results.flatMap(({ seed, problems }) => problems.map((problem) => `seed ${seed}: ${problem}`)),
  ).toEqual([]);
  expect(isClean(report)).toBe(true);
  expect(report.kills).toBeGreaterThanOrEqual(2);
}, 90_000);
