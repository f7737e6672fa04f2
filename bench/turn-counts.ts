import type { ClientCommand } from './redis-commands.ts';
import { type Result, resultOf } from './report.ts';
import type { Round } from './round.ts';

/** What a turn takes from Redis and from Slack, in calls. Counts do not depend on the machine. */

export function redisResults(
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

export function slackResults(rounds: readonly Round[], baseline: readonly Round[]): Result[] {
  const perTurn = (method: string) => (round: Round) => (round.slackCalls.get(method) ?? 0) / round.turns;
  const total = (round: Round) => [...round.slackCalls.values()].reduce((a, b) => a + b, 0) / round.turns;
  const methods = [...new Set(rounds.flatMap((round) => [...round.slackCalls.keys()]))].sort();
  return [
    ...resultOf('slack_calls_per_turn', 'calls', rounds.map(total), baseline.map(total)),
    ...methods.flatMap((method) => resultOf(`slack: ${method}`, 'per turn', rounds.map(perTurn(method)))),
  ];
}
