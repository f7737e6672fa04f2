import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { factsSchema } from '../../../src/audit/events.ts';
import { COUNTED_DAYS, dayOf, readCounts } from '../../../src/guardrails/counts.ts';
import { createExamples, type Example } from '../../../src/guardrails/examples.ts';
import { createSealer } from '../../../src/store/sealed.ts';
import { latestEntries } from '../audit-table.ts';
import { Complaint } from '../redis.ts';
import { columns } from '../turn-table.ts';
import { type LogAtHand, withLog } from '../with-audit.ts';
import { ALARM_SHARE, type Dispute, type GuardrailReport, type Of, reportOf, type Sum } from './report.ts';

/** `guardrail report`: from Redis alone, so that it needs no AWS. */

const DAY_MS = 86_400_000;
/** More disputes than these, and the rest says nothing new. */
const MOST_DISPUTES = 10_000;

export async function report(options: {
  readonly env?: string;
  readonly days: number;
  readonly json: boolean;
}): Promise<void> {
  const { env, days, json } = options;
  if (env !== undefined && !existsSync(env)) throw new Complaint(`There is no file ${env}.`);
  if (env !== undefined) process.loadEnvFile(env);
  const made = await withLog((log) => make(log, days, Date.now()));
  process.stdout.write(`${json ? JSON.stringify(made) : describe(made)}\n`);
}

async function make(log: LogAtHand, days: number, now: number): Promise<GuardrailReport> {
  const { redis, config, place } = log;
  const { keyPrefix } = config;
  const names = Array.from({ length: days }, (_, i) => dayOf(now - (days - 1 - i) * DAY_MS));
  const counts = await readCounts(redis, keyPrefix, names);
  const since = Date.parse(names[0] ?? '');
  const entries = await latestEntries(log, { type: 'guardrail.disputed', limit: MOST_DISPUTES, since });
  const disputes = entries.flatMap(({ at, event }): Dispute[] => {
    const { data: facts } = factsSchema.safeParse(event);
    return facts?.type === 'guardrail.disputed' ? [{ at, turn: facts.turn, policy: facts.policy }] : [];
  });
  const sealer =
    place.signed && place.dataKeys ? createSealer({ keys: place.dataKeys, randomBytes }) : undefined;
  const examples: Example[] = [];
  for await (const one of createExamples({ redis, keyPrefix, sealer, now: () => now }).all())
    examples.push(one);
  return reportOf({ days: names, counts, disputes, examples });
}

export function readDays(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > COUNTED_DAYS)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${COUNTED_DAYS}.`);
  return value;
}

const percent = (share: number | null) => (share === null ? '–' : `${Math.round(share * 1000) / 10} %`);

function describe(made: GuardrailReport): string {
  const { interventions, shadow, disputed, examples } = made;
  const sections = [
    [`Guardrail, ${made.from} to ${made.to} (UTC)`, turnsText(made)],
    ['What it minded', sumsTable(interventions.byPolicy)],
    ['By channel', groupsTable('channel', interventions.byChannel)],
    ['By day', groupsTable('day', interventions.byDay)],
    [
      'In shadow mode: shown as it was, and with enforce',
      shadow.byPolicy.length === 0 ? '' : `${shadow.blocked} blocked, ${shadow.masked} masked`,
    ],
    [
      'Marked as wrong by people',
      table(
        ['policy', 'marked', 'of blocked', 'share', 'turns'],
        disputed.map((one) => [
          one.policy,
          String(one.disputed),
          String(one.blocked),
          percent(one.share),
          one.turns.slice(0, 3).join(' '),
        ]),
      ),
    ],
    [
      'Examples, personal data masked',
      examples
        .map(
          ({ at, mode, direction, action, policies, disputed: wrong, text, turn }) =>
            `${at.slice(0, 16)} ${mode} ${direction} ${action} ${policies.join(', ')}${wrong ? ', marked as wrong' : ''}${turn === undefined ? '' : ` (${turn})`}\n  ${text}`,
        )
        .join('\n'),
    ],
  ] as const;
  return sections
    .filter(([, text]) => text !== '')
    .map(([title, text]) => `${title}\n${text.replace(/^/gm, '  ')}`)
    .join('\n\n');
}

function turnsText({ turns, unavailable }: GuardrailReport): string {
  const lines = turns.map(
    ({ mode, checked, intervened, share, alarm }) =>
      `${mode}: ${checked} turns checked, in ${intervened} of them it minded something (${percent(share)})${
        alarm
          ? `\nALARM: more than ${ALARM_SHARE * 100} %. Too strict, or somebody tries things: look at the policies and examples below.`
          : ''
      }`,
  );
  if (unavailable > 0) lines.push(`${unavailable} times it could not be asked`);
  return lines.length === 0 ? 'No turn was checked.' : lines.join('\n');
}

const sumsTable = (sums: readonly Sum[]) =>
  table(
    ['policy', 'direction', 'action', 'mode', 'times'],
    sums.map(({ policy, direction, action, mode, count }) => [
      policy,
      direction,
      action,
      mode,
      String(count),
    ]),
  );

const groupsTable = (name: string, groups: readonly Of[]) =>
  table(
    [name, 'turns', 'minded', 'share', 'blocked', 'masked'],
    groups.map((one) => [
      one.name,
      String(one.turns.checked),
      String(one.turns.intervened),
      percent(one.turns.share),
      String(one.blocked),
      String(one.masked),
    ]),
  );

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  rows.length === 0 ? '' : columns([head, ...rows]);
