import { describe, expect, it } from 'vitest';
import { type Dispute, reportOf } from '../../../scripts/ops/guardrail/report.ts';
import type { Counted, CountField } from '../../../src/guardrails/counts.ts';
import type { Example } from '../../../src/guardrails/examples.ts';

const DAYS = ['2026-01-30', '2026-01-31'];
const at = (day: string) => Date.parse(`${day}T12:00:00Z`);
const counted = (count: number, field: CountField, day = '2026-01-31'): Counted => ({ day, field, count });
const turns = (checked: number, intervened: number, mode: 'enforce' | 'shadow' = 'enforce'): Counted[] => [
  counted(checked, ['turn', 'checked', mode, 'C1']),
  counted(intervened, ['turn', 'intervened', mode, 'C1']),
];
const make = (counts: Counted[], disputes: Dispute[] = [], examples: Example[] = []) =>
  reportOf({ days: DAYS, counts, disputes, examples });
const example = (turn: string, day: string, policy: Example['policies'][number] = 'topic'): Example => ({
  ...{ at: at(day), turn, direction: 'question', action: 'blocked', mode: 'enforce' },
  policies: [policy],
  text: `about ${turn}`,
});

describe('the report on the guardrail', () => {
  it('raises an alarm above a tenth of the checked turns, in each mode for itself', () => {
    expect(make(turns(50, 5))).toMatchObject({ turns: [{ share: 0.1, alarm: false }], alarm: false });
    expect(make([...turns(50, 6), ...turns(10, 0, 'shadow')])).toMatchObject({
      turns: [
        { mode: 'enforce', checked: 50, intervened: 6, share: 0.12, alarm: true },
        { mode: 'shadow', checked: 10, share: 0, alarm: false },
      ],
      alarm: true,
    });
    expect(make([])).toMatchObject({ turns: [], alarm: false, examples: [] });
  });

  it('tells what enforcing would have blocked and masked, without the secrets that were withheld all the same', () => {
    const { shadow } = make([
      counted(3, ['question', 'blocked', 'topic', 'shadow', 'C1']),
      counted(2, ['question', 'blocked', 'topic', 'shadow', 'C2']),
      counted(4, ['answer', 'masked', 'personal_data', 'shadow', 'C1']),
      counted(7, ['question', 'blocked', 'secret', 'shadow', 'C1']),
      counted(9, ['answer', 'blocked', 'hate', 'enforce', 'C1']),
    ]);
    expect(shadow).toEqual({
      blocked: 5,
      masked: 4,
      byPolicy: [
        { mode: 'shadow', direction: 'question', action: 'blocked', policy: 'topic', count: 5 },
        { mode: 'shadow', direction: 'answer', action: 'masked', policy: 'personal_data', count: 4 },
      ],
    });
  });

  it('sums up by channel and by day', () => {
    const { byChannel, byDay } = make([
      ...turns(10, 2),
      counted(5, ['turn', 'checked', 'enforce', 'direct'], '2026-01-30'),
      counted(2, ['question', 'blocked', 'topic', 'enforce', 'C1']),
      counted(1, ['thread', 'masked', 'personal_data', 'enforce', 'direct'], '2026-01-30'),
    ]).interventions;
    expect(byChannel).toMatchObject([
      { name: 'C1', turns: { checked: 10, share: 0.2 }, blocked: 2, masked: 0 },
      { name: 'direct', turns: { checked: 5, share: 0 }, blocked: 0, masked: 1 },
    ]);
    expect(byDay.map(({ name }) => name).toSorted()).toEqual(DAYS);
  });

  it('tells apart what a policy minded and what could not be checked', () => {
    const made = make([counted(7, ['question', 'blocked', 'unavailable', 'enforce', 'C1'])]);
    expect(made.unavailable).toBe(7);
    expect(made.interventions.byPolicy).toEqual([]);
  });

  it('sets what people marked as wrong beside what the policy blocked', () => {
    const marked = (turn: string, policy: Dispute['policy'] = 'topic') => ({
      at: at(DAYS[1] ?? ''),
      turn,
      policy,
    });
    const made = make(
      [counted(4, ['question', 'blocked', 'topic', 'enforce', 'C1'])],
      [marked('t1'), marked('t1'), marked('t2', 'hate')],
    );
    expect(made.disputed).toEqual([
      { policy: 'topic', disputed: 1, blocked: 4, share: 0.25, turns: ['t1'] },
      { policy: 'hate', disputed: 1, blocked: 0, share: null, turns: ['t2'] },
    ]);
  });

  it('shows examples of these days, those first that people marked', () => {
    const { examples } = make(
      [],
      [{ at: at('2026-01-30'), turn: 't1', policy: 'topic' }],
      [example('t1', '2026-01-30'), example('t2', '2026-01-31'), example('old', '2026-01-01')],
    );
    expect(examples.map(({ turn, disputed }) => [turn, disputed])).toEqual([
      ['t1', true],
      ['t2', false],
    ]);
  });
});
