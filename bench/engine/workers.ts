import { withContestants } from '../contestants/contestant.ts';
import { startThreadcore } from '../contestants/threadcore.ts';
import { resultOf } from '../report.ts';
import { createRounds, type Round } from '../round.ts';
import type { PartOptions, PartOutcome } from './part.ts';

const AGENT_MS = 500;
const MESSAGES = 4;
/**
 * For each turn that two workers can run at a time. With fewer, whose answer came a little later is now and then left alone
 * in the end, and a round of two workers takes half a second more or not, by chance.
 */
const PEOPLE = 3;

/** What a second worker adds when each runs a fixed number of turns and the agent takes half a second of waiting. */
export async function measureWorkers(options: PartOptions): Promise<PartOutcome> {
  const { rounds, say } = options;
  const { concurrency } = options.sizes;
  const users = 2 * concurrency * PEOPLE;
  const { play, problems } = createRounds(users);
  return withContestants(async (started) => {
    const stack = { ...options, users, concurrency, agent: 'instant', agentMs: AGENT_MS } as const;
    const one = started(await startThreadcore({ ...stack, roles: ['web', 'worker'] }));
    const two = started(await startThreadcore({ ...stack, roles: ['web', 'worker', 'worker'] }));
    await play('one worker, warm-up', one, MESSAGES);
    await play('two workers, warm-up', two, MESSAGES);
    const single: Round[] = [];
    const double: Round[] = [];
    for (let i = 1; i <= rounds; i += 1) {
      say(`workers, round ${i} of ${rounds}: ${users} users × ${MESSAGES} messages, one and two workers`);
      single.push(await play(`one worker, round ${i}`, one, MESSAGES));
      double.push(await play(`two workers, round ${i}`, two, MESSAGES));
    }
    const perSecond = (round: Round) => round.perSecond;
    return {
      results: resultOf('two_workers_per_second', '1/s', double.map(perSecond), single.map(perSecond)),
      problems,
    };
  });
}
