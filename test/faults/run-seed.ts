import { disturb } from './disturbances.ts';
import { watchDoubts } from './doubts.ts';
import { judge, type Verdict } from './judge.ts';
import type { Member } from './member.ts';
import type { Fate, Passage } from './passage.ts';
import { createRecoveryClock } from './recovery-clock.ts';
import { IN_FLIGHT, type Schedule } from './schedule.ts';
import type { Stack } from './stack.ts';
import {
  describeStep,
  forgets,
  type HarmStep,
  holdsUpMs,
  losesAnswers,
  type Step,
  standsStill,
} from './steps.ts';
import { startTalk, type Talk } from './talk.ts';
import { setTraps } from './traps.ts';
import { verdictOf } from './verdict.ts';

export interface SeedResult extends Verdict {
  readonly seed: number;
  readonly kills: number;
  readonly recoveryMs: readonly number[];
  /** Turns under way when the first step struck. */
  readonly inFlight: number;
  /** The steps that were really done, each as often as it was. */
  readonly reached: readonly Step[];
  /** Until the stack was free again. */
  readonly tookMs: number;
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

export const LIMITS: Limits = { boundMs: 120_000, staleAfterMs: 10_000 };
const POLL_MS = 100;
/** A recovery that is worth a line. */
const SLOW_MS = 9_000;
/** Where not so many turns get under way at once, the steps begin to count all the same. */
const ARMED_AFTER_MS = 10_000;

/**
 * Plays one schedule on a stack until every question has come to its end, and judges what stands there
 * some time later.
 */
export async function runSeed(stack: Stack, schedule: Schedule, limits: Limits = LIMITS): Promise<SeedRun> {
  await stack.records.beginMinute();
  const startedAt = performance.now();
  const happened: string[] = [];
  const note = (what: string) => {
    happened.push(`${((performance.now() - startedAt) / 1000).toFixed(2)} s: ${what}`);
  };
  const reached: Step[] = [];
  const troubles: string[] = [];
  const works: Promise<unknown>[] = [];
  const track = (work: Promise<unknown>) => {
    works.push(work.catch((error: unknown) => troubles.push(String(error))));
  };
  const turnsOf = (canary: string) => stack.agent.records.get(canary)?.turns ?? [];
  const clock = createRecoveryClock(stack.slack, stack.teams, turnsOf, (turn, ms) => {
    if (ms > SLOW_MS) note(`${turn} goes on only ${(ms / 1000).toFixed(2)} s after its worker was killed`);
  });
  const doubts = watchDoubts(stack.teams.calls, stack.web.name);
  let kills = 0;
  let inFlight: number | undefined;

  const begin = (step: Step, where = '') => {
    inFlight ??= talk.underWay();
    reached.push(step);
    note(`${describeStep(step)}${where}`);
  };

  // What a process has sent into Teams may arrive after its death where a step holds it up.
  const lateMs = Math.max(0, ...schedule.steps.map(holdsUpMs));

  const kill = (member: Member): boolean => {
    const pid = member.kill();
    if (pid === undefined) return false;
    kills += 1;
    doubts.struck(member.name, lateMs);
    note(`${member.name} (${pid}) is killed`);
    if (member.role === 'web') return true;
    const at = performance.now();
    const held = stack.records.heldBy(pid).then(
      (turns) => {
        clock.lost(turns, at);
        note(`it was at work on ${turns.length} turns`);
      },
      // Redis is down as well.
      (error: unknown) => note(`what it was at work on is not known: ${String(error)}`),
    );
    track(held);
    return true;
  };

  /** Undefined when the member was down already. */
  const strike = (step: HarmStep, member: Member): Fate | undefined => {
    switch (step.harm) {
      case 'kill':
        return kill(member) ? 'drop' : undefined;
      case 'late':
        return kill(member) ? pause(step.ms).then(() => 'pass' as const) : undefined;
      case 'cut':
        return 'drop';
      case 'stall':
      case 'outdate':
        return pause(step.ms).then(() => 'pass' as const);
      case 'freeze':
      case 'oversleep':
        return member.freeze(step.ms) ? 'pass' : undefined;
      case 'term':
        return member.terminate() ? 'pass' : undefined;
      default:
        return step.harm satisfies never;
    }
  };
  const traps = setTraps(schedule.steps, (step, member) => {
    const fate = strike(step, member);
    if (fate !== undefined && forgets(step)) doubts.struck(member.name, step.ms);
    if (fate !== undefined) begin(step, ` (${member.name})`);
    return fate;
  });

  let armed = false;
  const manyUnderWay = Promise.withResolvers<void>();
  const arm = () => {
    if (armed) return;
    armed = true;
    manyUnderWay.resolve();
    note(`${talk.underWay()} turns are under way`);
    traps.arm();
    for (const step of schedule.steps) {
      if (!('disturbance' in step)) continue;
      const over = pause(step.afterMs).then(() => {
        begin(step);
        if (step.disturbance.startsWith('redis is')) kills += 1;
        if (losesAnswers(step)) doubts.struck(undefined, step.ms);
        return disturb(stack, talk, step, kill);
      });
      track(over);
    }
  };
  const onTaken = () => {
    if (!armed && talk.underWay() >= IN_FLIGHT) arm();
  };
  // However slowly they get under way, nobody is done before all are.
  stack.agent.waitFor(manyUnderWay.promise);
  const talk = startTalk(stack, schedule, onTaken, manyUnderWay.promise);
  const late = setTimeout(arm, ARMED_AFTER_MS);

  const decide = (member: Member, passage: Passage): Fate => {
    const fate = traps.decide(member, passage);
    doubts.saw(member.name, passage, fate);
    return fate;
  };
  stack.teamsLink.watch = (passage) => {
    const member = stack.senderOf(passage);
    return member ? decide(member, passage) : 'pass';
  };
  for (const member of stack.members) {
    for (const link of member.links) {
      link.watch = (passage) => {
        if (passage.link === 'redis' && passage.phase === 'answer') talk.sawEnd(passage);
        const fate = decide(member, passage);
        if (passage.link === 'events' && passage.phase === 'answer') {
          if (fate === 'pass') talk.sawAnswer(passage);
          else if (fate !== 'drop') void fate.then((late) => late === 'pass' && talk.sawAnswer(passage));
        }
        return fate;
      };
    }
  }

  const deadline = startedAt + limits.boundMs;
  let drained = await untilDrained(stack, talk, works, deadline, note);
  clearTimeout(late);
  note(drained ? 'all is quiet' : 'it does not come to its end');
  for (const { links } of stack.members) for (const link of links) link.watch = () => 'pass';
  stack.teamsLink.watch = () => 'pass';
  stack.slack.faults.clear();
  stack.teams.faults.clear();
  stack.aws.faults.length = 0;
  for (const member of stack.members) {
    await member.ready().catch((error: unknown) => {
      drained = false;
      troubles.push(String(error));
    });
    troubles.push(...member.takeTroubles());
  }
  await stack.fences.settled();
  const staleRedis = stack.fences.take();
  const leftover = await stack.records.leftover();
  const tookMs = performance.now() - startedAt;

  const result = pause(limits.staleAfterMs).then(async () => {
    clock.close();
    const verdict = await verdictOf(stack, schedule, talk, {
      drained,
      staleRedis,
      leftover,
      troubles,
      doubts,
    });
    return {
      seed: schedule.seed,
      kills,
      recoveryMs: schedule.steps.some(standsStill) ? [] : clock.measured,
      inFlight: inFlight ?? 0,
      reached,
      tookMs,
      happened,
      ...verdict,
    };
  });
  return { drained, result };
}

/** What is known of a seed whose run could not be brought to its end: that it failed. */
export function brokenOff(seed: number, error: unknown): SeedResult {
  const nothing = judge({
    lanes: [],
    drained: true,
    staleRedis: [],
    strays: [],
    statuses: [],
    leftover: [],
    troubles: [`the run broke off: ${String(error)}`],
  });
  return { seed, kills: 0, recoveryMs: [], inFlight: 0, reached: [], tookMs: 0, happened: [], ...nothing };
}

async function untilDrained(
  stack: Stack,
  talk: Talk,
  works: readonly Promise<unknown>[],
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
  if (!(await within(talk.over))) return false;
  note('everything was asked');
  if (!(await within(Promise.all([stack.slack.deliveries.idle(), stack.teams.delivered()])))) return false;
  note('everything was delivered');
  for (;;) {
    // Steps may still strike while turns end; what they began belongs to the run.
    const begun = works.length;
    if (!(await within(Promise.all(works)))) return false;
    const open = await stack.records.open();
    if (open === 0 && works.length === begun) return true;
    if (performance.now() > deadline) return false;
    await pause(POLL_MS);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
