import type { z } from 'zod';
import { type AwsError, awsError } from '../../aws/aws-error.ts';
import { cutPage, type Page } from '../../aws/paging.ts';
import type { Directory } from '../directory/directory.ts';
import type { AppClient, Pool, User } from '../directory/model.ts';
import { findUser } from '../directory/users.ts';

/** What the operations of the user-pool API are made of. */

export type Json = Readonly<Record<string, unknown>>;

export interface Operation {
  /** Those that a user's own token or nothing at all authorises are not signed. */
  readonly signed: boolean;
  /** Checks the members and carries it out. Throws `AwsError` for what Cognito would refuse. */
  readonly run: (input: unknown) => Json | Promise<Json>;
}

/** An operation whose input has the given shape; unknown members are ignored, as at AWS. */
export function operation<S extends z.ZodType>(
  schema: S,
  carryOut: (input: z.infer<S>) => Json | Promise<Json>,
  options: { readonly signed?: boolean } = {},
): Operation {
  return {
    signed: options.signed ?? true,
    run(input) {
      const parsed = schema.safeParse(input, { reportInput: true });
      if (!parsed.success) throw invalidMembers(parsed.error);
      return carryOut(parsed.data);
    },
  };
}

export const fail = (code: string, message: string): AwsError => awsError(400, code, message);

export function poolOf(directory: Directory, id: string): Pool {
  const pool = directory.pools.get(id);
  if (!pool) throw fail('ResourceNotFoundException', `User pool ${id} does not exist.`);
  return pool;
}

export function clientOf(pool: Pool, id: string): AppClient {
  const client = pool.clients.get(id);
  if (!client) throw fail('ResourceNotFoundException', `User pool client ${id} does not exist.`);
  return client;
}

export function userOf(pool: Pool, username: string): User {
  const user = findUser(pool, username);
  if (!user) throw fail('UserNotFoundException', 'User does not exist.');
  return user;
}

export function pageOf<T>(items: readonly T[], size: number, token: string | undefined): Page<T> {
  const page = cutPage(items, size, token);
  if (!page) throw fail('InvalidParameterException', 'Invalid pagination token given.');
  return page;
}

/** AWS writes times as epoch seconds. */
export const seconds = (ms: number) => ms / 1000;

type Issue = z.core.$ZodIssue;

/** The refusal of members that break the model, in AWS's words. */
function invalidMembers({ issues }: z.ZodError): AwsError {
  const wrongType = issues.find((issue) => issue.code === 'invalid_type' && issue.input !== undefined);
  if (wrongType) return fail('SerializationException', `${memberOf(wrongType)} has the wrong type`);
  const errors = issues.map((issue) => {
    const value = issue.input === undefined ? 'null' : `'${textOf(issue.input)}'`;
    return `Value ${value} at '${memberOf(issue)}' failed to satisfy constraint: ${constraintOf(issue)}`;
  });
  const count = `${errors.length} validation error${errors.length === 1 ? '' : 's'} detected`;
  return fail('InvalidParameterException', `${count}: ${errors.join('; ')}`);
}

/** `Policies.PasswordPolicy.MinimumLength` → `policies.passwordPolicy.minimumLength`. */
function memberOf({ path }: Issue): string {
  return path.map((part) => String(part).replace(/^[A-Z]/, (char) => char.toLowerCase())).join('.');
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

function constraintOf(issue: Issue): string {
  if (issue.input === undefined) return 'Member must not be null';
  const what = (origin: string) => (origin === 'string' || origin === 'array' ? 'length' : 'value');
  switch (issue.code) {
    case 'too_small':
      return `Member must have ${what(issue.origin)} greater than or equal to ${issue.minimum}`;
    case 'too_big':
      return `Member must have ${what(issue.origin)} less than or equal to ${issue.maximum}`;
    case 'invalid_value':
      return `Member must satisfy enum value set: [${issue.values.map(String).join(', ')}]`;
    case 'invalid_format':
      return `Member must satisfy regular expression pattern: ${patternOf(issue.pattern ?? '')}`;
    default:
      return issue.message;
  }
}

/** `/^(?:a+)$/u` → `a+`. */
const patternOf = (pattern: string) => pattern.replace(/^\/\^\(\?:(.*)\)\$\/\w*$/, '$1');
