import { randomBytes } from 'node:crypto';
import { type Contestant, costOf } from './contestants/contestant.ts';
import { judge } from './exactness.ts';
import { runLoad } from './load.ts';

/** One contestant under one load: everybody talks at once, each in a thread of their own. */
export interface Round {
  readonly turns: number;
  readonly perSecond: number;
  readonly turnMs: readonly number[];
  readonly firstSignMs: readonly number[];
  /** For each turn; undefined where it cannot be read. */
  readonly cpuMs: number | undefined;
  /** The same for this process: it writes the messages and is Slack and AWS at once. */
  readonly driverCpuMs: number;
  readonly slackCalls: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

const RETRY_EVERY = 10;
const ANSWER_WITHIN_MS = 30_000;
const POSTS = ['chat.postMessage', 'chat.startStream'];

/** Plays rounds and keeps what was not exact in them, under the name of the round. */
export function createRounds(users: number) {
  const problems: string[] = [];
  return {
    problems,
    async play(name: string, contestant: Contestant, messages: number): Promise<Round> {
      const round = await playRound(contestant, users, messages);
      problems.push(...round.problems.map((problem) => `${name}: ${problem}`));
      return round;
    },
  };
}

async function playRound(contestant: Contestant, users: number, messages: number): Promise<Round> {
  const { slack } = contestant;
  slack.reset();
  const before = await costOf(contestant);
  const driverBefore = process.cpuUsage();
  const load = {
    users,
    messages,
    run: randomBytes(3).toString('hex'),
    retryEvery: RETRY_EVERY,
    timeoutMs: ANSWER_WITHIN_MS,
  };
  const log = await runLoad(slack, load, contestant.settle);
  const driver = process.cpuUsage(driverBefore);
  const after = await costOf(contestant);

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
    driverCpuMs: (driver.user + driver.system) / 1000 / verdict.turns,
    slackCalls,
    problems,
  };
}
