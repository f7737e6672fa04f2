import { runCampaign } from './campaign.ts';
import { breaksPromises } from './judge.ts';
import { changesOf, PLANTED_DEFECTS, type PlantedDefect } from './planted-defects.ts';
import type { Planted } from './report.ts';
import { firstStepOf, ROUND } from './schedule.ts';
import { buildTree } from './tree.ts';

/** How often each first step is tried before a defect counts as not detected. */
const ROUNDS = 3;
/** Some defects leave turns that never end; sound runs of these seeds take 15 s. */
const PATIENCE = { boundMs: 40_000, staleAfterMs: 6_000 };

export interface PlantedOptions {
  /** Only defects whose name has these words. */
  readonly only: string;
  /** Defects tried side by side, each on a stack of its own. */
  readonly stacks: number;
  readonly root: string | undefined;
  readonly say: (line: string) => void;
  readonly stop: AbortSignal;
}

/** Plants every known defect in a copy of the source, and says which are detected. */
export async function tryPlanted(options: PlantedOptions): Promise<Planted[]> {
  const defects = PLANTED_DEFECTS.filter(({ name }) => name.includes(options.only));
  const outcomes = new Map<string, Planted>();
  const left = [...defects];
  async function work(): Promise<void> {
    for (let defect = left.shift(); defect && !options.stop.aborted; defect = left.shift()) {
      outcomes.set(defect.name, await tryOne(defect, options));
    }
  }
  await Promise.all(Array.from({ length: options.stacks }, work));
  return defects.flatMap(({ name }) => outcomes.get(name) ?? []);
}

/** Runs seeds until one breaks a promise. A run that was only in trouble itself finds nothing. */
async function tryOne(defect: PlantedDefect, options: PlantedOptions): Promise<Planted> {
  const tree = await buildTree(changesOf(defect), options.root);
  const found = new AbortController();
  try {
    const all = Array.from({ length: ROUND * ROUNDS }, (_, i) => i + 1);
    const seeds = all.filter((seed) => defect.tries.includes(firstStepOf(seed)));
    if (seeds.length === 0) throw new Error(`No seed begins with ${defect.tries.join(' or ')}.`);
    await runCampaign({
      tree,
      seeds,
      stacks: 1,
      keepLogs: 'none',
      limits: PATIENCE,
      signal: AbortSignal.any([options.stop, found.signal]),
      say: () => undefined,
      onResult(result) {
        if (!breaksPromises(result) || found.signal.aborted) return;
        options.say(`planted: ${defect.name}: seed ${result.seed}: ${result.problems[0]}`);
        found.abort();
      },
    });
  } finally {
    await tree.remove();
  }
  if (!found.signal.aborted) {
    options.say(`planted: ${defect.name}: ${options.stop.aborted ? 'broken off' : 'NOT DETECTED'}`);
  }
  return { name: defect.name, detected: found.signal.aborted };
}
