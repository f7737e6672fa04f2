import { FAILPOINTS } from './failpoints.ts';
import { createDice, type Dice } from './seeded.ts';

/** One question that a person will ask. */
export interface Ask {
  readonly canary: string;
  readonly kind: 'plain' | 'read' | 'write';
  readonly words: number;
  readonly wordMs: number;
}

/** One lane: all that one person asks in one thread, in order. */
export interface Lane {
  readonly user: string;
  readonly channel: string;
  /** Lanes of the same thread share its number; the first of them begins it. */
  readonly thread: number;
  readonly beginsMs: number;
  readonly asks: readonly Ask[];
}

/**
 * What happens at a failpoint.
 *
 * kill    SIGKILL; what was passing is lost
 * late    SIGKILL; what was passing arrives `ms` later all the same
 * cut     the connection breaks: a request is lost, or its answer
 * stall   what was passing arrives `ms` late
 * outdate the same on a connection to Redis, until the lease of its sender has run out and others have its lanes
 * freeze  the process stands still for `ms` (SIGSTOP); what was passing arrives at once
 * term    SIGTERM, as in a deployment
 */
export type Harm = 'kill' | 'late' | 'cut' | 'stall' | 'outdate' | 'freeze' | 'term';

/** What happens to the surroundings at a time, whatever is going on. */
export type Disturbance =
  | 'redis connections break'
  | 'redis stands still'
  | 'redis is killed'
  | 'rolling restart'
  | 'both workers die'
  | 'web dies'
  | 'slack says 429'
  | 'slack says 500'
  | 'slack loses answers'
  | 'streams end early'
  | 'deliveries repeat'
  | 'agentcore throttles'
  | 'agentcore breaks answers'
  | 'agentcore is cut off'
  | 'microVMs are lost';

export type Step =
  | {
      readonly at: string;
      /** The how-manieth time that the failpoint is reached. */
      readonly nth: number;
      readonly harm: Harm;
      readonly ms: number;
    }
  | { readonly afterMs: number; readonly disturbance: Disturbance; readonly ms: number };

export interface Schedule {
  readonly seed: number;
  readonly lanes: readonly Lane[];
  readonly steps: readonly Step[];
}

const LANES = 16;
/** Lanes in channels. Two threads have two speakers. */
const PLACES = [
  { user: 'bob', channel: '#partners', thread: 0 },
  { user: 'alice', channel: '#general', thread: 1 },
  { user: 'user2', channel: '#cloud', thread: 2 },
  { user: 'user3', channel: '#cloud', thread: 3 },
  { user: 'user4', channel: '#cloud', thread: 2 },
  { user: 'alice', channel: '#partners', thread: 0 },
];
const TURNS = 24;
export const PEOPLE = 16;
/** A chat call lasts 5 s at most, so that this is as late as one may arrive. */
const LATE_MS = 4_400;
/** A lease of 3 s, and a sweep. */
const OUTDATED_MS = 6_000;

/** What every run goes through in turn as its first step; the rest is chance. */
const FIRST_STEPS: readonly ((dice: Dice) => Step)[] = [
  ...FAILPOINTS.map(
    ({ name }) =>
      (dice: Dice) =>
        harm(name, 'kill', dice),
  ),
  ...['before post', 'before append', 'before the last write'].flatMap((name) => [
    (dice: Dice) => harm(name, 'late', dice),
    (dice: Dice) => harm(name, 'stall', dice),
  ]),
  ...[
    'delivered, not verified',
    'accepted, not acknowledged',
    'claimed and enqueued, not known',
    'lane claimed',
    'before invoke',
    'invoked',
    'mid-stream',
    'posted, not recorded',
    'appended',
    'last write done',
    'end recorded',
  ].map((name) => (dice: Dice) => harm(name, 'cut', dice)),
  ...['lane claimed', 'mid-stream', 'before post', 'appended', 'before the end is recorded'].map(
    (name) => (dice: Dice) => harm(name, 'freeze', dice),
  ),
  ...['before the end is recorded', 'before the post is recorded', 'before a change is noted'].map(
    (name) => (dice: Dice) => harm(name, 'outdate', dice),
  ),
  ...['mid-stream', 'posted, not recorded'].map((name) => (dice: Dice) => harm(name, 'term', dice)),
  ...(
    [
      'redis connections break',
      'redis stands still',
      'redis is killed',
      'rolling restart',
      'both workers die',
      'web dies',
      'slack says 429',
      'slack says 500',
      'slack loses answers',
      'streams end early',
      'deliveries repeat',
      'agentcore throttles',
      'agentcore breaks answers',
      'agentcore is cut off',
      'microVMs are lost',
    ] as const
  ).map((disturbance) => (dice: Dice) => disturb(disturbance, dice)),
];
export const ROUND = FIRST_STEPS.length;

const SIMPLE_KILLS = FAILPOINTS.map(({ name }) => name);
const SIDE_EFFECTS: readonly Disturbance[] = [
  'redis connections break',
  'slack says 429',
  'slack says 500',
  'slack loses answers',
  'streams end early',
  'deliveries repeat',
  'agentcore breaks answers',
];

/** Everything that a run with this seed does. The same seed gives the same schedule. Pure. */
export function scheduleOf(seed: number): Schedule {
  const dice = createDice(seed);
  const first = FIRST_STEPS[(seed - 1) % FIRST_STEPS.length];
  const steps: Step[] = first ? [first(dice)] : [];
  while (steps.length < 3 && dice.chance(0.4)) {
    steps.push(
      dice.chance(0.6) ? harm(dice.pick(SIMPLE_KILLS), 'kill', dice) : disturb(dice.pick(SIDE_EFFECTS), dice),
    );
  }
  return { seed, lanes: lanesOf(seed, dice), steps };
}

/** The first step of a seed in words, for choosing seeds that try a certain moment. */
export function firstStepOf(seed: number): string {
  const [step] = scheduleOf(seed).steps;
  return step ? describeStep(step) : '';
}

export function describeStep(step: Step): string {
  return 'at' in step ? `${step.harm} at “${step.at}”` : step.disturbance;
}

function harm(at: string, kind: Harm, dice: Dice): Step {
  const ms = {
    kill: 0,
    cut: 0,
    term: 0,
    outdate: OUTDATED_MS,
    late: LATE_MS,
    stall: dice.between(500, LATE_MS),
    freeze: dice.between(4_000, 9_500),
  };
  return { at, nth: dice.between(1, 6), harm: kind, ms: ms[kind] };
}

function disturb(disturbance: Disturbance, dice: Dice): Step {
  return { afterMs: dice.between(100, 1_500), disturbance, ms: dice.between(1_500, 5_000) };
}

function lanesOf(seed: number, dice: Dice): Lane[] {
  const canaries = Array.from({ length: TURNS }, (_, i) => `canary-s${seed}-q${i + 1}`);
  return Array.from({ length: LANES }, (_, i): Lane => {
    const own = canaries.filter((_canary, q) => q % LANES === i);
    const asks = own.map((canary) => askOf(canary, dice));
    const beginsMs = dice.between(0, 400);
    // A channel takes about one message a second, so that most people talk in their own direct messages.
    const place = PLACES[i] ?? { user: `user${i}`, channel: 'dm', thread: i };
    return { ...place, beginsMs, asks };
  });
}

function askOf(canary: string, dice: Dice): Ask {
  const slow = dice.chance(0.4);
  return {
    canary,
    kind: dice.pick(['plain', 'plain', 'read', 'write']),
    words: slow ? dice.between(8, 25) : dice.between(0, 4),
    wordMs: slow ? dice.between(40, 110) : dice.between(0, 25),
  };
}
