import { FAILPOINTS } from './failpoints.ts';
import type { Dice } from './seeded.ts';
import { DISTURBANCES, type Disturbance, disturb, type Harm, harm, type Step } from './steps.ts';

/** What a run is about. The first step names it. */
export interface Scene {
  /** Undefined: everybody asks in Slack. `teams`: in Teams, or some of them in Slack. */
  readonly platform?: 'teams';
  readonly steps: (dice: Dice) => readonly [Step, ...Step[]];
  /** One question is answered for longer than a worker that shuts down waits for its turns. */
  readonly longAnswer?: true;
  /** No further step by chance: it is long enough, or would make a recovery unmeasurable. */
  readonly alone?: true;
}

export const one = (kind: Harm, at: string): Scene => ({ steps: (dice) => [harm(kind, at, dice)] });
export const all = (kind: Harm, ...points: readonly string[]) => points.map((at) => one(kind, at));

/** A worker dies, and whoever takes its turns over meets the next harm. */
export const twice = (first: string, kind: Harm, second: string): Scene => ({
  steps: (dice) => [harm('kill', first, dice), harm(kind, second, dice)],
});

const everyday = (platform: 'slack' | 'teams') =>
  FAILPOINTS.filter(
    (point) => !point.onlyAfter && !point.onlyWith && (point.platform ?? platform) === platform,
  );
/** Failpoints that every run in Slack, or in Teams, comes by. */
export const EVERYDAY = everyday('slack');
export const EVERYDAY_IN_TEAMS = everyday('teams');

/** Long, or begun and ended by an operator who needs a Redis that answers. */
const ALONE: readonly Disturbance[] = ['redis stands still for long', 'intake is paused'];

/** Every failpoint and every disturbance of a run in Slack. */
export const SLACK_SCENES: readonly Scene[] = [
  ...EVERYDAY.map(({ name }) => one('kill', name)),
  ...FAILPOINTS.flatMap(({ name, onlyAfter }) => (onlyAfter ? [twice(onlyAfter, 'kill', name)] : [])),
  ...FAILPOINTS.flatMap(({ name, onlyWith }): Scene[] =>
    onlyWith ? [{ steps: (dice) => [harm('kill', name, dice), disturb(onlyWith, dice)] }] : [],
  ),
  ...all('late', 'before post', 'before append', 'before the last write', 'before the end is recorded'),
  ...all('stall', 'before post', 'before append', 'before the last write', 'delivered, not verified'),
  ...all(
    'cut',
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
  ),
  ...all(
    'freeze',
    'lane claimed',
    'mid-stream',
    'slot granted',
    'before post',
    'appended',
    'before the end is recorded',
    'verified, not claimed',
  ),
  // It was allowed to write before it fell asleep; when it wakes up, somebody else has answered.
  { ...one('oversleep', 'slot for a message granted'), alone: true },
  ...all(
    'outdate',
    'before the end is recorded',
    'before the post is recorded',
    'before a change is noted',
    'before leases are renewed',
  ),
  ...all('term', 'mid-stream', 'posted, not recorded', 'accepted, not acknowledged'),
  ...DISTURBANCES.filter((disturbance) => !disturbance.startsWith('teams ')).map(
    (disturbance): Scene => ({
      steps: (dice) => [disturb(disturbance, dice)],
      ...(ALONE.includes(disturbance) ? { alone: true } : {}),
    }),
  ),
  // The answer of Slack is lost, and its sender dies while it looks whether the message stands there.
  {
    steps: (dice) => [
      harm('cut', 'posted, not recorded', dice),
      harm('kill', 'before the thread is read', dice),
    ],
  },
  // A turn that takes every worker with it ends with one notice.
  { steps: (dice) => [harm('kill', 'invoked', dice, 5)], alone: true },
  { steps: (dice) => [harm('kill', 'before post', dice, 3)], alone: true },
  // What was paused while a worker died is not begun before intake is resumed.
  { steps: (dice) => [harm('kill', 'mid-stream', dice), disturb('intake is paused', dice)], alone: true },
  // A turn that was stopped and lost its worker stays stopped.
  {
    steps: (dice) => [harm('kill', 'before the outcome is recorded', dice), disturb('people say stop', dice)],
  },
  // A deployment that does not wait for the end of an answer: it is handed over in the middle.
  { steps: (dice) => [disturb('rolling restart', dice)], longAnswer: true, alone: true },
];
