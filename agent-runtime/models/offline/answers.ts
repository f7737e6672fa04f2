import { z } from 'zod';
import type { ToolOutcome } from './conversation.ts';

/** Writes an answer from tool results alone: every number in it is computed from what the tools returned. */
export function composeAnswer(outcomes: readonly ToolOutcome[]): string {
  return outcomes.map(composeOne).join('\n\n');
}

const MAX_ROWS = 25;

const ec2List = z.object({
  region: z.string(),
  state: z.string(),
  count: z.number(),
  complete: z.boolean(),
  byState: z.record(z.string(), z.number()),
  instances: z.array(
    z.object({ id: z.string(), name: z.string(), type: z.string(), state: z.string(), zone: z.string() }),
  ),
});

const bucketList = z.object({
  count: z.number(),
  buckets: z.array(z.object({ name: z.string(), created: z.string(), region: z.string() })),
});

const functionList = z.object({
  region: z.string(),
  count: z.number(),
  complete: z.boolean(),
  functions: z.array(
    z.object({ name: z.string(), runtime: z.string(), memoryMb: z.number(), modified: z.string() }),
  ),
});

const anyFields = z.record(z.string(), z.unknown());

function composeOne(outcome: ToolOutcome): string {
  if (!outcome.ok) {
    const reason = typeof outcome.result === 'string' ? outcome.result : 'the tool gave no reason.';
    return `I could not find that out. ${reason.replace(/^Error:\s*/, '')}`;
  }
  switch (outcome.name) {
    case 'list_ec2_instances':
      return composeInstances(ec2List.parse(outcome.result));
    case 'list_s3_buckets': {
      const found = bucketList.parse(outcome.result);
      const head = `The account has ${amount(found.count, 'S3 bucket')}.`;
      const rows = found.buckets.map((one) => [one.name, one.created.slice(0, 10), one.region]);
      return withTable(head, ['Bucket', 'Created', 'Region'], rows, found.count);
    }
    case 'list_lambda_functions': {
      const found = functionList.parse(outcome.result);
      const head = `There ${be(found.count)} ${atLeast(found.complete)}${amount(found.count, 'Lambda function')} in ${found.region}.`;
      const rows = found.functions.map((one) => [
        one.name,
        one.runtime,
        `${one.memoryMb} MB`,
        one.modified.slice(0, 10),
      ]);
      return withTable(head, ['Function', 'Runtime', 'Memory', 'Changed'], rows, found.count);
    }
    default:
      return composeFields(anyFields.parse(outcome.result));
  }
}

function composeInstances(found: z.infer<typeof ec2List>): string {
  const counted = `${atLeast(found.complete)}${amount(found.count, 'EC2 instance')}`;
  const kinds = Object.entries(found.byState).map(([state, count]) => `${count} ${state}`);
  const head =
    found.state === 'any'
      ? `There ${be(found.count)} ${counted} in ${found.region}${kinds.length > 0 ? `: ${kinds.join(', ')}` : ''}.`
      : `${counted} ${be(found.count)} ${found.state} in ${found.region}.`;
  const rows = found.instances.map((one) => [one.name || '–', one.id, one.type, one.state, one.zone]);
  return withTable(head, ['Name', 'Instance', 'Type', 'State', 'Zone'], rows, found.count);
}

function composeFields(fields: Record<string, unknown>): string {
  const rows = Object.entries(fields)
    .map(([name, value]) => [label(name), show(value)])
    .filter(([, value]) => value !== '');
  const title = [fields.name, fields.id].filter((part) => typeof part === 'string' && part !== '').join(', ');
  return withTable(title === '' ? 'Details:' : `Details of ${title}:`, ['What', 'Value'], rows, rows.length);
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.map(show).join(', ');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, one]) => `${key}=${show(one)}`)
      .join(', ');
  }
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function label(name: string): string {
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function withTable(
  head: string,
  columns: readonly string[],
  rows: readonly (readonly (string | undefined)[])[],
  total: number,
): string {
  if (rows.length === 0) return head;
  const shown = rows.slice(0, MAX_ROWS);
  const lines = [
    `| ${columns.join(' | ')} |`,
    `|${columns.map(() => ' --- ').join('|')}|`,
    ...shown.map((row) => `| ${row.map((value) => cell(value ?? '')).join(' | ')} |`),
  ];
  const more = total > shown.length ? `\n\n… and ${total - shown.length} more.` : '';
  return `${head}\n\n${lines.join('\n')}${more}`;
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('\\', '\\\\').replaceAll('|', '\\|');
}

function amount(count: number, noun: string): string {
  return `${count === 0 ? 'No' : count} ${noun}${count === 1 ? '' : 's'}`;
}

function be(count: number): string {
  return count === 1 ? 'is' : 'are';
}

function atLeast(complete: boolean): string {
  return complete ? '' : 'at least ';
}
