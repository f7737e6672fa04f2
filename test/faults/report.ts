import { quantile } from '../../bench/statistics.ts';
import type { Counts } from './judge.ts';
import type { SeedResult } from './run-seed.ts';

export interface Planted {
  readonly name: string;
  readonly detected: boolean;
}

/** The last line of `--json`. */
export interface Report extends Counts {
  readonly seeds: number;
  readonly kills: number;
  readonly turns: number;
  /** Turns whose visible end was a remark of the bot instead of an answer. */
  readonly notices: number;
  /** Milliseconds from the loss of its process to the next visible progress of a turn; null when none was lost. */
  readonly recoveryMs: { readonly p50: number | null; readonly p99: number | null };
  readonly planted: readonly Planted[];
  /** Seeds in which anything was wrong. */
  readonly failed: readonly number[];
}

const COUNTS = [
  'lost',
  'duplicated',
  'outOfOrder',
  'staleRedis',
  'staleVisible',
  'writtenTwice',
  'startedAgain',
  'leftover',
] as const satisfies readonly (keyof Counts)[];

export function reportOf(results: readonly SeedResult[], planted: readonly Planted[]): Report {
  const sum = (value: (result: SeedResult) => number) =>
    results.reduce((total, one) => total + value(one), 0);
  const recoveries = results.flatMap((result) => result.recoveryMs);
  const at = (share: number) => (recoveries.length === 0 ? null : Math.round(quantile(recoveries, share)));
  const counts = Object.fromEntries(COUNTS.map((name) => [name, sum((one) => one[name])]));
  return {
    seeds: results.length,
    kills: sum((one) => one.kills),
    turns: sum((one) => one.turns),
    ...(counts as unknown as Counts),
    notices: sum((one) => one.notices),
    recoveryMs: { p50: at(0.5), p99: at(0.99) },
    planted,
    failed: results.filter((one) => one.problems.length > 0).map((one) => one.seed),
  };
}

/** Nothing was wrong, and every planted defect was found. */
export function isClean(report: Report): boolean {
  return report.failed.length === 0 && report.planted.every(({ detected }) => detected);
}
