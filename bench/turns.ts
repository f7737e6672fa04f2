import { costOf, withContestants } from './contestants/contestant.ts';
import { startBareBolt } from './contestants/other-bots.ts';
import { startThreadcore } from './contestants/threadcore.ts';
import { monitorRedis } from './redis-monitor.ts';
import { type Measured, type Result, resultOf } from './report.ts';
import { createRounds, type Round } from './round.ts';
import { quantile } from './statistics.ts';
import { redisResults, slackResults } from './turn-counts.ts';

export interface TurnsOptions {
  readonly rounds: number;
  readonly users: number;
  /** Messages of each user in a round. */
  readonly messages: number;
  readonly agent: 'instant' | 'offline';
  readonly profile?: string | undefined;
  /** For logs. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** A program that has just started runs uncompiled code; this many messages a user come before the first round. */
const WARM_UP_MESSAGES = 2;
const COUNTED_MESSAGES = 3;

/** Whole turns, from the signed event to the visible answer, beside a bare Bolt app under the same load. */
export async function benchTurns(options: TurnsOptions): Promise<Measured> {
  const { users, messages, say, folder } = options;
  const { play, problems } = createRounds(users);
  return withContestants(async (started) => {
    const ours = started(await startThreadcore(options));
    const bare = started(await startBareBolt({ users, folder, say }));

    say('warming up');
    await play('warm-up', ours, WARM_UP_MESSAGES);
    await play('bare Bolt warm-up', bare, WARM_UP_MESSAGES);
    const rounds: Round[] = [];
    const baseline: Round[] = [];
    for (let i = 1; i <= options.rounds; i += 1) {
      say(`round ${i} of ${options.rounds}: ${users} users × ${messages} messages`);
      rounds.push(await play(`round ${i}`, ours, messages));
      baseline.push(await play(`bare Bolt round ${i}`, bare, messages));
    }

    // MONITOR slows Redis down, so commands are counted in a round of their own.
    say('counting Redis commands');
    const monitor = await monitorRedis(ours.redis.port);
    const counted = await play('counting', ours, Math.min(messages, COUNTED_MESSAGES));
    const commands = await monitor.stop();

    const peak = await costOf(ours);
    const barePeak = await costOf(bare);
    const results = [
      ...timesOf(rounds, baseline),
      ...resultOf('rss_peak', 'MiB', [peak?.peakMiB], [barePeak?.peakMiB]),
      ...redisResults(commands, counted.turns),
      ...slackResults(rounds, baseline),
    ];
    return {
      report: { name: 'turns', rounds: options.rounds, results, exact: problems.length === 0 },
      problems,
    };
  });
}

function timesOf(rounds: readonly Round[], baseline: readonly Round[]): Result[] {
  const both = (metric: string, unit: string, read: (round: Round) => number | undefined) =>
    resultOf(metric, unit, rounds.map(read), baseline.map(read));
  return [
    ...both('turns_per_second', '1/s', (round) => round.perSecond),
    ...both('turn_p50', 'ms', (round) => quantile(round.turnMs, 0.5)),
    ...both('turn_p95', 'ms', (round) => quantile(round.turnMs, 0.95)),
    ...both('turn_p99', 'ms', (round) => quantile(round.turnMs, 0.99)),
    ...both('first_sign_p95', 'ms', (round) => quantile(round.firstSignMs, 0.95)),
    ...both('cpu_per_turn', 'ms', (round) => round.cpuMs),
  ];
}
