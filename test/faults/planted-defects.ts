import type { Change } from './tree.ts';

/** A defect on purpose: a campaign that does not find it proves nothing when it finds none. */
export interface PlantedDefect {
  readonly name: string;
  readonly change: Change;
  /** What would mend the damage afterwards is taken out, too. */
  readonly also?: Change;
  /** First steps (see `describeStep`) of the seeds that are tried. */
  readonly tries: readonly string[];
}

const TURNS = 'src/turns';
const SLACK = 'src/slack';
const TEAMS = 'src/teams';
const NO_SECOND_LOOK: Change = {
  under: SLACK,
  from: /await lateWrites\.settle\(parts, posted\(\)\);/,
  to: '',
};

export const PLANTED_DEFECTS: readonly PlantedDefect[] = [
  {
    name: 'the fence is not checked',
    change: {
      under: TURNS,
      from: /local function holds\(lane, fence\) .* end\n/,
      to: 'local function holds(lane, fence) return true end\n',
    },
    tries: ['outdate at “before the end is recorded”', 'outdate at “before the post is recorded”'],
  },
  {
    name: 'the claim is forgotten',
    change: {
      under: TURNS,
      from: /for i = first, #ARGV do redis\.call\('SET', key\('claim', ARGV\[i\]\), turn, 'EX', claimTtl\) end/,
      to: '',
    },
    tries: ['kill at “accepted, not acknowledged”', 'deliveries repeat'],
  },
  {
    name: 'accepted but not enlisted',
    change: {
      under: TURNS,
      from: /if redis\.call\('EXISTS', key\('lease', lane\)\) == 0 then enlist\(lane, tenant, false\) end/,
      to: '',
    },
    tries: ['kill at “delivered, not verified”'],
  },
  {
    name: 'a question is put before those that wait',
    change: {
      under: TURNS,
      from: /redis\.call\('RPUSH', key\('lane', lane\), turn\)/,
      to: "(redis.call('EXISTS', key('lane', lane)) == 1 and redis.call('LINSERT', key('lane', lane), 'AFTER', redis.call('LINDEX', key('lane', lane), 0), turn) or redis.call('RPUSH', key('lane', lane), turn))",
    },
    tries: ['kill at “delivered, not verified”', 'kill at “mid-stream”'],
  },
  {
    name: 'the end of a turn does not enlist its lane',
    change: {
      under: TURNS,
      from: /if redis\.call\('EXISTS', key\('lane', lane\)\) == 1 then enlist\(lane, tenant, false\) end/,
      to: '',
    },
    tries: ['kill at “delivered, not verified”'],
  },
  {
    name: 'a lost worker’s lane is not enlisted again',
    change: {
      under: TURNS,
      from: /enlist\(lane, lease\[2\], true\)\n(\s+else redis)/,
      to: '$1',
    },
    tries: ['kill at “mid-stream”', 'kill at “before post”'],
  },
  {
    name: 'nobody sweeps',
    change: {
      under: TURNS,
      from: /sweeping \?\?= sweep\(\)\.finally/,
      to: 'sweeping ??= Promise.resolve().finally',
    },
    tries: ['kill at “mid-stream”', 'kill at “enqueued, not woken”'],
  },
  {
    name: 'a lost wake is not made up for',
    change: { under: TURNS, from: /local overlooked = redis\.call\([^\n]*\n/, to: 'local overlooked = 0\n' },
    tries: ['kill at “enqueued, not woken”'],
  },
  {
    name: 'acknowledged before it is stored',
    change: {
      under: TURNS,
      from: /const acceptance = await deps\.lanes\.accept\(turnId, message, again\);/,
      to: "const acceptance = { outcome: 'accepted', turnId, place: 1, wake: true } as Acceptance;\n    setTimeout(() => void deps.lanes.accept(turnId, message, again).then(() => deps.wakes.add()), 300);",
    },
    tries: ['kill at “accepted, not acknowledged”', 'web dies', 'kill at “verified, not claimed”'],
  },
  {
    name: 'a turn taken over is started again instead of attached to',
    change: { under: TURNS, from: /earlier && deps\.canAttach \? 'attach' : 'start'/, to: "'start'" },
    tries: ['kill at “a change was begun”', 'kill at “agent completed”', 'kill at “mid-stream”'],
  },
  {
    name: 'no look into the thread before a message is sent again',
    change: { under: SLACK, from: /let unlooked = lookFirst;/, to: 'let unlooked = false;' },
    also: NO_SECOND_LOOK,
    tries: ['kill at “posted, not recorded”', 'late at “before post”'],
  },
  {
    name: 'messages carry no mark of their turn',
    change: { under: SLACK, from: /event_payload: \{ turn: turnId, part \}/, to: 'event_payload: { part }' },
    tries: ['cut at “posted, not recorded”', 'kill at “posted, not recorded”'],
  },
  {
    name: 'a lost answer of Slack is not settled',
    change: {
      under: SLACK,
      from: /const settled = await settle\?\.\(last\);/,
      to: 'const settled = undefined as SlackAnswer | undefined;',
    },
    tries: ['cut at “posted, not recorded”', 'slack loses answers'],
  },
  {
    name: 'no quiet time for the calls of a lost worker',
    change: { under: TURNS, from: /'quiet', expired\[i \+ 1\] \+ ARGV\[2\]\)/, to: "'quiet', 0)" },
    also: NO_SECOND_LOOK,
    tries: ['late at “before post”', 'late at “before the last write”', 'late at “before append”'],
  },
  {
    name: 'the lease is not checked before chat calls',
    change: { under: SLACK, from: /deps\.assertHeld\(\);(\s+calls \+= 1;)/, to: '$1' },
    tries: ['oversleep at “slot for a message granted”'],
  },
  {
    name: 'leases are not renewed',
    change: {
      under: TURNS,
      from: /renewing \?\?= renewAll\(\)\.finally/,
      to: 'renewing ??= Promise.resolve().finally',
    },
    tries: ['kill at “before post”', 'kill at “mid-stream”'],
  },
  {
    name: 'Teams: who takes a turn over forgets the message that was posted',
    change: { under: TEAMS, from: /const known = turn\.posted;/, to: 'const known: PostedPart[] = [];' },
    tries: ['Teams: kill at “post recorded”', 'Teams: kill at “mid-stream”'],
  },
  {
    name: 'Teams: an update without an answer posts anew',
    change: {
      under: TEAMS,
      from: /attempt\(urgency, \(\) => connector\.update\(place, id, activity\), onUnknown\)/,
      to: "attempt(urgency, () => connector.update(place, id, activity).catch((error) => teamsFailure(error)?.kind === 'unknown' ? connector.send(place, activity).then(() => undefined) : Promise.reject(error)), onUnknown)",
    },
    tries: ['Teams: cut at “updated”', 'Teams: teams loses answers'],
  },
  {
    name: 'Teams: what is posted is not put on record',
    change: { under: TEAMS, from: /await target\.notePosted\(posted\(\)\);/, to: '' },
    tries: ['Teams: kill at “mid-stream”', 'Teams: both workers die'],
  },
  {
    name: 'Teams: how to answer is kept only after the question was accepted',
    change: {
      under: TEAMS,
      from: /await deps\.references\.remember\(activity, message\);/,
      to: 'setTimeout(() => void deps.references.remember(activity, message), 300);',
    },
    tries: ['Teams: kill at “accepted from Teams, not acknowledged”', 'Teams: web dies'],
  },
];

/** All changes that plant it. */
export function changesOf({ change, also }: PlantedDefect): readonly Change[] {
  return also ? [change, also] : [change];
}
