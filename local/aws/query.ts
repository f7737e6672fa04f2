import type { Tag } from './account-types.ts';
import type { Answer, AwsRequest } from './api.ts';
import { type AwsError, awsError } from './aws-error.ts';
import { toXml, type XmlObject } from './xml.ts';

/** The Query protocols of EC2, STS and RDS: a form with `Action` in, XML out. */

/** The fields of a request: a form in the body, or the query string. */
export function formOf(request: AwsRequest): URLSearchParams {
  return request.body.length > 0 ? new URLSearchParams(request.body.toString()) : request.query;
}

/** `Prefix.1`, `Prefix.2`, … in order. */
export function listOf(form: URLSearchParams, prefix: string): string[] {
  const values: string[] = [];
  for (let index = 1; ; index += 1) {
    const value = form.get(`${prefix}.${index}`);
    if (value === null) return values;
    values.push(value);
  }
}

export interface Filter {
  readonly name: string;
  readonly values: readonly string[];
}

/** `Filter.1.Name` with `Filter.1.Value.1`, …; RDS writes `Filters.Filter.1.Values.Value.1`. */
export function filtersOf(form: URLSearchParams, prefix = 'Filter', values = 'Value'): Filter[] {
  const filters: Filter[] = [];
  for (let index = 1; ; index += 1) {
    const name = form.get(`${prefix}.${index}.Name`);
    if (name === null) return filters;
    filters.push({ name, values: listOf(form, `${prefix}.${index}.${values}`) });
  }
}

/** The filters of an operation: name to the values that a thing has under it. */
export type FilterTable<T> = Readonly<Record<string, (thing: T) => readonly string[]>>;

/**
 * Keeps what passes every filter; a filter passes when one of its values does. `*` and `?` are wildcards.
 * `tag-key` and `tag:<key>` work everywhere. Throws InvalidParameterValue for a filter that the operation does not know.
 */
export function applyFilters<T extends { readonly tags: readonly Tag[] }>(
  things: readonly T[],
  filters: readonly Filter[],
  table: FilterTable<T>,
): T[] {
  const checks = filters.map(({ name, values }) => {
    const read = Object.hasOwn(table, name) ? table[name] : tagReader(name);
    if (!read) throw awsError(400, 'InvalidParameterValue', `The filter '${name}' is invalid`);
    return (thing: T) => read(thing).some((value) => values.some((wanted) => matches(value, wanted)));
  });
  return things.filter((thing) => checks.every((check) => check(thing)));
}

function tagReader(name: string): ((thing: { readonly tags: readonly Tag[] }) => string[]) | undefined {
  if (name === 'tag-key') return ({ tags }) => tags.map((tag) => tag.key);
  if (!name.startsWith('tag:')) return undefined;
  const key = name.slice('tag:'.length);
  return ({ tags }) => tags.filter((tag) => tag.key === key).map((tag) => tag.value);
}

function matches(value: string, wanted: string): boolean {
  const pattern = wanted
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`, 's').test(value);
}

export function xmlAnswer(root: string, value: XmlObject, namespace: string): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'text/xml;charset=UTF-8' },
    body: toXml(root, value, namespace),
  };
}

/** The error shape of STS and RDS. EC2 has its own. */
export function queryError(error: AwsError, requestId: string, namespace: string): Answer {
  const type = error.status < 500 ? 'Sender' : 'Receiver';
  const value = { Error: { Type: type, Code: error.code, Message: error.message }, RequestId: requestId };
  return { ...xmlAnswer('ErrorResponse', value, namespace), status: error.status };
}

/** A whole number within limits, or the default when the field is missing. */
export function numberOf(
  form: URLSearchParams,
  name: string,
  limits: { readonly min: number; readonly max: number; readonly fallback: number },
): number {
  const text = form.get(name);
  if (text === null) return limits.fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= limits.min && value <= limits.max) return value;
  const message = `${name} is ${text}, allowed are ${limits.min} to ${limits.max}`;
  throw awsError(400, 'InvalidParameterValue', message);
}
