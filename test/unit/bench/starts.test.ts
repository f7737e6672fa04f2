import { describe, expect, it } from 'vitest';
import { type Entrant, inTurns, ofStarts, playStarts, spreadOf } from '../../../bench/engine/starts.ts';

/** Bots that do nothing but write down what became of them, and whose rounds are numbered from 1 in each start. */
function stage() {
  const log: string[] = [];
  let starts = 0;
  const entrant =
    (name: string): Entrant<{ start: number; round: number }> =>
    async (started) => {
      starts += 1;
      const start = starts;
      let round = 0;
      log.push(`start ${name}`);
      started({
        pids: [],
        slack: undefined as never,
        eventsUrl: '',
        signingSecret: '',
        redis: undefined,
        settle: async () => undefined,
        stop: async () => {
          log.push(`stop ${name}`);
        },
      });
      return {
        play: async () => {
          round += 1;
          log.push(name);
          return { start, round };
        },
        end: async (last) => {
          log.push(`end ${name}${last ? ' for good' : ''}`);
        },
      };
    };
  return { log, entrant };
}

const plan = { starts: 2, warmUps: 1, rounds: 3, say: () => undefined };

describe('rounds over several starts', () => {
  it('are shared out evenly, and those of the warm-up do not count', async () => {
    const { entrant } = stage();
    const played = await playStarts(plan, { a: entrant('a'), b: entrant('b') });
    // Three rounds cannot be shared by two starts: each has two.
    expect(played.a.map((rounds) => rounds.map(({ round }) => round))).toEqual([
      [2, 3],
      [2, 3],
    ]);
    // Each start is one of its own.
    expect(new Set([...played.a, ...played.b].map(([first]) => first?.start)).size).toBe(4);
  });

  it('have everybody started, warmed up, played, ended and stopped before anybody starts again', async () => {
    const { log, entrant } = stage();
    await playStarts(plan, { a: entrant('a'), b: entrant('b') });
    const first = log.slice(0, log.length / 2);
    expect(first.slice(0, 2)).toEqual(['start a', 'start b']);
    expect(first.slice(2, -4)).toEqual(['a', 'b', 'b', 'a', 'b', 'a']);
    expect(first.slice(-4)).toEqual(['end a', 'end b', 'stop b', 'stop a']);
    expect(log.slice(log.length / 2).slice(0, 2)).toEqual(['start b', 'start a']);
    expect(log.filter((line) => line.endsWith('for good'))).toEqual(['end b for good', 'end a for good']);
  });

  it('are of fewer starts when there are not so many rounds', async () => {
    const { entrant } = stage();
    expect((await playStarts({ ...plan, rounds: 1 }, { a: entrant('a') })).a).toHaveLength(1);
  });

  it('stop what was started when one of them fails', async () => {
    const { log, entrant } = stage();
    const broken: Entrant<{ start: number; round: number }> = () => Promise.reject(new Error('no room'));
    await expect(playStarts(plan, { a: entrant('a'), broken })).rejects.toThrow('no room');
    expect(log).toEqual(['start a', 'stop a']);
  });
});

it('gives every place to everybody equally often, and lets nobody follow one alone', () => {
  const all = ['a', 'b', 'c', 'd'];
  const orders = Array.from({ length: 8 }, (_, turn) => inTurns(all, turn));
  for (const [place] of all.entries())
    for (const one of all) expect(orders.filter((order) => order[place] === one)).toHaveLength(2);
  for (const one of all) {
    const before = orders.flatMap((order) => order[order.indexOf(one) - 1] ?? []);
    expect(new Set(before).size).toBeGreaterThan(1);
  }
});

describe('the spread of starts', () => {
  const read = (round: number | undefined) => round;

  it('is that of the medians of each', () => {
    expect(ofStarts([[1, 2, 9], [4], [undefined]], read)).toEqual([2, 4, undefined]);
  });

  it('is given for everybody, and for the ratio start by start', () => {
    const said: string[] = [];
    const played = {
      ours: [[100, 200, 300], [150]],
      theirs: [[100], [300]],
      others: [[50], [50]],
    };
    const results = spreadOf('speed', '1/s', played, ['ours', 'theirs'], read, (line) => said.push(line));
    expect(results).toEqual([
      { metric: 'speed_ratio_of_starts', value: 1.25, unit: '×', min: 0.5, max: 2 },
      { metric: 'speed_of_starts: ours', value: 175, unit: '1/s', min: 150, max: 200 },
      { metric: 'speed_of_starts: theirs', value: 200, unit: '1/s', min: 100, max: 300 },
      { metric: 'speed_of_starts: others', value: 50, unit: '1/s', min: 50, max: 50 },
    ]);
    expect(said).toContain('speed start by start, ours: 200.0, 150.0');
  });

  it('is left out where nothing could be measured', () => {
    const played = { ours: [[undefined]], theirs: [[undefined]] };
    expect(spreadOf('speed', '1/s', played, ['ours', 'theirs'], read, () => undefined)).toEqual([]);
  });
});
