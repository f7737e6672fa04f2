import { afterAll, describe, expect, it } from 'vitest';
import { ATTACKS } from './attacks/every-attack.ts';
import { linkUp, newAccount } from './rig.ts';
import { createRigs } from './rigs.ts';

const rigs = createRigs();
afterAll(() => rigs.close());

describe.each(Object.entries(ATTACKS))('attacks on %s: no link comes of', (_kind, attacks) => {
  it.each(attacks)('$title', async ({ settings, run }) => {
    const rig = await rigs.fresh(settings);
    await expect(run(rig)).resolves.toBeUndefined();
  });
});

it.each(['any', 'match'] as const)(
  'a person who wants to be linked is, with addresses: %s',
  async (email) => {
    const rig = await rigs.fresh({ email });
    const alices = newAccount('alice');
    await linkUp(rig, alices, 'alice');
    expect(await rig.linkOf(alices)).toBe('alice');
    expect(rig.unparked).toEqual([alices]);
  },
);
