import { expect, test } from 'vitest';
import { createPassingTime } from './passing-time.ts';
import { runSeed } from './reply-campaign.ts';
import { startSlack } from './slack-thread.ts';

/** One seed to look at: `DELIVERY_SEED=123 npx vitest run --project integration reply-campaign`. */
const only = process.env.DELIVERY_SEED;
const SEEDS = only === undefined ? Array.from({ length: 500 }, (_, i) => i + 1) : [Number(only)];
const LANES = 4;

test('whatever Slack does at random: the exact text, one reply, the right thread, in every run', {
  timeout: 120_000,
}, async () => {
  const left = [...SEEDS];
  const failed: string[] = [];
  const lane = async () => {
    const time = createPassingTime();
    const slack = await startSlack(time.now, { wait: time.wait });
    try {
      for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
        const problems = await runSeed(slack, time, seed).catch((error: unknown) => [String(error)]);
        if (problems.length > 0) failed.push(`DELIVERY_SEED=${seed}: ${problems.join('; ').slice(0, 2_000)}`);
      }
    } finally {
      await slack.close();
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  expect(failed).toEqual([]);
});
