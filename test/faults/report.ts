import { quantile } from '../../bench/statistics.ts';
import { FAILPOINTS } from './failpoints.ts';
import { COUNTS, type Counts } from './judge.ts';
import type { SeedResult } from './run-seed.ts';
import { SLACK_SCENES } from './scenes.ts';
import { type Platform, scheduleOf } from './schedule.ts';
import { DISTURBANCES, type Step } from './steps.ts';
import { TEAMS_SCENES } from './teams-scenes.ts';

export interface Planted {
  readonly name: string;
  readonly detected: boolean;
}

/** How often every failpoint was really struck, by harm, and every disturbance was made. */
export interface Reached {
  readonly failpoints: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly disturbances: Readonly<Record<string, number>>;
}

/** The last line of `--json`. */
export interface Report extends Counts {
  readonly seeds: number;
  readonly kills: number;
  readonly turns: number;
  /** Turns whose visible end was a remark of the bot instead of an answer. */
  readonly notices: number;
  /** Messages in Teams that stand beside a reply because an answer was lost: the case that Teams does not let us exclude. */
  readonly teamsInDoubt: number;
  /** Seeds by where people asked. */
  readonly platforms: Readonly<Record<Platform, number>>;
  /** Turns under way when the first step of a seed struck. */
  readonly inFlight: { readonly min: number | null; readonly p50: number | null };
  /** Milliseconds from the loss of its process to the next visible progress of a turn; null when none was lost. */
  readonly recoveryMs: { readonly p50: number | null; readonly p99: number | null };
  readonly planted: readonly Planted[];
  readonly reached: Reached;
  /** What no step came to, although the seeds go through all of it. */
  readonly neverReached: readonly string[];
  /** Seeds in which anything was wrong. */
  readonly failed: readonly number[];
  readonly seconds: number;
}

export function reportOf(
  results: readonly SeedResult[],
  planted: readonly Planted[],
  seconds: number,
): Report {
  const sum = (value: (result: SeedResult) => number) =>
    results.reduce((total, one) => total + value(one), 0);
  const recoveries = results.flatMap((result) => result.recoveryMs);
  const inFlight = results.map((result) => result.inFlight);
  const counts = Object.fromEntries(COUNTS.map((name) => [name, sum((one) => one[name])]));
  const platforms = { slack: 0, teams: 0, mixed: 0 };
  for (const { seed } of results) platforms[scheduleOf(seed).platform] += 1;
  const reached = reachedBy(results.flatMap((result) => result.reached));
  return {
    seeds: results.length,
    kills: sum((one) => one.kills),
    turns: sum((one) => one.turns),
    ...(counts as unknown as Counts),
    notices: sum((one) => one.notices),
    teamsInDoubt: sum((one) => one.teamsInDoubt),
    platforms,
    inFlight: { min: at(inFlight, 0), p50: at(inFlight, 0.5) },
    recoveryMs: { p50: at(recoveries, 0.5), p99: at(recoveries, 0.99) },
    planted,
    reached,
    neverReached: missedBy(reached, platforms),
    failed: results.filter((one) => one.problems.length > 0).map((one) => one.seed),
    seconds: Math.round(seconds),
  };
}

/** Nothing was wrong, everything was reached that a whole round must reach, and every planted defect was found. */
export function isClean(report: Report): boolean {
  const { failed, neverReached, planted } = report;
  return failed.length === 0 && neverReached.length === 0 && planted.every(({ detected }) => detected);
}

const at = (values: readonly number[], share: number) =>
  values.length === 0 ? null : Math.round(quantile(values, share));

function reachedBy(steps: readonly Step[]): Reached {
  const failpoints: Record<string, Record<string, number>> = {};
  const disturbances: Record<string, number> = {};
  for (const step of steps) {
    if ('at' in step) failpoints[step.at] = increased(failpoints[step.at] ?? {}, step.harm);
    else Object.assign(disturbances, increased(disturbances, step.disturbance));
  }
  return { failpoints, disturbances };
}

function increased(counts: Record<string, number>, name: string): Record<string, number> {
  return { ...counts, [name]: (counts[name] ?? 0) + 1 };
}

/** Only of platforms of which a whole round of seeds was played. */
function missedBy({ failpoints, disturbances }: Reached, played: Report['platforms']): string[] {
  const slack = played.slack >= SLACK_SCENES.length;
  const teams = played.teams + played.mixed >= TEAMS_SCENES.length;
  const whole = (inTeams: boolean) => (inTeams ? teams : slack);
  return [
    ...FAILPOINTS.flatMap(({ name, platform }) =>
      name in failpoints || !whole(platform === 'teams') ? [] : [name],
    ),
    ...DISTURBANCES.filter((name) => !(name in disturbances) && whole(name.startsWith('teams '))),
  ];
}
