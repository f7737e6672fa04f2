import { withContestants } from '../contestants/contestant.ts';
import { startBareBolt, startVercelChat, startVercelChatWithAgent } from '../contestants/other-bots.ts';
import { startThreadcore } from '../contestants/threadcore.ts';
import { monitorRedis } from '../redis-monitor.ts';
import { resultOf } from '../report.ts';
import { createRounds, type Round } from '../round.ts';
import { redisResults, slackResults } from '../turn-counts.ts';
import type { PartOptions, PartOutcome } from './part.ts';

/** Compiling goes on for a while: what is measured before it ends is the compiler. */
const WARM_UP = 3;

/**
 * Whole turns with an agent that answers at once: the signed event, its acknowledgement, the visible answer. Beside a bot
 * on Vercel's Chat SDK with its state in Redis, once as it answers by itself and once asking the same agent through
 * AgentCore's API as ours does; and beside a bare Bolt app. Ours alone keeps the order and survives its own death.
 */
export async function measureFullTurns(options: PartOptions): Promise<PartOutcome> {
  const { rounds, say } = options;
  const { users, messages } = options.sizes;
  const { play, problems } = createRounds(users);
  return withContestants(async (started) => {
    const ours = started(await startThreadcore({ ...options, agent: 'instant' }));
    const vercel = started(await startVercelChat(options));
    const asking = started(await startVercelChatWithAgent(options));
    const bare = started(await startBareBolt(options));
    const contestants = [
      { name: 'Threadcore', bot: ours, rounds: [] as Round[] },
      { name: 'vercel/chat', bot: vercel, rounds: [] as Round[] },
      { name: 'vercel/chat with the agent', bot: asking, rounds: [] as Round[] },
      { name: 'bare Bolt', bot: bare, rounds: [] as Round[] },
    ] as const;
    for (const { name, bot } of contestants) await play(`${name}, warm-up`, bot, WARM_UP * messages);
    for (let i = 1; i <= rounds; i += 1) {
      say(`full turns, round ${i} of ${rounds}: ${users} users × ${messages} messages, four bots`);
      for (const one of contestants)
        one.rounds.push(await play(`${one.name}, round ${i}`, one.bot, messages));
    }
    // MONITOR slows Redis down, so commands are counted in a round of their own.
    const monitor = await monitorRedis(ours.redis.port);
    const counted = await play('counting', ours, messages);
    const commands = await monitor.stop();

    const [own, chat, chatWithAgent, bolt] = contestants.map((contestant) => contestant.rounds) as [
      Round[],
      Round[],
      Round[],
      Round[],
    ];
    const beside = (suffix: string, baseline: Round[]) => {
      const both = (metric: string, unit: string, read: (round: Round) => number | undefined) =>
        resultOf(`${metric}${suffix}`, unit, own.map(read), baseline.map(read));
      return [
        ...both('turns_per_core', '1/s', ({ cpuMs }) => cpuMs && 1000 / cpuMs),
        ...both('cpu_per_turn', 'ms', ({ cpuMs }) => cpuMs),
        ...both('turns_per_second', '1/s', ({ perSecond }) => perSecond),
        ...both('turns_driver_cpu', 'ms', ({ driverCpuMs }) => driverCpuMs),
      ];
    };
    return {
      results: [
        ...beside('', chat),
        ...beside('_same_agent_call', chatWithAgent),
        ...beside('_bare_bolt', bolt),
        ...redisResults(commands, counted.turns),
        ...slackResults(own, chat),
      ],
      problems,
    };
  });
}
