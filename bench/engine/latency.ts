import { randomBytes } from 'node:crypto';
import { seededRandom } from '../../local/seeded-random.ts';
import { withContestants } from '../contestants/contestant.ts';
import { startDirectInvoke } from '../contestants/direct-invoke.ts';
import { startThreadcore, type Threadcore } from '../contestants/threadcore.ts';
import { judge } from '../exactness.ts';
import { watchThreads } from '../load.ts';
import { resultOf } from '../report.ts';
import { quantile } from '../statistics.ts';
import { arrivals, onArrival } from './arrivals.ts';
import type { PartOptions, PartOutcome } from './part.ts';
import { logOf, nextCanary, openThreads } from './threads.ts';

const PER_SECOND = 100;
const ANSWER_WITHIN_MS = 30_000;
const WARM_UP_SHARE = 2;

/**
 * What the backend adds to the agent's own time when 100 questions a second arrive that wait for nobody: from a written
 * message to its answer in the thread, less a direct call of the same agent at the same rate.
 */
export async function measureLatency(options: PartOptions): Promise<PartOutcome> {
  const { rounds, sizes, say, folder } = options;
  const problems: string[] = [];
  return withContestants(async (started) => {
    const ours = started(await startThreadcore({ ...options, agent: 'instant' }));
    const direct = await startDirectInvoke(ours, folder);
    try {
      const turns: number[][] = [];
      const calls: number[][] = [];
      for (let i = 0; i <= rounds; i += 1) {
        const count = i === 0 ? Math.ceil(sizes.arrivals / WARM_UP_SHARE) : sizes.arrivals;
        const offsets = arrivals(count, PER_SECOND, seededRandom(i));
        say(`latency, ${i === 0 ? 'warm-up' : `round ${i} of ${rounds}`}: ${count} turns, ${count} calls`);
        const round = await writeAt(ours, offsets, sizes.users);
        problems.push(...round.problems.map((problem) => `latency, round ${i}: ${problem}`));
        const called = await direct.ask(offsets);
        if (i === 0) continue;
        turns.push(round.ms);
        calls.push(called);
      }
      const at = (share: number) => (ms: readonly number[]) => quantile(ms, share);
      const added = (share: number) =>
        turns.map((ms, i) => quantile(ms, share) - quantile(calls[i] ?? [], share));
      return {
        results: [
          ...resultOf('added_latency_p50', 'ms', added(0.5)),
          ...resultOf('added_latency_p99', 'ms', added(0.99)),
          ...resultOf('latency_p50', 'ms', turns.map(at(0.5)), calls.map(at(0.5))),
          ...resultOf('latency_p99', 'ms', turns.map(at(0.99)), calls.map(at(0.99))),
        ],
        problems,
      };
    } finally {
      await direct.stop();
    }
  });
}

async function writeAt(ours: Threadcore, offsets: readonly number[], users: number) {
  const { slack, settle } = ours;
  slack.reset();
  const threads = await openThreads(slack, 1, users);
  const run = randomBytes(3).toString('hex');
  const watch = watchThreads(slack, ANSWER_WITHIN_MS);
  try {
    const ms = await onArrival(offsets, async (i) => {
      // People take turns, so that nobody's question waits for the one before.
      const thread = threads[i % users];
      if (!thread) throw new Error('nobody is there to write');
      const canary = nextCanary(thread, run);
      const writtenAt = performance.now();
      const answered = watch.answer(canary);
      await slack.postAs(thread.name, '#cloud', `@Cloud Engineer echo ${canary}`, { threadTs: thread.ts });
      return ((await answered) ?? Number.POSITIVE_INFINITY) - writtenAt;
    });
    await slack.deliveries.idle();
    await settle();
    return { ms, problems: judge(logOf(slack, threads)).problems };
  } finally {
    watch.end();
  }
}
