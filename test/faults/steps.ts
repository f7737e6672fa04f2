import { type Failpoint, failpoint } from './failpoints.ts';
import type { Dice } from './seeded.ts';

/**
 * What happens at a failpoint.
 *
 * kill    SIGKILL; what was passing is lost
 * late    SIGKILL; what was passing arrives `ms` later all the same
 * cut     the connection breaks: a request is lost, or its answer
 * stall   what was passing arrives `ms` late
 * outdate the same on a connection to Redis, until the lease of its sender has run out and others have its lanes
 * freeze  the process stands still for `ms` (SIGSTOP); what was passing arrives at once
 * oversleep  the same, until its turns have ended at another worker
 * term    SIGTERM, as in a deployment
 */
export type Harm = 'kill' | 'late' | 'cut' | 'stall' | 'outdate' | 'freeze' | 'oversleep' | 'term';

/** What happens to the surroundings at a time, whatever is going on. */
export const DISTURBANCES = [
  'redis connections break',
  'redis stands still',
  'redis stands still for long',
  'redis is killed',
  'redis is away',
  'rolling restart',
  'rolling restart while redis stands still',
  'both workers die',
  'web dies',
  'slack says 429',
  'slack says 500',
  'slack loses answers',
  'streams end early',
  'teams says 429',
  'teams says 500',
  'teams loses answers',
  'teams is late',
  'teams ends streams',
  'teams is cut off',
  'deliveries repeat',
  'agentcore throttles',
  'agentcore breaks answers',
  'agentcore is cut off',
  'microVMs are lost',
  'people say stop',
  'intake is paused',
] as const;
export type Disturbance = (typeof DISTURBANCES)[number];

export interface HarmStep {
  readonly at: string;
  /** The how-manieth time that the failpoint is reached. */
  readonly nth: number;
  readonly harm: Harm;
  readonly ms: number;
  /** The harm is done so often, each time that the same turn comes by. */
  readonly times: number;
}

export interface DisturbanceStep {
  readonly disturbance: Disturbance;
  readonly afterMs: number;
  readonly ms: number;
}

export type Step = HarmStep | DisturbanceStep;

/** A chat call lasts 5 s at most, so that this is as late as one may arrive. */
const LATE_MS = 4_400;
/** A lease of 3 s, and a sweep. */
const OUTDATED_MS = 6_000;
/** A lease, a sweep, the quiet time after it, and a second look at what may have arrived late. */
const OVERSLEPT_MS = 13_000;
/**
 * Harms that say something at a failpoint. What was sent to AgentCore is not held back until its sender is dead: the
 * agent knows a turn that starts twice, as its contract says, and there is nothing to be found. Nobody oversleeps by
 * chance: it takes long.
 */
export function harmsAt({ link }: Pick<Failpoint, 'link'>): readonly Harm[] {
  const always: Harm[] = ['kill', 'cut', 'freeze', 'term'];
  if (link === 'aws') return always;
  return link === 'redis' ? [...always, 'late', 'stall', 'outdate'] : [...always, 'late', 'stall'];
}

export function harm(kind: Harm, at: string, dice: Dice, times = 1): HarmStep {
  const point = failpoint(at);
  if (kind !== 'oversleep' && !harmsAt(point).includes(kind))
    throw new Error(`${kind} says nothing at “${at}”.`);
  const ms = {
    kill: 0,
    cut: 0,
    term: 0,
    outdate: OUTDATED_MS,
    oversleep: OVERSLEPT_MS,
    late: LATE_MS,
    stall: dice.between(500, LATE_MS),
    freeze: dice.between(4_000, 9_500),
  };
  return { at, nth: dice.between(1, point.atLeast), harm: kind, ms: ms[kind], times };
}

export function disturb(disturbance: Disturbance, dice: Dice): DisturbanceStep {
  const long = disturbance === 'redis stands still for long';
  return {
    disturbance,
    afterMs: dice.between(0, 1_000),
    ms: long ? dice.between(15_000, 30_000) : dice.between(1_500, 5_000),
  };
}

/** While one process, or Redis, stands still, how soon others go on tells of that. */
const STILL: readonly string[] = [
  'freeze',
  'oversleep',
  'outdate',
  'redis stands still',
  'redis stands still for long',
  'redis is away',
  'rolling restart while redis stands still',
];

export function standsStill(step: Step): boolean {
  return STILL.includes('disturbance' in step ? step.disturbance : step.harm);
}

/** What may keep a process from putting on record what it has heard. An answer that is cut off is known by itself. */
export function forgets({ harm: kind, at }: HarmStep): boolean {
  if (kind === 'cut' || kind === 'stall') return failpoint(at).link === 'redis';
  return kind !== 'term';
}

/** For how long it holds up what is sent into Teams. Milliseconds. */
export const holdsUpMs = (step: Step): number =>
  'at' in step && step.harm === 'stall' && failpoint(step.at).link === 'teams' ? step.ms : 0;

/** What breaks the connections of all processes, or keeps them from putting something on record. */
export function losesAnswers({ disturbance }: DisturbanceStep): boolean {
  return (
    disturbance === 'teams is cut off' ||
    disturbance.startsWith('redis') ||
    disturbance.includes('while redis')
  );
}

export function describeStep(step: Step): string {
  if ('disturbance' in step) return step.disturbance;
  return `${step.harm} at “${step.at}”${step.times > 1 ? `, ${step.times} times` : ''}`;
}
