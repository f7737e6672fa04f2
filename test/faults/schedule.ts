import { EVERYDAY, EVERYDAY_IN_TEAMS, type Scene, SLACK_SCENES } from './scenes.ts';
import { createDice, type Dice } from './seeded.ts';
import { type Disturbance, describeStep, disturb, harm, harmsAt, type Step } from './steps.ts';
import { TEAMS_SCENES } from './teams-scenes.ts';

/** One question that a person will ask. */
export interface Ask {
  readonly canary: string;
  readonly kind: 'plain' | 'read' | 'write';
  /** Before the agent says anything, once many turns are under way. */
  readonly silentMs: number;
  readonly words: number;
  readonly wordMs: number;
  /** Asked when the first questions of all others are under way. */
  readonly later: boolean;
  /** After that, and after the question before it in its lane was taken. */
  readonly afterMs: number;
}

/** One lane: all that one person asks in one thread, in order. */
export interface Lane {
  readonly platform: 'slack' | 'teams';
  readonly user: string;
  readonly channel: string;
  /** Lanes of the same thread share its number; the first of them begins it. */
  readonly thread: number;
  readonly asks: readonly Ask[];
}

/** Where people ask in a run. `mixed`: in Teams, and some of them in Slack. */
export type Platform = 'slack' | 'teams' | 'mixed';

export interface Schedule {
  readonly seed: number;
  readonly platform: Platform;
  readonly lanes: readonly Lane[];
  /** Begin to count when `IN_FLIGHT` turns are under way. */
  readonly steps: readonly Step[];
}

/** So many turns are under way when the first step may strike. */
export const IN_FLIGHT = 20;
/** Lanes that ask at once. */
const LANES_AT_ONCE = 21;
/** Lanes that begin when those are under way: they still go through everything that comes before an answer. */
const LATER_LANES = 3;
const LANES = LANES_AT_ONCE + LATER_LANES;
/** Lanes in channels. Two threads have two speakers. */
const PLACES = [
  { user: 'bob', channel: '#partners', thread: 0 },
  { user: 'alice', channel: '#general', thread: 1 },
  { user: 'user2', channel: '#cloud', thread: 2 },
  { user: 'user3', channel: '#cloud', thread: 3 },
  { user: 'user4', channel: '#cloud', thread: 2 },
  { user: 'alice', channel: '#partners', thread: 0 },
];
export const PEOPLE = LANES;
/** Lanes in which two more questions are asked while the first answer is under way. */
const BUSY = [6];
const TURNS = LANES + 2 * BUSY.length;
/** A worker that shuts down waits 20 s for its turns. */
const LONG_ANSWER = { silentMs: 0, words: 26, wordMs: 1_000 };

const SCENES: readonly Scene[] = [...SLACK_SCENES, ...TEAMS_SCENES];
/** So many consecutive seeds go through every scene. */
export const ROUND = SCENES.length;

/** Disturbances that go with any other step. Deployments are the most frequent thing to happen. */
const SIDE_EFFECTS: readonly Disturbance[] = [
  'redis connections break',
  'rolling restart',
  'rolling restart',
  'rolling restart',
  'rolling restart',
  'rolling restart',
  'slack says 429',
  'slack says 500',
  'slack loses answers',
  'streams end early',
  'deliveries repeat',
  'agentcore breaks answers',
  'people say stop',
];
const SIDE_EFFECTS_IN_TEAMS: readonly Disturbance[] = [
  'redis connections break',
  'rolling restart',
  'rolling restart',
  'rolling restart',
  'rolling restart',
  'rolling restart',
  'teams says 429',
  'teams says 500',
  'teams loses answers',
  'teams is late',
  'teams ends streams',
  'deliveries repeat',
  'agentcore breaks answers',
  'people say stop',
];

/** Everything that a run with this seed does. The same seed gives the same schedule. Pure. */
export function scheduleOf(seed: number): Schedule {
  const dice = createDice(seed);
  const scene = SCENES[(seed - 1) % SCENES.length];
  const steps: Step[] = [...(scene?.steps(dice) ?? [])];
  const inTeams = scene?.platform === 'teams';
  while (!scene?.alone && steps.length < 3 && dice.chance(0.4)) steps.push(anyStep(dice, inTeams));
  const platform = inTeams ? (dice.chance(1 / 3) ? 'mixed' : 'teams') : 'slack';
  const lanes = lanesOf(seed, dice, scene?.longAnswer ?? false, platform);
  return { seed, platform, lanes, steps };
}

