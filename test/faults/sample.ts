import { expect } from 'vitest';
import { runCampaign } from './campaign.ts';
import { isClean, type Report, reportOf } from './report.ts';
import { LIMITS, type SeedResult } from './run-seed.ts';
import { buildTree } from './tree.ts';

/** Runs a few seeds of the campaign and holds them to its promises. What is visible is judged soon after the end. */
export async function runSample(
  seeds: readonly number[],
  stacks: number,
): Promise<{ readonly results: readonly SeedResult[]; readonly report: Report }> {
  const results: SeedResult[] = [];
  const tree = await buildTree();
  try {
    await runCampaign({
      tree,
      seeds,
      stacks,
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
  const report = reportOf(results, [], 0);
  expect(isClean(report)).toBe(true);
  return { results, report };
}
