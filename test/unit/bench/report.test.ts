import { describe, expect, it } from 'vitest';
import { type Report, resultOf, tableOf } from '../../../bench/report.ts';
import { median, quantile } from '../../../bench/statistics.ts';

describe('figures of a benchmark', () => {
  it('are the value itself after one round', () => {
    expect(resultOf('turn_p50', 'ms', [12.3456])).toEqual([{ metric: 'turn_p50', value: 12.35, unit: 'ms' }]);
  });

  it('are the median of several rounds with their spread, and the ratio to the baseline', () => {
    expect(resultOf('turns_per_second', '1/s', [100, 300, 200], [400, 400, 100])).toEqual([
      { metric: 'turns_per_second', value: 200, unit: '1/s', baseline: 400, ratio: 0.5, min: 100, max: 300 },
    ]);
  });

  it('are left out where they could not be measured', () => {
    expect(resultOf('cpu_per_turn', 'ms', [undefined], [undefined])).toEqual([]);
  });

  it('have no ratio to a baseline of zero', () => {
    expect(resultOf('calls', 'calls', [2], [0])).toEqual([
      { metric: 'calls', value: 2, unit: 'calls', baseline: 0 },
    ]);
  });

  it('stand in a table with one line each, which says whether they count', () => {
    const report: Report = {
      name: 'turns',
      rounds: 1,
      results: resultOf('a', 'ms', [1.5], [3]),
      exact: true,
    };
    const [title, head, , row] = tableOf(report).split('\n');
    expect(title).toBe('turns: 1 round, exact');
    expect(head?.split(/ {2,}/)).toEqual(['metric', 'value', 'unit', 'baseline', 'ratio', 'min', 'max']);
    expect(row?.split(/ {2,}/)).toEqual(['a', '1.5', 'ms', '3', '0.5']);
    expect(tableOf({ ...report, exact: false })).toContain('NOT EXACT');
  });
});

describe('statistics', () => {
  it.each([
    [0.5, 50],
    [0.95, 95],
    [0.99, 99],
    [1, 100],
    [0, 1],
  ])('take the value at %d by nearest rank', (share, expected) => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(quantile(values, share)).toBe(expected);
  });

  it.each([
    [[5], 5],
    [[9, 1, 5], 5],
    [[1, 2, 3, 10], 2.5],
  ])('find the middle of %j', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('know none of nothing', () => {
    expect([quantile([], 0.5), median([])]).toEqual([Number.NaN, Number.NaN]);
  });
});
