import { disturb } from './disturbances.ts';
import { failpoint } from './failpoints.ts';
import { judge, type Verdict } from './judge.ts';
import { beginMinute, openTurns, readLeftover, readTurns, turnsHeldBy } from './lane-records.ts';
import type { Member } from './member.ts';
import type { Fate, Passage } from './passage.ts';
import { createRecoveryClock } from './recovery-clock.ts';
import { asSeen, questionOf } from './replies.ts';
import { describeStep, type Schedule, type Step } from './schedule.ts';
import type { Stack } from './stack.ts';
import { startTalk, type Talk } from './talk.ts';

export interface SeedResult extends Verdict {
  readonly seed: number;
  readonly kills: number;
  readonly recoveryMs: readonly number[];
  /** What was done to the stack, and when. */
  readonly happened: readonly string[];
}

export interface SeedRun {
  /** The stack is free for the next seed. False: something hangs in it, and it should be replaced. */
  readonly drained: boolean;
  /** What is visible is judged when it has had time to become stale. */
  readonly result: Promise<SeedResult>;
}

export interface Limits {
  /** A run may take so long until every turn has ended. */
  readonly boundMs: number;
  /** What is visible is judged so long after that. */
  readonly staleAfterMs: number;
}

export const LIMITS: Limits = { boundMs: 75_000, staleAfterMs: 10_000 };
const POLL_MS = 100;

type HarmStep = Extract<Step, { at: string }>;

/**
 * Plays one schedule on a stack until every question has come to its end, and judges what stands there
 * some time later.
 */
export async function runSeed(stack: Stack, schedule: Schedule, limits: Limits = LIMITS): Promise<SeedRun> {
  await beginMinute(stack.redisUrl(), stack.prefix);
  const startedAt = performance.now();
  const happened: string[] = [];
  const note = (what: string) => {
    happened.push(`${((performance.now() - startedAt) / 1000).toFixed(2)} s: ${what}`);
  };
  let kills = 0;
  const notes: Promise<unknown>[] = [];
  /** Failures are met where all of it is waited for; until then they must not count as unhandled. */
  const track = (work: Promise<unknown>) => {
    work.catch(() => undefined);
    notes.push(work);
  };
  const clock = createRecoveryClock(stack.slack);

  const kill = (member: Member, restartMs = 0) => {
    const pid = member.kill(restartMs);
    if (pid === undefined) return;
    kills += 1;
    note(`${member.name} (${pid}) is killed`);
    if (member.role === 'web') return;
    const at = performance.now();
    track(
      turnsHeldBy(stack.redisUrl(), stack.prefix, pid).then(
        (turns) => {
          clock.lost(turns, at);
          note(`it was at work on ${turns.length} turns`);
        },
        // Redis is down as well.
        (error: unknown) => note(`what it was at work on is not known: ${String(error)}`),
      ),
    );
  };

  const harm = (step: HarmStep, member: Member): Fate => {
    note(`${describeStep(step)} (${member.name})`);
    switch (step.harm) {
      case 'kill':
        kill(member);
        return 'drop';
      case 'late':
        kill(member);
        return pause(step.ms).then(() => 'pass' as const);
      case 'cut':
        return 'drop';
      case 'stall':
      case 'outdate':
        return pause(step.ms).then(() => 'pass' as const);
      case 'freeze':
        member.freeze(step.ms);
        return 'pass';
      case 'term':
        track(member.terminate());
        return 'pass';
      default:
        return step.harm satisfies never;
    }
  };

  const armed = schedule.steps.flatMap((step) =>
    'at' in step ? [{ step, point: failpoint(step.at), left: step.nth }] : [],
  );
  const decide = (member: Member, passage: Passage): Fate => {
    for (const trap of armed) {
      if (trap.left === 0 || trap.point.member !== member.role || !trap.point.matches(passage)) continue;
      trap.left -= 1;
      if (trap.left === 0) return harm(trap.step, member);
    }
    return 'pass';
  };

  const talk = startTalk(stack.slack, schedule);
  for (const member of stack.members) {
    for (const link of member.links) {
      link.watch = (passage) => {
        const fate = decide(member, passage);
        if (passage.link === 'events' && passage.phase === 'answer') {
          if (fate === 'pass') talk.sawAnswer(passage);
          else if (fate !== 'drop') void fate.then((late) => late === 'pass' && talk.sawAnswer(passage));
        }
        return fate;
      };
    }
  }
  for (const step of schedule.steps) {
    if (!('disturbance' in step)) continue;
    track(
      pause(step.afterMs).then(() => {
        note(step.disturbance);
        if (step.disturbance === 'redis is killed') kills += 1;
        return disturb(stack, step.disturbance, step.ms, kill);
      }),
    );
  }

  const drained = await untilDrained(stack, talk, notes, startedAt + limits.boundMs, note);
  note(drained ? 'all is quiet' : 'it does not come to its end');
  for (const { links } of stack.members) for (const link of links) link.watch = () => 'pass';
  stack.slack.faults.clear();
  stack.aws.faults.length = 0;
  await Promise.all(stack.members.map((member) => member.ready()));
  await stack.fences.settled();
  const staleRedis = stack.fences.take();
  const leftover = await readLeftover(stack.redisUrl(), stack.prefix);

  const result = pause(limits.staleAfterMs).then(async () => {
    clock.close();
    const verdict = await verdictOf(stack, schedule, talk, { drained, staleRedis, leftover });
    return { seed: schedule.seed, kills, recoveryMs: clock.measured, happened, ...verdict };
  });
  return { drained, result };
}

async function untilDrained(
  stack: Stack,
  talk: Talk,
  notes: readonly Promise<unknown>[],
  deadline: number,
  note: (what: string) => void,
): Promise<boolean> {
  const within = async (work: Promise<unknown>) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), Math.max(0, deadline - performance.now()));
    });
    const inTime = await Promise.race([work.then(() => true), late]);
    clearTimeout(timer);
    return inTime;
  };
  if (!(await within(talk.over.then(() => Promise.all(notes))))) return false;
  note('everything was asked');
  if (!(await within(stack.slack.deliveries.idle()))) return false;
  note('everything was delivered');
  for (;;) {
    const open = await openTurns(stack.redisUrl(), stack.prefix);
    if (open.queued === 0 && open.running === 0) return true;
    if (performance.now() > deadline) return false;
    await pause(POLL_MS);
  }
}

async function verdictOf(
  stack: Stack,
  schedule: Schedule,
  talk: Talk,
  seen: { drained: boolean; staleRedis: readonly string[]; leftover: readonly string[] },
): Promise<Verdict> {
  const turns = await readTurns(stack.redisUrl(), stack.prefix);
  const canaryOfTurn = new Map(turns.map(({ id, canary }) => [id, canary]));
  const messages = [...talk.threads.values()].flatMap(({ channel, ts }) =>
    stack.slack.thread(channel, ts).filter((message) => message.botId !== undefined),
  );
  const sorted = messages.map((message) => ({
    canary: questionOf(message, canaryOfTurn),
    reply: asSeen(message),
  }));
  // A process that stood still sends what it was about to send, whoever has its lanes by then.
  const frozen = schedule.steps.some((step) => 'at' in step && step.harm === 'freeze');
  const lanes = schedule.lanes.map((lane) =>
    lane.asks.map(({ canary }) => {
      const record = stack.agent.records.get(canary);
      return {
        canary,
        acknowledged: talk.acknowledged(canary),
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
  return judge({ lanes, strays, ...seen });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
