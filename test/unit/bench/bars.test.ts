import { expect, it } from 'vitest';
import { BARS, barLines } from '../../../bench/engine/bars.ts';
import type { Result } from '../../../bench/report.ts';

const result = (metric: string, value: number, ratio?: number): Result => ({
  metric,
  value,
  unit: '',
  ...(ratio === undefined ? {} : { baseline: 1, ratio }),
});

it.each([
  [result('admission_per_core', 1, 0.95), 'stretch  admission_per_core ratio 0.95 ≥ 0.6 (stretch 0.9)'],
  [result('admission_per_core', 1, 0.6), 'met      admission_per_core ratio 0.6 ≥ 0.6 (stretch 0.9)'],
  [result('admission_per_core', 9, 0.59), 'MISSED   admission_per_core ratio 0.59 ≥ 0.6 (stretch 0.9)'],
  [result('added_latency_p50', 10), 'met      added_latency_p50 10 ≤ 10 (stretch 5)'],
  [result('added_latency_p50', 10.1), 'MISSED   added_latency_p50 10.1 ≤ 10 (stretch 5)'],
])('a figure is held to its bar', (figure, line) => {
  expect(barLines([figure])).toEqual([line]);
});

it('says nothing of what was not measured', () => {
  expect(barLines([result('something else', 1)])).toEqual([]);
});

it('has stretches that are further than the bars', () => {
  for (const { at, bar, stretch } of BARS) expect(at === 'least' ? stretch > bar : stretch < bar).toBe(true);
});
