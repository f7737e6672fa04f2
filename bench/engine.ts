import { measureAdmission } from './engine/admission.ts';
import { barLines } from './engine/bars.ts';
import { measureFairness } from './engine/fairness.ts';
import { measureFullTurns } from './engine/full-turns.ts';
import { measureIdleThreads } from './engine/idle-threads.ts';
import { measureLatency } from './engine/latency.ts';
import { FULL, type Part, QUICK } from './engine/part.ts';
import { measureWorkers } from './engine/workers.ts';
import type { Measured, Result } from './report.ts';

/** What can be asked of the engine, in the order in which it is measured. */
export const PARTS: Readonly<Record<string, Part>> = {
  admission: measureAdmission,
  turns: measureFullTurns,
  workers: measureWorkers,
  latency: measureLatency,
  idle: measureIdleThreads,
  fairness: measureFairness,
};

export interface EngineOptions {
  readonly rounds: number;
  readonly quick: boolean;
  /** Names of `PARTS`. */
  readonly parts: readonly string[];
  readonly profile?: string | undefined;
  /** For logs. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** The engine beside its peers: what taking an event, a whole turn, waiting, and idling cost. */
export async function benchEngine(options: EngineOptions): Promise<Measured> {
  const sizes = options.quick ? QUICK : FULL;
  const results: Result[] = [];
  const problems: string[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (!options.parts.includes(name)) continue;
    const outcome = await measure({ ...options, sizes, users: sizes.users });
    results.push(...outcome.results);
    problems.push(...outcome.problems);
  }
  if (!options.quick) for (const line of barLines(results)) options.say(line);
  return {
    report: { name: 'engine', rounds: options.rounds, results, exact: problems.length === 0 },
    problems,
  };
}
