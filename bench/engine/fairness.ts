import { randomBytes } from 'node:crypto';
import { seededRandom } from '../../local/seeded-random.ts';
import { withContestants } from '../contestants/contestant.ts';
import { startThreadcore, type Threadcore } from '../contestants/threadcore.ts';
import { judge } from '../exactness.ts';
import { watchThreads } from '../load.ts';
import { resultOf } from '../report.ts';
import { quantile } from '../statistics.ts';
import { arrivals, onArrival } from './arrivals.ts';
import type { PartOptions, PartOutcome } from './part.ts';
import { createClock, createEventSender, mentionEvent } from './signed-events.ts';
import { logOf, nextCanary, type OpenThread, openThreads } from './threads.ts';

/** 50 turns a second is all that ten turns at a time of an agent that takes 200 ms allow. */
const AGENT_MS = 200;
const CONCURRENCY = 10;
/** Four workspaces ask 16 times a second together; with the loud one it is 56 times. */
const QUIET = ['T0QUIET00001', 'T0QUIET00002', 'T0QUIET00003', 'T0QUIET00004'];
const QUIET_PER_SECOND = 4;
const LOUD = 'T0LOUD000001';
const LOUD_FACTOR = 10;
const PEOPLE = { quiet: 10, loud: 60 };
const ANSWER_WITHIN_MS = 60_000;

/** A question of somebody at its time. */
interface Ask {
  readonly atMs: number;
  readonly team: string;
  readonly thread: OpenThread;
}

/** What one workspace with ten times the load of each of the others does to the others, beside them alone. */
export async function measureFairness(options: PartOptions): Promise<PartOutcome> {
  const { rounds, sizes, say } = options;
  const problems: string[] = [];
  const users = QUIET.length * PEOPLE.quiet + PEOPLE.loud;
  const stack = { ...options, users, agent: 'instant', agentMs: AGENT_MS, concurrency: CONCURRENCY } as const;
  return withContestants(async (started) => {
    const ours = started(await startThreadcore(stack));
    const alone: Times[] = [];
    const together: Times[] = [];
    for (let i = 0; i <= rounds; i += 1) {
      if (i > 0)
        say(`fairness, round ${i} of ${rounds}: ${sizes.fairSeconds} s without and with a loud workspace`);
      const seconds = i === 0 ? Math.min(2, sizes.fairSeconds) : sizes.fairSeconds;
      const quiet = await play(ours, seconds, false, i);
      const loud = await play(ours, seconds, true, i);
      problems.push(
        ...[...quiet.problems, ...loud.problems].map((problem) => `fairness, round ${i}: ${problem}`),
      );
      if (i === 0) continue;
      alone.push(quiet);
      together.push(loud);
    }
    const of = (who: 'quiet' | 'loud', share: number) => (times: Times) => quantile(times[who], share);
    return {
      results: [
        ...resultOf(
          'fairness_others_p95',
          'ms',
          together.map(of('quiet', 0.95)),
          alone.map(of('quiet', 0.95)),
        ),
        ...resultOf('fairness_others_p50', 'ms', together.map(of('quiet', 0.5)), alone.map(of('quiet', 0.5))),
        ...resultOf('fairness_loud_p95', 'ms', together.map(of('loud', 0.95))),
      ],
      problems,
    };
  });
}

interface Times {
  readonly quiet: readonly number[];
  readonly loud: readonly number[];
  readonly problems: readonly string[];
}

async function play(ours: Threadcore, seconds: number, withLoud: boolean, seed: number): Promise<Times> {
  const { slack, settle } = ours;
  slack.reset();
  const random = seededRandom(seed);
  const plan: Ask[] = [];
  const add = (team: string, threads: readonly OpenThread[], perSecond: number) => {
    for (const [i, atMs] of arrivals(Math.ceil(seconds * perSecond), perSecond, random).entries()) {
      const thread = threads[i % threads.length];
      if (thread) plan.push({ atMs, team, thread });
    }
  };
  // The others ask the same at the same times in both.
  const threads: OpenThread[] = [];
  for (const team of QUIET) {
    const own = await openThreads(slack, threads.length + 1, PEOPLE.quiet);
    threads.push(...own);
    add(team, own, QUIET_PER_SECOND);
  }
  if (withLoud) {
    const own = await openThreads(slack, threads.length + 1, PEOPLE.loud);
    threads.push(...own);
    add(LOUD, own, QUIET_PER_SECOND * LOUD_FACTOR);
  }
  plan.sort((a, b) => a.atMs - b.atMs);

  const run = randomBytes(3).toString('hex');
  const clock = createClock(Date.now());
  const sender = createEventSender(ours);
  const watch = watchThreads(slack, ANSWER_WITHIN_MS);
  const problems: string[] = [];
  try {
    const offsets = plan.map(({ atMs }) => atMs);
    const ms = await onArrival(offsets, async (i) => {
      const { team, thread } = plan[i] as Ask;
      const canary = nextCanary(thread, run);
      const writtenAt = performance.now();
      const answered = watch.answer(canary);
      const ts = clock();
      const place = { team, channel: thread.channel, user: thread.userId, ts, threadTs: thread.ts };
      const status = await sender.send(
        mentionEvent({ ...place, words: `echo ${canary}`, eventId: `Ev${run}${i}` }),
      );
      if (status !== 200) problems.push(`a delivery was answered ${status}`);
      return ((await answered) ?? Number.POSITIVE_INFINITY) - writtenAt;
    });
    await slack.deliveries.idle();
    await settle();
    const times = (loud: boolean) => ms.filter((_, i) => (plan[i]?.team === LOUD) === loud);
    return {
      quiet: times(false),
      loud: times(true),
      problems: [...problems, ...judge(logOf(slack, threads)).problems],
    };
  } finally {
    watch.end();
    sender.close();
  }
}
