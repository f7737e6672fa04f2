import { runCampaign } from './campaign.ts';
import type { Planted } from './report.ts';
import { firstStepOf, ROUND } from './schedule.ts';
import { type Change, copyTree } from './tree.ts';

/** A defect on purpose: a campaign that does not find it proves nothing when it finds none. */
export interface PlantedDefect {
  readonly name: string;
  readonly change: Change;
  /** What would mend the damage afterwards is taken out, too. */
  readonly also?: Change;
  /** First steps (see `describeStep`) of the seeds that are tried. Empty: every seed. */
  readonly tries: readonly string[];
}

/** How often each first step is tried before a defect counts as not detected. */
const ROUNDS = 3;
/** Some defects leave turns that never end; sound runs of these seeds take 15 s. */
const PATIENCE = { boundMs: 40_000, staleAfterMs: 6_000 };

const LUA = 'src/turns/lua.ts';
const NO_SECOND_LOOK: Change = {
  file: 'src/slack/reply.ts',
  from: 'await lateWrites.settle(parts, posted());',
  to: '',
};

export const PLANTED_DEFECTS: readonly PlantedDefect[] = [
  {
    name: 'the fence is not checked',
    change: {
      file: LUA,
      from: "local function holds(lane, fence) return redis.call('HGET', key('lease', lane), 'fence') == fence end",
      to: 'local function holds(lane, fence) return true end',
    },
    tries: ['outdate at “before the end is recorded”', 'outdate at “before the post is recorded”'],
  },
  {
    name: 'the claim is forgotten',
    change: {
      file: LUA,
      from: "for i = 11, #ARGV do redis.call('SET', key('claim', ARGV[i]), turn, 'EX', claimTtl) end",
      to: '',
    },
    tries: ['kill at “accepted, not acknowledged”', 'deliveries repeat'],
  },
  {
    name: 'accepted but not enlisted',
    change: {
      file: LUA,
      from: "if redis.call('EXISTS', key('lease', lane)) == 0 then wake = enlist(lane, tenant, false) end",
      to: '',
    },
    tries: ['kill at “delivered, not verified”'],
  },
  {
    name: 'the end of a turn does not enlist its lane',
    change: { file: LUA, from: 'return {1, enlist(lane, tenant, false)} end', to: 'return {1, 0} end' },
    tries: ['kill at “delivered, not verified”'],
  },
  {
    name: 'a lost worker’s lane is not enlisted again',
    change: {
      file: LUA,
      from: "    count('queued', 1)\n    enlist(lane, lease[2], true)",
      to: "    count('queued', 1)",
    },
    tries: ['kill at “mid-stream”', 'kill at “before post”'],
  },
  {
    name: 'nobody sweeps',
    change: {
      file: 'src/turns/worker.ts',
      from: 'sweeping ??= sweep().finally',
      to: 'sweeping ??= Promise.resolve().finally',
    },
    tries: ['kill at “mid-stream”', 'kill at “enqueued, not woken”'],
  },
  {
    name: 'acknowledged before it is stored',
    change: {
      file: 'src/turns/accept-turn.ts',
      from: 'const acceptance = await deps.lanes.accept(turnId, message);',
      to: "const acceptance = { outcome: 'accepted', turnId, place: 1, wake: true } as Acceptance;\n    setTimeout(() => void deps.lanes.accept(turnId, message).then(() => deps.wakes.add()), 50);",
    },
    tries: ['kill at “accepted, not acknowledged”', 'web dies', 'kill at “verified, not claimed”'],
  },
  {
    name: 'a turn taken over is started again instead of attached to',
    change: {
      file: 'src/turns/ask-agent.ts',
      from: "earlier && deps.canAttach ? 'attach' : 'start'",
      to: "'start'",
    },
    tries: ['kill at “a change was begun”', 'kill at “agent completed”', 'kill at “mid-stream”'],
  },
  {
    name: 'no look into the thread before a message is sent again',
    change: {
      file: 'src/slack/reply-part.ts',
      from: 'let unlooked = lookFirst;',
      to: 'let unlooked = false;',
    },
    also: NO_SECOND_LOOK,
    tries: ['kill at “posted, not recorded”', 'late at “before post”'],
  },
  {
    name: 'a lost answer of Slack is not settled',
    change: {
      file: 'src/slack/thread-writer.ts',
      from: 'const settled = await settle?.(last);',
      to: 'const settled = undefined as SlackAnswer | undefined;',
    },
    tries: ['cut at “posted, not recorded”', 'slack loses answers'],
  },
  {
    name: 'no quiet time for the calls of a lost worker',
    change: {
      file: LUA,
      from: "'quiet', expired[i + 1] + ARGV[2])",
      to: "'quiet', 0)",
    },
    also: NO_SECOND_LOOK,
    tries: ['late at “before post”', 'late at “before the last write”', 'late at “before append”'],
  },
  {
    name: 'the lease is not checked before chat calls',
    change: {
      file: 'src/slack/thread-writer.ts',
      from: '    deps.assertHeld();\n    calls += 1;',
      to: '    calls += 1;',
    },
    tries: ['freeze at “lane claimed”', 'freeze at “mid-stream”', 'freeze at “before post”'],
  },
  {
    name: 'leases are not renewed',
    change: {
      file: 'src/turns/leases.ts',
      from: 'renewing ??= renewAll().finally',
      to: 'renewing ??= Promise.resolve().finally',
    },
    tries: ['kill at “before post”', 'kill at “mid-stream”'],
  },
];

/** All changes that plant it. */
export function changesOf({ change, also }: PlantedDefect): readonly Change[] {
  return also ? [change, also] : [change];
}

/** Plants one defect in a copy of the source and runs seeds until one fails. */
export async function tryPlanted(
  defect: PlantedDefect,
  options: {
    readonly stacks: number;
    readonly root: string | undefined;
    readonly say: (line: string) => void;
    readonly stop: AbortSignal;
  },
): Promise<Planted> {
  const tree = await copyTree(changesOf(defect), options.root);
  const found = new AbortController();
  try {
    const all = Array.from({ length: ROUND * ROUNDS }, (_, i) => i + 1);
    const seeds = all.filter((seed) => defect.tries.length === 0 || defect.tries.includes(firstStepOf(seed)));
    if (seeds.length === 0) throw new Error(`No seed begins with ${defect.tries.join(' or ')}.`);
    await runCampaign({
      tree,
      seeds,
      stacks: options.stacks,
      keepLogs: 'none',
      limits: PATIENCE,
      signal: AbortSignal.any([options.stop, found.signal]),
      say: () => undefined,
      onResult(result) {
        if (result.problems.length === 0 || found.signal.aborted) return;
        options.say(`${defect.name}: seed ${result.seed}: ${result.problems[0]}`);
        found.abort();
      },
    });
  } finally {
    await tree.remove();
  }
  if (!found.signal.aborted) {
    options.say(`${defect.name}: ${options.stop.aborted ? 'broken off' : 'NOT DETECTED'}`);
  }
  return { name: defect.name, detected: found.signal.aborted };
}
