import { isDeepStrictEqual } from 'node:util';
import {
  type EventMetadataFilter,
  invalidInput,
  type Metadata,
  type RecordMetadata,
  type RecordMetadataFilter,
  type RecordMetadataValue,
} from './model.ts';

/** Which events and records a filter lets through; all its expressions have to hold. Pure. */

const UNARY = new Set(['EXISTS', 'NOT_EXISTS']);

/** Throws InvalidInputException for an expression without a right side that needs one, or with one that it does not take. */
export function checkFilters(filters: readonly { operator: string; right?: unknown }[] | undefined): void {
  for (const { operator, right } of filters ?? []) {
    if (UNARY.has(operator) !== (right === undefined)) {
      throw invalidInput(`${operator} ${right === undefined ? 'needs' : 'takes no'} right operand`);
    }
  }
}

export function eventFits(
  metadata: Metadata | undefined,
  filters: readonly EventMetadataFilter[] = [],
): boolean {
  return filters.every(({ left, operator, right }) => {
    const value = metadata?.[left.metadataKey];
    if (operator === 'EQUALS_TO') {
      return value !== undefined && value.stringValue === right?.metadataValue.stringValue;
    }
    return (value !== undefined) === (operator === 'EXISTS');
  });
}

export function recordFits(
  metadata: RecordMetadata | undefined,
  filters: readonly RecordMetadataFilter[] = [],
): boolean {
  return filters.every(({ left, operator, right }) => {
    const value = metadata?.[left.metadataKey];
    if (operator === 'EXISTS') return value !== undefined;
    if (operator === 'NOT_EXISTS') return value === undefined;
    const wanted = right?.metadataValue;
    if (value === undefined || wanted === undefined) return false;
    if (operator === 'EQUALS_TO') return isDeepStrictEqual(value, wanted);
    if (operator === 'CONTAINS') return contains(value, wanted);
    const [a, b] = [numberOf(value), numberOf(wanted)];
    if (a === undefined || b === undefined) return false;
    if (operator === 'BEFORE' || operator === 'LESS_THAN') return a < b;
    if (operator === 'AFTER' || operator === 'GREATER_THAN') return a > b;
    return operator === 'LESS_THAN_OR_EQUALS' ? a <= b : a >= b;
  });
}

function contains(value: RecordMetadataValue, wanted: RecordMetadataValue): boolean {
  if (!('stringValue' in wanted)) return false;
  if ('stringListValue' in value) return value.stringListValue.includes(wanted.stringValue);
  return 'stringValue' in value && value.stringValue.includes(wanted.stringValue);
}

function numberOf(value: RecordMetadataValue): number | undefined {
  if ('numberValue' in value) return value.numberValue;
  return 'dateTimeValue' in value ? value.dateTimeValue : undefined;
}

/** `namespace` is a prefix of characters; `namespacePath` counts whole steps of a path. */
export function inNamespace(
  of: string,
  by: { readonly namespace?: string | undefined; readonly namespacePath?: string | undefined },
): boolean {
  if (by.namespace !== undefined) return of.startsWith(by.namespace);
  const path = (by.namespacePath ?? '').replace(/\/+$/, '');
  return of.replace(/\/+$/, '') === path || of.startsWith(`${path}/`);
}
