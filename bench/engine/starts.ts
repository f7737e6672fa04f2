import { type Contestant, withContestants } from '../contestants/contestant.ts';
import { type Result, resultOf } from '../report.ts';
import { median } from '../statistics.ts';

/**
 * What the same work costs a program differs from one start of it to the next, by what was compiled when and how its heap
 * came to lie, and then stays so for as long as it runs. Rounds of one start are one draw, however many there are: so each
 * program is started anew several times, and every start has the same share of the rounds.
 */

/** One start of a program, ready for its first round. */
export interface Running<R> {
  /** Plays a round; `what` tells it from the others where something is wrong with it. */
  readonly play: (what: string) => Promise<R>;
  /** What is to be seen before it is stopped; `last`: it is not started again. */
  readonly end?: (last: boolean) => Promise<void>;
}

/** Starts a program anew. What is handed to `started` is stopped with it, also when something goes wrong. */
export type Entrant<R> = (started: <C extends Contestant>(contestant: C) => C) => Promise<Running<R>>;

/** The rounds of each start, by the names of the entrants. */
export type Played<N extends string, R> = Readonly<Record<N, readonly (readonly R[])[]>>;

export interface Plan {
  readonly starts: number;
  /** Rounds of each start that do not count. */
  readonly warmUps: number;
  /** At least so many count, of each entrant. */
  readonly rounds: number;
  readonly say: (line: string) => void;
}

/** The rounds of each start of each entrant. All play in turns, and nobody has a place of their own among the others. */
export async function playStarts<N extends string, R>(
  { starts: most, warmUps, rounds, say }: Plan,
  entrants: Readonly<Record<N, Entrant<R>>>,
): Promise<Played<N, R>> {
  const names = Object.keys(entrants) as N[];
  const played = Object.fromEntries(names.map((name) => [name, [] as R[][]])) as Record<N, R[][]>;
  const starts = Math.min(most, rounds);
  const each = Math.ceil(rounds / starts);
  let lap = 0;
  for (let start = 1; start <= starts; start += 1) {
    await withContestants(async (started) => {
      const running = new Map<N, Running<R>>();
      for (const name of inTurns(names, start - 1)) running.set(name, await entrants[name](started));
      for (const name of names) played[name].push([]);
      for (let i = 1 - warmUps; i <= each; i += 1) {
        const round = i > 0 ? `round ${i} of ${each}` : `warm-up ${i + warmUps} of ${warmUps}`;
        const what = `start ${start} of ${starts}, ${round}`;
        say(what);
        for (const name of inTurns(names, lap)) {
          const outcome = await running.get(name)?.play(`${name}, ${what}`);
          if (i > 0 && outcome !== undefined) played[name].at(-1)?.push(outcome);
        }
        lap += 1;
      }
      for (const one of running.values()) await one.end?.(start === starts);
    });
  }
  return played;
}

/** Everybody once, from another one on each time; every other time round backwards, so that nobody follows one alone. */
export function inTurns<T>(all: readonly T[], turn: number): T[] {
  const from = turn % all.length;
  const order = [...all.slice(from), ...all.slice(0, from)];
  return Math.floor(turn / all.length) % 2 === 0 ? order : order.reverse();
}

/** A figure as each start has it, the median of its rounds. Undefined where none could be measured. */
export function ofStarts<R>(
  starts: readonly (readonly R[])[],
  read: (round: R) => number | undefined,
): (number | undefined)[] {
  return starts.map((rounds) => {
    const values = rounds.map(read).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : median(values);
  });
}

/**
 * How far the starts lie apart: the figure of each entrant with one value a start, and what that of `own` is to that of
 * `baseline`, start by start. For people the values are said one by one.
 */
export function spreadOf<N extends string, R>(
  metric: string,
  unit: string,
  played: Played<N, R>,
  [own, baseline]: readonly [own: N, baseline: N],
  read: (round: R) => number | undefined,
  say: (line: string) => void,
): Result[] {
  const names = Object.keys(played) as N[];
  const figures = new Map(names.map((name) => [name, ofStarts(played[name], read)]));
  for (const [name, values] of figures)
    say(
      `${metric} start by start, ${name}: ${values.map((value) => value?.toPrecision(4) ?? '–').join(', ')}`,
    );
  const ratios = figures.get(own)?.map((value, i) => {
    const other = figures.get(baseline)?.[i];
    return value === undefined || other === undefined ? undefined : value / other;
  });
  return [
    ...resultOf(`${metric}_ratio_of_starts`, '×', ratios ?? []),
    ...names.flatMap((name) => resultOf(`${metric}_of_starts: ${name}`, unit, figures.get(name) ?? [])),
  ];
}
