import type { Message } from '../../local/teams/model.ts';
import type { Doubts } from './doubts.ts';
import { judge, type ReplySeen, type Verdict } from './judge.ts';
import { asSeen, questionOf } from './replies.ts';
import type { Schedule } from './schedule.ts';
import type { Stack } from './stack.ts';
import type { Talk, Thread } from './talk.ts';
import { asSeenInTeams, questionInTeams } from './teams-replies.ts';

export interface SeenAtTheEnd {
  readonly drained: boolean;
  readonly staleRedis: readonly string[];
  readonly leftover: readonly string[];
  readonly troubles: readonly string[];
  readonly doubts: Doubts;
}

/** Looks at everything that stands there after a run, and judges it. */
export async function verdictOf(
  stack: Stack,
  schedule: Schedule,
  talk: Talk,
  seen: SeenAtTheEnd,
): Promise<Verdict> {
  const turns = await stack.records.turns();
  // A turn on record forgets its question when it has ended well; its agent does not.
  const canaryOfTurn = new Map(
    [...stack.agent.records.values()].flatMap((record) =>
      [...record.turns].map((turn) => [turn, record.canary]),
    ),
  );
  for (const { id, canary } of turns) if (canary !== '') canaryOfTurn.set(id, canary);
  const sorted = [...talk.threads.values()].flatMap((thread) =>
    thread.platform === 'slack'
      ? inSlack(stack, thread, canaryOfTurn)
      : inTeams(stack, thread, canaryOfTurn, { doubts: seen.doubts, talk }),
  );
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
    canary === undefined && !reply.inDoubt
      ? [`${reply.ts} ${JSON.stringify(reply.text || reply.notices[0] || '')}`]
      : [],
  );
  const statuses = [...talk.threads.values()].flatMap(({ channel, ts }) => {
    // Teams has none.
    const status = stack.slack.state.threads.get(`${channel}:${ts}`)?.status;
    return status ? [`${channel} ${ts} still says “${status}”`] : [];
  });
  const orphans = sorted.filter(({ canary, reply }) => canary === undefined && reply.inDoubt).length;
  const { drained, staleRedis, leftover, troubles } = seen;
  return judge({ lanes, strays, statuses, orphans, drained, staleRedis, leftover, troubles });
}

interface Found {
  /** Undefined: it belongs to no question. */
  readonly canary: string | undefined;
  readonly reply: ReplySeen;
}

function inSlack(stack: Stack, { channel, ts }: Thread, canaryOfTurn: ReadonlyMap<string, string>): Found[] {
  return stack.slack
    .thread(channel, ts)
    .filter((message) => message.botId !== undefined)
    .map((message) => ({ canary: questionOf(message, canaryOfTurn), reply: asSeen(message) }));
}

function inTeams(
  stack: Stack,
  { channel, ts }: Thread,
  canaryOfTurn: ReadonlyMap<string, string>,
  { doubts, talk }: { readonly doubts: Doubts; readonly talk: Talk },
): Found[] {
  // What a command was answered with, and a status below which somebody pressed Stop, answer no question.
  const isApart = ({ id, text }: Message) => doubts.said.has(text) || talk.stoppedStreams.has(id);
  return stack.teams.messages
    .filter((one) => one.from === 'bot' && !one.deleted && one.conversation === channel && one.root === ts)
    .map((message) => ({ message, canary: questionInTeams(message, canaryOfTurn) }))
    .filter(({ message, canary }) => canary !== undefined || !isApart(message))
    .map(({ message, canary }) => ({
      canary,
      reply: {
        ...asSeenInTeams(message),
        ...(doubts.excuses(message.id) ? { inDoubt: true as const } : {}),
      },
    }));
}
