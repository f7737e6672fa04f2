import { z } from 'zod';

/** The environment as a plain record; an empty value counts as missing, as Compose files and CI systems write it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One message that lists every problem of the configuration, a line each. Holds no values, so no secrets. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    super(`The configuration has ${count}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

export interface Reader {
  /** The value of a variable, or undefined when it is missing or wrong. */
  optional<T>(name: string, schema: z.ZodType<T, string>, obtain: string): T | undefined;
  /** As `optional`; missing is a problem too. */
  required<T>(name: string, schema: z.ZodType<T, string>, obtain: string): T | undefined;
  /** As `optional`, with a value for a missing variable. */
  withDefault<T>(name: string, schema: z.ZodType<T, string>, fallback: T, obtain: string): T;
  /** Whether the variable has a value, right or wrong. */
  given(name: string): boolean;
  /** Notes a problem that concerns more than one value. */
  problem(text: string): void;
  /** Names asked for so far, in order. */
  readonly names: readonly string[];
  readonly problems: readonly string[];
}

/** Reads variables one by one and collects what is wrong with them instead of stopping at the first. */
export function createReader(env: Environment): Reader {
  const names: string[] = [];
  const problems: string[] = [];

  const given = (name: string) => Boolean(env[name]?.trim());

  function optional<T>(name: string, schema: z.ZodType<T, string>, obtain: string): T | undefined {
    names.push(name);
    const raw = env[name]?.trim();
    if (raw === undefined || raw === '') return undefined;
    const parsed = schema.safeParse(raw);
    if (parsed.success) return parsed.data;
    // Our schemas carry their own messages, and none of them repeats the value.
    problems.push(`${name} ${parsed.error.issues[0]?.message ?? 'is not valid'}. ${obtain}`);
    return undefined;
  }

  function required<T>(name: string, schema: z.ZodType<T, string>, obtain: string): T | undefined {
    const value = optional(name, schema, obtain);
    if (!given(name)) problems.push(`${name} is missing. ${obtain}`);
    return value;
  }

  function withDefault<T>(name: string, schema: z.ZodType<T, string>, fallback: T, obtain: string): T {
    return optional(name, schema, obtain) ?? fallback;
  }

  return { optional, required, withDefault, given, problem: (text) => problems.push(text), names, problems };
}

/** A set of allowed ids. Empty means that nothing is allowed. */
export interface AllowList {
  readonly any: boolean;
  readonly ids: ReadonlySet<string>;
}

export const NOBODY: AllowList = { any: false, ids: new Set() };

export function oneOf<const T extends readonly [string, ...string[]]>(
  ...values: T
): z.ZodType<T[number], string> {
  return z.enum(values, { error: `must be one of ${values.join(', ')}` });
}

export function integer(min: number, max: number): z.ZodType<number, string> {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .pipe(z.number({ error: message }).min(min, message).max(max, message));
}

export function pattern(expression: RegExp, message: string): z.ZodType<string, string> {
  return z.string().regex(expression, message);
}

export const allowList: z.ZodType<AllowList, string> = z.string().transform((text) => {
  const ids = text
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  return { any: ids.includes('*'), ids: new Set(ids.filter((id) => id !== '*')) };
});

/** Ids of a platform. Names, and quotes that an env file keeps, would let in nobody, without a word. */
export const idList: z.ZodType<AllowList, string> = allowList.refine(
  ({ ids }) => [...ids].every((id) => !/[\s"'`]|^[#@]/.test(id)),
  'must hold ids, comma-separated, no names and no quotes',
);

/** Hosts that an address is compared with; `*.example.com` is for all below it. */
export const hostList: z.ZodType<AllowList, string> = allowList.refine(
  ({ ids }) => [...ids].every((host) => /^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(host)),
  'must hold host names, comma-separated, without https://, port and path',
);

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1', '[::1]']);
/** Whether an address or host name is that of this machine. */
export const isLoopback = (host: string): boolean => LOOPBACK.has(host.toLowerCase());

/** https anywhere, http on this machine only: tokens and messages travel to it. */
export const secureUrl: z.ZodType<string, string> = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}, 'must be an https:// address without user name and password (http:// for this machine only)');
