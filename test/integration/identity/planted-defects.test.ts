import { describe, expect, it } from 'vitest';
import { copyTree } from '../../faults/tree.ts';
import { type Attack, Harm } from './attacks/attack.ts';
import { EVERY_ATTACK } from './attacks/every-attack.ts';
import { PLANTED_DEFECTS, type PlantedDefect } from './planted-defects.ts';
import { linkUp, newAccount } from './rig.ts';
import { createRigs } from './rigs.ts';

const attacksOn = ({ noticed }: PlantedDefect) =>
  noticed.flatMap((words) => {
    const found = EVERY_ATTACK.filter(({ title }) => title.includes(words));
    if (found.length === 0) throw new Error(`No attack is called “${words}”.`);
    return found;
  });

/** Which of the attacks do harm to this copy of the source. */
async function harmDone(source: string, attacks: readonly Attack[]): Promise<string[]> {
  const rigs = createRigs({ source });
  try {
    // A defect that breaks everything would be noticed by everything.
    await linkUp(await rigs.fresh(), newAccount('alice'), 'alice');
    const harmful: string[] = [];
    for (const { title, settings, run } of attacks) {
      try {
        await run(await rigs.fresh(settings));
      } catch (error) {
        if (!(error instanceof Harm)) throw error;
        harmful.push(title);
      }
    }
    return harmful;
  } finally {
    await rigs.close();
  }
}

describe('the attacks notice that', () => {
  it.each(PLANTED_DEFECTS)('$name', async (defect) => {
    const attacks = attacksOn(defect);
    const tree = await copyTree(defect.changes);
    try {
      expect(await harmDone(tree.folder, attacks)).toEqual(attacks.map(({ title }) => title));
    } finally {
      await tree.remove();
    }
  });

  it('nothing is amiss in a copy without a defect', async () => {
    const tree = await copyTree();
    try {
      expect(await harmDone(tree.folder, [...new Set(PLANTED_DEFECTS.flatMap(attacksOn))])).toEqual([]);
    } finally {
      await tree.remove();
    }
  });
});
