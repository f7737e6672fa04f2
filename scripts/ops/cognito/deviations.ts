import { isDeepStrictEqual } from 'node:util';
import type {
  GetUserPoolMfaConfigCommandOutput,
  UserPoolClientType,
  UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider';
import { mergedClient, mergedMfa, mergedPool } from './merge.ts';
import { GROUPS, GROUPS_ATTRIBUTE, type WantedClient } from './wanted.ts';

/** Where a pool differs from how it should be. */
export interface Deviation {
  /** pool, second factor, attributes, domain, groups, client, or the file of variables. */
  readonly part: string;
  /** In Cognito's words, where it has some. */
  readonly setting: string;
  readonly is: unknown;
  readonly wanted: unknown;
  /** The next step. */
  readonly mend: string;
  /** Whether `verify --fix` takes that step. */
  readonly fixable: boolean;
}

export interface Found {
  readonly pool: UserPoolType;
  readonly mfa: GetUserPoolMfaConfigCommandOutput;
  readonly groups: readonly string[];
  readonly client: UserPoolClientType | undefined;
}

const FIX = 'npm run ops -- cognito verify --fix';
const CLIENT = 'npm run ops -- cognito client';

export function deviationsOf({ pool, mfa, groups, client }: Found, wanted: WantedClient): Deviation[] {
  const { $metadata: _ours, ...factors } = mfa;
  const byFix = (part: string) => (difference: Difference) =>
    ({ part, ...difference, mend: FIX, fixable: true }) as const;
  return [
    ...differences(pool, mergedPool(pool)).map(byFix('pool')),
    ...differences(factors, mergedMfa(pool.Id ?? '', factors)).map(byFix('second factor')),
    ...attributeDeviations(pool),
    ...((pool.Domain ?? pool.CustomDomain)
      ? []
      : [byFix('domain')({ setting: 'Domain', is: undefined, wanted: 'a domain for the sign-in pages' })]),
    ...GROUPS.filter(({ name }) => !groups.includes(name)).map(({ name }) =>
      byFix('groups')({ setting: name, is: undefined, wanted: 'a group' }),
    ),
    ...(client ? clientDeviations(client, wanted) : [NO_CLIENT]),
  ];
}

const NO_CLIENT: Deviation = {
  part: 'client',
  setting: 'ClientId',
  is: undefined,
  wanted: 'an app client',
  mend: CLIENT,
  fixable: false,
};

function attributeDeviations(pool: UserPoolType): Deviation[] {
  const part = 'attributes';
  const name = `custom:${GROUPS_ATTRIBUTE.Name}`;
  const found: Deviation[] = [];
  if (!pool.SchemaAttributes?.some((each) => each.Name === name)) {
    found.push({ part, setting: name, is: undefined, wanted: 'an attribute', mend: FIX, fixable: true });
  }
  if (pool.UsernameConfiguration?.CaseSensitive !== false) {
    found.push({
      part,
      setting: 'UsernameConfiguration.CaseSensitive',
      is: true,
      wanted: false,
      mend: 'fixed when a pool is made: use a new one (cognito create --pool-name), or see to it that no two names differ in case only',
      fixable: false,
    });
  }
  return found;
}

function clientDeviations(client: UserPoolClientType, wanted: WantedClient): Deviation[] {
  const added = differences(client, mergedClient(client, wanted, 'add'));
  const exact = differences(client, mergedClient(client, wanted, 'exact'));
  const found = exact.map((difference): Deviation => {
    const fixable = added.some((each) => isDeepStrictEqual(each, difference));
    const mend = fixable
      ? FIX
      : `${CLIENT} (takes away what should not be there; see first that nobody needs it)`;
    return { part: 'client', ...difference, mend, fixable };
  });
  if (client.ClientSecret) return found;
  const mend = `a client cannot get one later: ${CLIENT} --client-name <another name>`;
  const setting = 'ClientSecret';
  return [{ part: 'client', setting, is: undefined, wanted: 'a secret', mend, fixable: false }, ...found];
}

export function describeDeviations(deviations: readonly Deviation[]): string {
  const lines = deviations.map(({ part, setting, is, wanted, mend }) => {
    const now = is === undefined ? 'missing' : `${JSON.stringify(is)}`;
    return `${part}: ${setting} is ${now}, wanted: ${JSON.stringify(wanted)}\n    ${mend}`;
  });
  const count =
    deviations.length === 1
      ? 'One thing differs from how it'
      : `${deviations.length} things differ from how they`;
  return `${count} should be:\n${lines.join('\n')}`;
}

interface Difference {
  readonly setting: string;
  readonly is: unknown;
  readonly wanted: unknown;
}

/** What would become different, leaf by leaf. Members that `then` lacks stay out of it. */
export function differences(now: object, then: object, path = ''): Difference[] {
  return Object.entries(then).flatMap(([name, wanted]) => {
    const is = (now as Record<string, unknown>)[name];
    const setting = `${path}${name}`;
    if (NAMES_OF_THE_CALL.has(setting) || isDeepStrictEqual(is, wanted)) return [];
    if (wanted === undefined || (is === undefined && isDeepStrictEqual(wanted, []))) return [];
    const deeper = typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted);
    return deeper ? differences((is ?? {}) as object, wanted, `${setting}.`) : [{ setting, is, wanted }];
  });
}

/** They say which pool is meant, under other names than in its description. */
const NAMES_OF_THE_CALL = new Set(['UserPoolId', 'PoolName']);
