import { median } from './statistics.ts';

/** One figure of a benchmark. With several rounds `value` is their median. */
export interface Result {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** The same figure of the program that is compared with, measured in the same run. */
  readonly baseline?: number;
  /** value / baseline. */
  readonly ratio?: number;
  readonly min?: number;
  readonly max?: number;
}

export interface Report {
  readonly name: string;
  readonly rounds: number;
  readonly results: readonly Result[];
  /** False when an answer was missing, doubled, out of order or somebody else's: then no figure counts. */
  readonly exact: boolean;
}

/** A benchmark's report, and what was wrong when it is not exact. */
export interface Measured {
  readonly report: Report;
  readonly problems: readonly string[];
}

/** Makes a figure of one value a round. Rounds without the value (it could not be measured) are left out. */
export function resultOf(
  metric: string,
  unit: string,
  rounds: readonly (number | undefined)[],
  baselineRounds: readonly (number | undefined)[] = [],
): Result[] {
  const values = rounds.filter((value) => value !== undefined);
  if (values.length === 0) return [];
  const baselines = baselineRounds.filter((value) => value !== undefined);
  const value = median(values);
  const baseline = median(baselines);
  return [
    {
      metric,
      value: rounded(value),
      unit,
      ...(baselines.length > 0 ? { baseline: rounded(baseline) } : {}),
      ...(baselines.length > 0 && baseline !== 0 ? { ratio: rounded(value / baseline) } : {}),
      ...(values.length > 1 ? { min: rounded(Math.min(...values)), max: rounded(Math.max(...values)) } : {}),
    },
  ];
}

/** Four significant digits: more would promise a precision that no run has. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** The report as a table for people. */
export function tableOf(report: Report): string {
  const head = ['metric', 'value', 'unit', 'baseline', 'ratio', 'min', 'max'];
  const cell = (value: number | undefined) => (value === undefined ? '' : String(value));
  const rows = report.results.map((result) => [
    result.metric,
    cell(result.value),
    result.unit,
    cell(result.baseline),
    cell(result.ratio),
    cell(result.min),
    cell(result.max),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((text, i) => (i === 0 || i === 2 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  const rounds = report.rounds === 1 ? '1 round' : `${report.rounds} rounds`;
  return [
    `${report.name}: ${rounds}, ${report.exact ? 'exact' : 'NOT EXACT'}`,
    line(head),
    line(widths.map((width) => '─'.repeat(width))),
    ...rows.map(line),
  ].join('\n');
}
