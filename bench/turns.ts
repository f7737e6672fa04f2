import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contestant, startBareBolt, startThreadcore } from './contestants.ts';
import { judge } from './exactness.ts';
import { runLoad } from './load.ts';
import { readProcessCost } from './process-cost.ts';
import type { ClientCommand } from './redis-commands.ts';
import { monitorRedis } from './redis-monitor.ts';
import { type Measured, type Result, resultOf } from './report.ts';
import { quantile } from './statistics.ts';

export interface TurnsOptions {
  readonly rounds: number;
  readonly users: number;
  /** Messages of each user in a round. */
  readonly messages: number;
  readonly agent: 'instant' | 'offline';
  readonly profile?: string | undefined;
  readonly say: (line: string) => void;
}

interface Round {
  readonly turns: number;
  readonly perSecond: number;
  readonly turnMs: readonly number[];
  readonly firstSignMs: readonly number[];
  readonly cpuMs: number | undefined;
  readonly slackCalls: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

const RETRY_EVERY = 10;
const ANSWER_WITHIN_MS = 30_000;
/** A program that has just started runs uncompiled code; this many messages a user come before the first round. */
const WARM_UP_MESSAGES = 2;
const COUNTED_MESSAGES = 3;
const POSTS = ['chat.postMessage', 'chat.startStream'];

/** Whole turns, from the signed event to the visible answer, beside a bare Bolt app under the same load. */
export async function benchTurns(options: TurnsOptions): Promise<Measured> {
  const { users, messages, say } = options;
  const folder = await mkdtemp(join(tmpdir(), 'threadcore-bench-'));
  const started: Contestant[] = [];
  const problems: string[] = [];
  const play = async (who: string, contestant: Contestant, perUser: number): Promise<Round> => {
    const round = await playRound(contestant, users, perUser);
    problems.push(...round.problems.map((problem) => `${who}: ${problem}`));
    return round;
  };
  try {
    const ours = await startThreadcore({ ...options, folder });
    started.push(ours);
    const bare = await startBareBolt({ users, folder, say });
    started.push(bare);

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
    const monitor = await monitorRedis(ours.redisPort);
    const counted = await play('counting', ours, Math.min(messages, COUNTED_MESSAGES));
    const commands = await monitor.stop();

    const peak = await readProcessCost(ours.pid);
    const barePeak = await readProcessCost(bare.pid);
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
  } finally {
    for (const contestant of started.toReversed()) await contestant.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function playRound(contestant: Contestant, users: number, messages: number): Promise<Round> {
  const { slack, pid } = contestant;
  slack.reset();
  const before = await readProcessCost(pid);
  const load = {
    users,
    messages,
    run: randomBytes(3).toString('hex'),
    retryEvery: RETRY_EVERY,
    timeoutMs: ANSWER_WITHIN_MS,
  };
  const log = await runLoad(slack, load, contestant.settle);
  const after = await readProcessCost(pid);

  const verdict = judge(log.threads);
  const slackCalls = new Map<string, number>();
  for (const call of slack.calls) slackCalls.set(call.method, (slackCalls.get(call.method) ?? 0) + 1);
  const posted = slack.calls.filter((call) => POSTS.includes(call.method) && call.error === undefined).length;
  const problems = [...verdict.problems];
  if (posted !== verdict.turns) problems.push(`${posted} posts for ${verdict.turns} messages`);
  return {
    turns: verdict.turns,
    perSecond: log.turnMs.length / log.seconds,
    turnMs: log.turnMs,
    firstSignMs: log.firstSignMs,
    cpuMs: before && after && (after.cpuMs - before.cpuMs) / verdict.turns,
    slackCalls,
    problems,
  };
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

function redisResults(
  commands: readonly (ClientCommand & { readonly count: number })[],
  turns: number,
): Result[] {
  const perTurn = (some: typeof commands) => some.reduce((sum, command) => sum + command.count, 0) / turns;
  const ofTurns = commands.filter((command) => command.kind === 'turn');
  return [
    ...resultOf('redis_commands_per_turn', 'commands', [perTurn(ofTurns)]),
    ...resultOf('redis_commands_per_turn_all', 'commands', [perTurn(commands)]),
    ...commands.flatMap((command) => resultOf(`redis: ${command.name}`, 'per turn', [command.count / turns])),
  ];
}

function slackResults(rounds: readonly Round[], baseline: readonly Round[]): Result[] {
  const perTurn = (method: string) => (round: Round) => (round.slackCalls.get(method) ?? 0) / round.turns;
  const total = (round: Round) => [...round.slackCalls.values()].reduce((a, b) => a + b, 0) / round.turns;
  const methods = [...new Set(rounds.flatMap((round) => [...round.slackCalls.keys()]))].sort();
  return [
    ...resultOf('slack_calls_per_turn', 'calls', rounds.map(total), baseline.map(total)),
    ...methods.flatMap((method) => resultOf(`slack: ${method}`, 'per turn', rounds.map(perTurn(method)))),
  ];
}
