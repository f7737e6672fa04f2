import type { Result } from '../report.ts';

/** What the engine is held to. A bar that is missed is a fact to report, not a failure of the benchmark. */
export interface Bar {
  readonly metric: string;
  /** `ratio`: to the baseline of the same run. */
  readonly of: 'value' | 'ratio';
  readonly at: 'least' | 'most';
  readonly bar: number;
  /** Further than anybody asks for. */
  readonly stretch: number;
}

export const BARS: readonly Bar[] = [
  { metric: 'admission_per_core', of: 'ratio', at: 'least', bar: 0.6, stretch: 0.9 },
  { metric: 'turns_per_core', of: 'ratio', at: 'least', bar: 1, stretch: 1.5 },
  { metric: 'turns_per_core_same_agent_call', of: 'ratio', at: 'least', bar: 1, stretch: 1.5 },
  { metric: 'cpu_per_turn', of: 'value', at: 'most', bar: 2.5, stretch: 1.2 },
  { metric: 'redis_commands_per_turn', of: 'value', at: 'most', bar: 10, stretch: 7 },
  { metric: 'slack_calls_per_turn', of: 'value', at: 'most', bar: 3, stretch: 2.1 },
  { metric: 'two_workers_per_second', of: 'ratio', at: 'least', bar: 1.8, stretch: 1.95 },
  { metric: 'added_latency_p50', of: 'value', at: 'most', bar: 10, stretch: 5 },
  { metric: 'added_latency_p99', of: 'value', at: 'most', bar: 50, stretch: 20 },
  { metric: 'idle_thread', of: 'value', at: 'most', bar: 1024, stretch: 512 },
  { metric: 'fairness_others_p95', of: 'ratio', at: 'most', bar: 1.5, stretch: 1.2 },
];

/** One line for each bar whose figure was measured. Pure. */
export function barLines(results: readonly Result[], bars: readonly Bar[] = BARS): string[] {
  return bars.flatMap(({ metric, of, at, bar, stretch }) => {
    const figure = results.find((result) => result.metric === metric)?.[of];
    if (figure === undefined) return [];
    const holds = (limit: number) => (at === 'least' ? figure >= limit : figure <= limit);
    const said = holds(stretch) ? 'stretch' : holds(bar) ? 'met    ' : 'MISSED ';
    const sign = at === 'least' ? '≥' : '≤';
    return [
      `${said}  ${metric} ${of === 'ratio' ? 'ratio ' : ''}${figure} ${sign} ${bar} (stretch ${stretch})`,
    ];
  });
}