function anyStep(dice: Dice, inTeams: boolean): Step {
  if (dice.chance(0.4)) return disturb(dice.pick(inTeams ? SIDE_EFFECTS_IN_TEAMS : SIDE_EFFECTS), dice);
  const point = dice.pick(inTeams ? EVERYDAY_IN_TEAMS : EVERYDAY);
  return harm(dice.chance(0.6) ? 'kill' : dice.pick(harmsAt(point)), point.name, dice);
}

/** The first step of a seed in words, for choosing seeds that try a certain moment. */
export function firstStepOf(seed: number): string {
  const { steps, platform } = scheduleOf(seed);
  const [step] = steps;
  return step ? `${platform === 'slack' ? '' : 'Teams: '}${describeStep(step)}` : '';
}

function lanesOf(seed: number, dice: Dice, longAnswer: boolean, platform: Platform): Lane[] {
  const canaries = Array.from({ length: TURNS }, (_, i) => `canary-s${seed}-q${i + 1}`);
  return Array.from({ length: LANES }, (_, i): Lane => {
    const own = canaries.filter((_canary, q) => (q < LANES ? q : BUSY[q % BUSY.length]) === i);
    const asks = own.map((canary, place) =>
      place === 0 && i < LANES_AT_ONCE
        ? firstAsk(canary, dice, platform !== 'slack' && i % 3 === 0)
        : laterAsk(canary, dice),
    );
    const [first, ...later] = asks;
    const inSlack = platform === 'slack' || (platform === 'mixed' && i < LANES_AT_ONCE && i % 2 === 0);
    const place = inSlack ? slackPlace(i) : teamsPlace(seed, i);
    const long =
      longAnswer && i === LANES_AT_ONCE - 1 && first ? [{ ...first, ...LONG_ANSWER }, ...later] : asks;
    return { ...place, asks: long };
  });
}

/** A channel takes about one message a second, so that most people talk in their own direct messages. */
function slackPlace(i: number): Omit<Lane, 'asks'> {
  return { platform: 'slack', ...(PLACES[i] ?? { user: `user${i}`, channel: 'dm', thread: i }) };
}

/** Others in each run: a personal chat is one conversation for ever. */
function teamsPlace(seed: number, i: number): Omit<Lane, 'asks'> {
  const user = `user${seed * 100 + i}`;
  const thread = 100 + i;
  if (i < 4) return { platform: 'teams', user, channel: 'cloud', thread };
  // Two threads, and the group chat, have two speakers.
  if (i < 6) return { platform: 'teams', user, channel: 'cloud', thread: thread - 3 };
  if (i === 7 || i === 8) return { platform: 'teams', user, channel: `group${seed}`, thread: 107 };
  return { platform: 'teams', user, channel: 'personal', thread };
}

const KINDS: readonly Ask['kind'][] = ['plain', 'plain', 'read', 'write'];

/** Lasts longer than the steps take to strike. A third of them, and one that `grows`, grows before the reader's eyes. */
function firstAsk(canary: string, dice: Dice, grows: boolean): Ask {
  const lastsMs = dice.between(1_600, 2_800);
  const words = dice.between(3, 5);
  const silentMs = dice.chance(0.35) || grows ? dice.between(200, 900) : lastsMs;
  const pace = { silentMs, words, wordMs: Math.round((lastsMs - silentMs) / words) };
  return { canary, kind: dice.pick(KINDS), ...pace, later: false, afterMs: dice.between(0, 200) };
}

/** Asked once those are under way: quick ones, which are posted whole, and slow ones. */
function laterAsk(canary: string, dice: Dice): Ask {
  const slow = dice.chance(0.5);
  return {
    canary,
    kind: dice.pick(KINDS),
    silentMs: 0,
    words: slow ? dice.between(6, 12) : dice.between(0, 4),
    wordMs: slow ? dice.between(60, 150) : dice.between(0, 25),
    later: true,
    afterMs: dice.between(0, 700),
  };
}
