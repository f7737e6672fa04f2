import type { Policy } from '../../../src/chat/policies.ts';
import type { Counted, InterventionField } from '../../../src/guardrails/counts.ts';
import type { Example } from '../../../src/guardrails/examples.ts';

/** What the guardrail minded over some days, put together from counts, the audit log and examples. Pure. */

/** More than this share of the checked turns, and either the policies are too strict or somebody is at work. */
export const ALARM_SHARE = 0.1;

type Mode = InterventionField[3];

export interface Dispute {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly turn: string;
  readonly policy: Policy;
}

export interface Sum {
  readonly mode: Mode;
  readonly direction: InterventionField[0];
  readonly action: InterventionField[1];
  readonly policy: Policy;
  readonly count: number;
}

export interface TurnShare {
  readonly checked: number;
  /** Of them, those in which a policy minded something; not those that could not be checked. */
  readonly intervened: number;
  /** From 0 to 1; null without a checked turn. */
  readonly share: number | null;
  readonly alarm: boolean;
}

export interface GuardrailReport {
  /** UTC days, the first and the last. */
  readonly from: string;
  readonly to: string;
  /** In mode `shadow` all of these but secrets were shown as they were: they are what `enforce` would have changed. */
  readonly turns: readonly ({ readonly mode: Mode } & TurnShare)[];
  readonly alarm: boolean;
  /** Interventions in all modes. */
  readonly interventions: {
    readonly byPolicy: readonly Sum[];
    readonly byChannel: readonly Of[];
    readonly byDay: readonly Of[];
  };
  /** What enforcing would have blocked or masked. */
  readonly shadow: { readonly blocked: number; readonly masked: number; readonly byPolicy: readonly Sum[] };
  /** Checks that could not be made. */
  readonly unavailable: number;
  /** What people marked as wrong, beside how often the policy blocked in a turn. */
  readonly disputed: readonly {
    readonly policy: Policy;
    readonly disputed: number;
    readonly blocked: number;
    /** From 0 to 1; null where the policy blocked nothing in these days. */
    readonly share: number | null;
    readonly turns: readonly string[];
  }[];
  /** What people marked first, then the newest. */
  readonly examples: readonly (Omit<Example, 'at'> & { readonly at: string; readonly disputed: boolean })[];
}

/** How much of it was in a channel, or on a day. */
export interface Of {
  readonly name: string;
  readonly turns: TurnShare;
  readonly blocked: number;
  readonly masked: number;
}

const MODES: readonly Mode[] = ['enforce', 'shadow'];
const MOST_TURNS = 20;
const MOST_EXAMPLES = 20;

export function reportOf(from: {
  readonly days: readonly string[];
  readonly counts: readonly Counted[];
  readonly disputes: readonly Dispute[];
  readonly examples: readonly Example[];
}): GuardrailReport {
  const { days, counts } = from;
  const minded = counts.flatMap(({ day, field, count }) =>
    field[0] === 'turn' || field[2] === 'unavailable' ? [] : [{ day, field, count }],
  );
  const turns = MODES.map((mode) => ({
    mode,
    ...shareOf(counts.filter(({ field }) => field[0] === 'turn' && field[2] === mode)),
  })).filter(({ checked, intervened }) => checked + intervened > 0);
  // Secrets were withheld in this mode, too.
  const shadowed = sumsOf(minded.map(({ field, count }) => ({ field, count }))).filter(
    ({ mode, policy }) => mode === 'shadow' && policy !== 'secret',
  );
  return {
    from: days[0] ?? '',
    to: days.at(-1) ?? '',
    turns,
    alarm: turns.some(({ alarm }) => alarm),
    interventions: {
      byPolicy: sumsOf(minded),
      byChannel: groupsOf(counts, ({ field }) => field.at(-1) ?? '').toSorted(
        (a, b) => b.blocked + b.masked - a.blocked - a.masked,
      ),
      byDay: groupsOf(counts, ({ day }) => day),
    },
    shadow: {
      blocked: total(shadowed.filter(({ action }) => action === 'blocked')),
      masked: total(shadowed.filter(({ action }) => action === 'masked')),
      byPolicy: shadowed,
    },
    unavailable: total(counts.filter(({ field }) => field[2] === 'unavailable')),
    disputed: disputedOf(from.disputes, minded),
    examples: examplesOf(from.examples, from.disputes, days),
  };
}

const total = (all: readonly { readonly count: number }[]) => all.reduce((sum, { count }) => sum + count, 0);
const ratio = (part: number, whole: number) =>
  whole === 0 ? null : Math.round((part / whole) * 1000) / 1000;

function shareOf(counts: readonly Counted[]): TurnShare {
  const of = (outcome: string) =>
    total(counts.filter(({ field }) => field[0] === 'turn' && field[1] === outcome));
  const [checked, intervened] = [of('checked'), of('intervened')];
  return {
    checked,
    intervened,
    share: ratio(intervened, checked),
    alarm: intervened > ALARM_SHARE * checked,
  };
}

type MindedCount = { readonly field: InterventionField; readonly count: number };

function sumsOf(minded: readonly MindedCount[]): Sum[] {
  const groups = Map.groupBy(minded, ({ field: [direction, action, policy, mode] }) =>
    [mode, direction, action, policy].join(' '),
  );
  return [...groups.values()]
    .flatMap((members) => {
      const [first] = members;
      if (!first) return [];
      const [direction, action, policy, mode] = first.field;
      return [{ mode, direction, action, policy, count: total(members) }];
    })
    .toSorted((a, b) => b.count - a.count);
}

function groupsOf(counts: readonly Counted[], nameOf: (one: Counted) => string): Of[] {
  const of = (members: readonly Counted[], action: string) =>
    total(members.filter(({ field }) => field[1] === action && field[2] !== 'unavailable'));
  return [...Map.groupBy(counts, nameOf)].map(([name, members]) => ({
    name,
    turns: shareOf(members),
    blocked: of(members, 'blocked'),
    masked: of(members, 'masked'),
  }));
}

function disputedOf(disputes: readonly Dispute[], minded: readonly MindedCount[]) {
  return [...Map.groupBy(disputes, ({ policy }) => policy)]
    .map(([policy, marked]) => {
      const blocked = total(
        minded.filter(
          ({ field: [direction, action, name] }) =>
            (direction === 'question' || direction === 'answer') && action === 'blocked' && name === policy,
        ),
      );
      const turns = [...new Set(marked.toReversed().map(({ turn }) => turn))];
      return {
        policy,
        disputed: turns.length,
        blocked,
        share: ratio(turns.length, blocked),
        turns: turns.slice(0, MOST_TURNS),
      };
    })
    .toSorted((a, b) => b.disputed - a.disputed);
}

/** Those that people marked first, then the newest. */
function examplesOf(
  examples: readonly Example[],
  disputes: readonly Dispute[],
  days: readonly string[],
): GuardrailReport['examples'] {
  const marked = new Set(disputes.map(({ turn, policy }) => `${turn} ${policy}`));
  return examples
    .map(({ at, ...one }) => ({
      ...one,
      at: new Date(at).toISOString(),
      disputed:
        one.action === 'blocked' && one.policies.some((policy) => marked.has(`${one.turn} ${policy}`)),
    }))
    .filter(({ at }) => days.includes(at.slice(0, 10)))
    .toSorted((a, b) => Number(b.disputed) - Number(a.disputed) || b.at.localeCompare(a.at))
    .slice(0, MOST_EXAMPLES);
}
