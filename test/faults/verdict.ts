import { judge, type Verdict } from './judge.ts';
import { asSeen, questionOf } from './replies.ts';
import type { Schedule } from './schedule.ts';
import type { Stack } from './stack.ts';
import type { Talk } from './talk.ts';

export interface SeenAtTheEnd {
  readonly drained: boolean;
  readonly staleRedis: readonly string[];
  readonly leftover: readonly string[];
  readonly troubles: readonly string[];
}

/** Looks at everything that stands there after a run, and judges it. */
export async function verdictOf(
  stack: Stack,
  schedule: Schedule,
  talk: Talk,
  seen: SeenAtTheEnd,
): Promise<Verdict> {
  const turns = await stack.records.turns();
  const canaryOfTurn = new Map(turns.map(({ id, canary }) => [id, canary]));
  const messages = [...talk.threads.values()].flatMap(({ channel, ts }) =>
    stack.slack.thread(channel, ts).filter((message) => message.botId !== undefined),
  );
  const sorted = messages.map((message) => ({
    canary: questionOf(message, canaryOfTurn),
    reply: asSeen(message),
  }));
  // A process that stood still sends what it was about to send, whoever has its lanes by then.
  const frozen = schedule.steps.some(
    (step) => 'at' in step && (step.harm === 'freeze' || step.harm === 'oversleep'),
  );
  const lanes = schedule.lanes.map((lane) =>
    lane.asks.map(({ canary }) => {
      const record = stack.agent.records.get(canary);
      return {
        canary,
        acknowledged: talk.acknowledged(canary),
        toldToStop: talk.toldToStop(canary),
        turns: turns.filter((turn) => turn.canary === canary),
        replies: sorted.filter((one) => one.canary === canary).map((one) => one.reply),
        answers: record?.answers ?? [],
        said: [...(record?.said ?? [])].map((run) => run.text),
        writes: record?.writes ?? 0,
        overlaps: record?.overlaps ?? 0,
        startedAgain: frozen ? 0 : (record?.startedAgain ?? 0),
      };
    }),
  );
  const strays = sorted.flatMap(({ canary, reply }) =>
    canary === undefined ? [`${reply.ts} ${JSON.stringify(reply.text || reply.notices[0] || '')}`] : [],
  );
  const statuses = [...talk.threads.values()].flatMap(({ channel, ts }) => {
    const status = stack.slack.state.threads.get(`${channel}:${ts}`)?.status;
    return status ? [`${channel} ${ts} still says “${status}”`] : [];
  });
  return judge({ lanes, strays, statuses, ...seen });
}
