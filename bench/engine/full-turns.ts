import type { Contestant } from '../contestants/contestant.ts';
import { startBareBolt, startVercelChat, startVercelChatWithAgent } from '../contestants/other-bots.ts';
import { startThreadcore } from '../contestants/threadcore.ts';
import { monitorRedis } from '../redis-monitor.ts';
import { type Result, resultOf } from '../report.ts';
import { createRounds, type Round } from '../round.ts';
import { redisResults, slackResults } from '../turn-counts.ts';
import type { PartOptions, PartOutcome } from './part.ts';
import { type Entrant, playStarts, spreadOf } from './starts.ts';

/** Collecting garbage falls into one round and not into the next: more rounds than those of other parts even that out. */
const ROUNDS_FACTOR = 1.5;

/**
 * Whole turns with an agent that answers at once: the signed event, its acknowledgement, the visible answer. Beside a bot
 * on Vercel's Chat SDK with its state in Redis, once as it answers by itself and once asking the same agent through
 * AgentCore's API as ours does; and beside a bare Bolt app. Ours alone keeps the order and survives its own death.
 */
export async function measureFullTurns(options: PartOptions): Promise<PartOutcome> {
  const { rounds, sizes, say } = options;
  const { users, messages } = sizes;
  const { play, problems } = createRounds(users);
  const counts: Result[] = [];

  const entrant =
    (start: () => Promise<Contestant>): Entrant<Round> =>
    async (started) => {
      const bot = started(await start());
      return { play: (what) => play(what, bot, messages) };
    };
  const ours: Entrant<Round> = async (started) => {
    const bot = started(await startThreadcore({ ...options, agent: 'instant' }));
    return {
      play: (what) => play(what, bot, messages),
      end: async (last) => {
        if (!last) return;
        // MONITOR slows Redis down, so commands are counted in a round of their own.
        const monitor = await monitorRedis(bot.redis.port);
        const counted = await play('counting', bot, messages);
        counts.push(...redisResults(await monitor.stop(), counted.turns));
      },
    };
  };

  const plan = {
    ...sizes.turns,
    rounds: Math.ceil(ROUNDS_FACTOR * rounds),
    say: (line: string) => say(`full turns, ${line}`),
  };
  const played = await playStarts(plan, {
    Threadcore: ours,
    'vercel/chat': entrant(() => startVercelChat(options)),
    'vercel/chat with the agent': entrant(() => startVercelChatWithAgent(options)),
    'bare Bolt': entrant(() => startBareBolt(options)),
  });

  const own = played.Threadcore.flat();
  const chat = played['vercel/chat'].flat();
  const beside = (suffix: string, baseline: readonly Round[]) => {
    const both = (metric: string, unit: string, read: (round: Round) => number | undefined) =>
      resultOf(`${metric}${suffix}`, unit, own.map(read), baseline.map(read));
    return [
      ...both('turns_per_core', '1/s', perCore),
      ...both('cpu_per_turn', 'ms', ({ cpuMs }) => cpuMs),
      ...both('turns_per_second', '1/s', ({ perSecond }) => perSecond),
      ...both('turns_driver_cpu', 'ms', ({ driverCpuMs }) => driverCpuMs),
    ];
  };
  return {
    results: [
      ...beside('', chat),
      ...beside('_same_agent_call', played['vercel/chat with the agent'].flat()),
      ...beside('_bare_bolt', played['bare Bolt'].flat()),
      ...spreadOf('turns_per_core', '1/s', played, ['Threadcore', 'vercel/chat'], perCore, say),
      ...counts,
      ...slackResults(own, chat),
    ],
    problems,
  };
}

const perCore = ({ cpuMs }: Round) => cpuMs && 1000 / cpuMs;
