import { describe, expect, it } from 'vitest';
import { FAILPOINTS } from '../../faults/failpoints.ts';
import { changesOf, PLANTED_DEFECTS } from '../../faults/planted-defects.ts';
import { firstStepOf, ROUND, scheduleOf } from '../../faults/schedule.ts';
import { copyTree } from '../../faults/tree.ts';

const seeds = Array.from({ length: ROUND }, (_, i) => i + 1);

describe('schedules', () => {
  it('are the same for the same seed, and differ between seeds', () => {
    expect(scheduleOf(7)).toEqual(scheduleOf(7));
    expect(scheduleOf(7).lanes).not.toEqual(scheduleOf(8).lanes);
  });

  it('kill at every failpoint within one round of seeds', () => {
    const first = new Set(seeds.map(firstStepOf));
    for (const { name } of FAILPOINTS) expect(first).toContain(`kill at “${name}”`);
  });

  it('ask at least 20 questions of at least 10 people', () => {
    for (const { lanes } of seeds.map(scheduleOf)) {
      expect(lanes.flatMap(({ asks }) => asks).length).toBeGreaterThanOrEqual(20);
      expect(new Set(lanes.map(({ user }) => user)).size).toBeGreaterThanOrEqual(10);
    }
  });

  it('try every planted defect at moments that there are', () => {
    const first = new Set(seeds.map(firstStepOf));
    for (const { tries } of PLANTED_DEFECTS) for (const moment of tries) expect(first).toContain(moment);
  });
});

describe('planted defects', () => {
  it.each(PLANTED_DEFECTS.map((defect) => [defect.name, defect] as const))(
    'fit the source: %s',
    async (_, defect) => {
      const tree = await copyTree(changesOf(defect));
      expect(tree.scripts.size).toBeGreaterThan(0);
      await tree.remove();
    },
  );
});
