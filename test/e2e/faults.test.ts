import { expect, it } from 'vitest';
import { runSample } from '../faults/sample.ts';
import { firstStepOf, ROUND } from '../faults/schedule.ts';

/** A sample of the campaign that `npm run faults` runs in full: each of the harms, all along the way of a turn, in Slack and in Teams. */
const SAMPLE = [
  'kill at “delivered, not verified”',
  'Teams: kill at “accepted from Teams, not acknowledged”',
  'kill at “enqueued, not woken”',
  'kill at “accepted, not acknowledged”',
  'Teams: kill at “lane claimed”',
  'kill at “before invoke”',
  'kill at “mid-stream”',
  'Teams: kill at “sent to Teams, not recorded”',
  'kill at “agent completed”',
  'kill at “before post”',
  'kill at “posted, not recorded”',
  'kill at “before the end is recorded”',
  'late at “before post”',
  'cut at “posted, not recorded”',
  'Teams: cut at “sent to Teams, not recorded”',
  'freeze at “mid-stream”',
  'Teams: term at “mid-stream”',
  'redis is killed',
  'rolling restart',
  'slack says 500',
];

it('loses, doubles and disorders nothing when processes are killed and everything around them fails', async () => {
  const round = Array.from({ length: ROUND }, (_, i) => i + 1);
  const seeds = SAMPLE.flatMap((moment) => round.find((seed) => firstStepOf(seed) === moment) ?? []);
  expect(seeds).toHaveLength(20);
  const { report } = await runSample(seeds, 5);
  expect(report.kills).toBeGreaterThanOrEqual(10);
}, 180_000);
