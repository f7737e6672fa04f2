import type { ContestantOptions } from '../contestants/contestant.ts';
import type { Result } from '../report.ts';

/** One question of the engine's benchmark: figures, and what was not exact. */
export interface PartOutcome {
  readonly results: readonly Result[];
  readonly problems: readonly string[];
}

export interface Sizes {
  /** People in a workspace. */
  readonly users: number;
  /** Messages of each of them in a round of whole turns. */
  readonly messages: number;
  /** How often each bot is started anew for whole turns, and rounds of a start that do not count. */
  readonly turns: { readonly starts: number; readonly warmUps: number };
  /** Events in a round of admission. */
  readonly events: number;
  /** The same for admission. */
  readonly admission: { readonly starts: number; readonly warmUps: number };
  /** Turns in a round of latency. */
  readonly arrivals: number;
  /** Threads that are left alone, to see what they cost. */
  readonly threads: number;
  /** Turns that one worker runs at a time, where workers are counted. */
  readonly concurrency: number;
  /** Seconds of a round of fairness. */
  readonly fairSeconds: number;
}

export const FULL: Sizes = {
  users: 100,
  messages: 5,
  turns: { starts: 4, warmUps: 8 },
  events: 3_000,
  admission: { starts: 4, warmUps: 2 },
  arrivals: 500,
  threads: 5_000,
  concurrency: 20,
  fairSeconds: 6,
};

/** Enough to see that everything works; its figures mean nothing. */
export const QUICK: Sizes = {
  users: 10,
  messages: 2,
  turns: { starts: 1, warmUps: 1 },
  events: 60,
  admission: { starts: 1, warmUps: 1 },
  arrivals: 20,
  threads: 20,
  concurrency: 4,
  fairSeconds: 1,
};

export interface PartOptions extends ContestantOptions {
  readonly rounds: number;
  readonly sizes: Sizes;
  readonly profile?: string | undefined;
}

export type Part = (options: PartOptions) => Promise<PartOutcome>;
