import { expect, it } from 'vitest';
import { createTurnstile } from '../../faults/turnstile.ts';

it('lets one run after the other begin when the machine has breath, and does not wait for that for ever', async () => {
  const shares = [0.9, 0.1, 0.5, 0, 0, 0, 0, 0.9];
  let looks = 0;
  const enter = createTurnstile(async () => shares[looks++] ?? 1);
  const after: number[] = [];
  await Promise.all([1, 2, 3].map(() => enter().then(() => after.push(looks))));
  expect(after).toEqual([1, 3, 7]);
});
