import { describe, expect, it } from 'vitest';
import { FAILPOINTS } from '../../faults/failpoints.ts';
import { changesOf, PLANTED_DEFECTS } from '../../faults/planted-defects.ts';
import { firstStepOf, IN_FLIGHT, ROUND, scheduleOf } from '../../faults/schedule.ts';
import { createDice } from '../../faults/seeded.ts';
import { DISTURBANCES, describeStep, harm } from '../../faults/steps.ts';
import { copyTree } from '../../faults/tree.ts';

const seeds = Array.from({ length: ROUND }, (_, i) => i + 1);

describe('schedules', () => {
  it('are the same for the same seed, and differ between seeds', () => {
    expect(scheduleOf(7)).toEqual(scheduleOf(7));
    expect(scheduleOf(7).lanes).not.toEqual(scheduleOf(8).lanes);
  });

  it('kill at every failpoint and make every disturbance within one round of seeds', () => {
    const steps = new Set(seeds.flatMap((seed) => scheduleOf(seed).steps.map(describeStep)));
    for (const { name } of FAILPOINTS) expect(steps).toContain(`kill at “${name}”`);
    for (const disturbance of DISTURBANCES) expect(steps).toContain(disturbance);
  });

  it('ask at least 20 questions at once, some more behind them, and several in one lane', () => {
    for (const { lanes } of seeds.map(scheduleOf)) {
      const asks = lanes.flatMap((lane) => lane.asks);
      expect(asks.filter((ask) => !ask.later).length).toBeGreaterThanOrEqual(IN_FLIGHT);
      expect(asks.filter((ask) => ask.later).length).toBeGreaterThanOrEqual(4);
      expect(Math.max(...lanes.map((lane) => lane.asks.length))).toBeGreaterThanOrEqual(3);
      expect(new Set(asks.map(({ canary }) => canary)).size).toBe(asks.length);
    }
  });

  it('restart a thousand seeds’ worth of stacks in order at least a hundred times', () => {
    const steps = Array.from({ length: 1_000 }, (_, i) => scheduleOf(i + 1).steps.map(describeStep)).flat();
    expect(steps.filter((step) => step.startsWith('rolling restart')).length).toBeGreaterThanOrEqual(100);
  });

  it('make a harm only where it says something', () => {
    const dice = createDice(1);
    expect(() => harm('outdate', 'before post', dice)).toThrow('says nothing');
    expect(harm('outdate', 'before the end is recorded', dice).ms).toBeGreaterThan(3_000);
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
