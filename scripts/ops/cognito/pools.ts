import {
  AddCustomAttributesCommand,
  type CognitoIdentityProviderClient,
  CreateGroupCommand,
  CreateUserPoolCommand,
  CreateUserPoolDomainCommand,
  DescribeUserPoolCommand,
  GetUserPoolMfaConfigCommand,
  paginateListGroups,
  paginateListUserPools,
  SetUserPoolMfaConfigCommand,
  UpdateUserPoolCommand,
  type UserPoolClientType,
  type UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider';
import { isRefusal } from '../aws-calls.ts';
import { Complaint } from '../redis.ts';
import { differences, type Found } from './deviations.ts';
import type { Hands } from './hands.ts';
import { mergedMfa, mergedPool } from './merge.ts';
import { GROUPS, GROUPS_ATTRIBUTE, newPool } from './wanted.ts';

/** User pools at AWS: finding them, and making what is not there yet. */

/** The pool of that id, or else the only one of that name; undefined when there is none of that name. */
export async function findPool(
  { look, region }: Hands,
  wanted: { readonly id: string | undefined; readonly name: string },
): Promise<UserPoolType | undefined> {
  if (wanted.id !== undefined) return describePool(look, wanted.id);
  const ids: string[] = [];
  for await (const { UserPools = [] } of paginateListUserPools({ client: look }, { MaxResults: 60 })) {
    ids.push(...UserPools.filter(({ Name }) => Name === wanted.name).map(({ Id = '' }) => Id));
  }
  if (ids.length > 1) {
    throw new Complaint(
      `${ids.length} user pools in ${region} are called ${wanted.name}: ${ids.join(', ')}. Say which one with --pool.`,
    );
  }
  return ids[0] === undefined ? undefined : describePool(look, ids[0]);
}

/** As `findPool`, for commands that need one. */
export async function existingPool(...[hands, wanted]: Parameters<typeof findPool>) {
  const pool = await findPool(hands, wanted);
  if (pool) return pool;
  throw new Complaint(
    `There is no user pool ${wanted.name} in ${hands.region}. Make one (npm run ops -- cognito create), or name another with --pool.`,
  );
}

export async function describePool(look: CognitoIdentityProviderClient, id: string) {
  try {
    const { UserPool = {} } = await look.send(new DescribeUserPoolCommand({ UserPoolId: id }));
    return UserPool;
  } catch (error) {
    if (!isRefusal(error, 'ResourceNotFoundException')) throw error;
    throw new Complaint(
      `There is no user pool ${id} in this account and region. Correct COGNITO_USER_POOL_ID or --pool, COGNITO_REGION and your credentials; or take COGNITO_USER_POOL_ID away to make a new one.`,
    );
  }
}

/** undefined in a dry run. */
export async function createPool({ act, changes, region }: Hands, name: string) {
  return changes.make('create', `the user pool ${name} in ${region}`, async () => {
    const { UserPool = {} } = await act.send(new CreateUserPoolCommand(newPool(name)));
    return UserPool;
  });
}

/** Brings the settings of the pool to what is wanted; nothing else about it changes. */
export async function fixPool({ act, changes }: Hands, pool: UserPoolType): Promise<void> {
  const merged = mergedPool(pool);
  const what = differences(pool, merged).map(({ setting }) => setting);
  if (what.length > 0) {
    await changes.make('update', `the user pool: ${what.join(', ')}`, () =>
      act.send(new UpdateUserPoolCommand(merged)),
    );
  }
  const name = `custom:${GROUPS_ATTRIBUTE.Name}`;
  if (pool.SchemaAttributes?.some((each) => each.Name === name)) return;
  const CustomAttributes = [GROUPS_ATTRIBUTE];
  await changes.make('add', `the attribute ${name}`, () =>
    act.send(new AddCustomAttributesCommand({ UserPoolId: pool.Id, CustomAttributes })),
  );
}

/** Offers a second factor by an app for codes. `undefined` is a pool that a dry run did not make. */
export async function ensureMfa(
  { look, act, changes }: Hands,
  pool: UserPoolType | undefined,
): Promise<void> {
  const UserPoolId = pool?.Id ?? '';
  const { $metadata: _ours, ...mfa } = pool
    ? await look.send(new GetUserPoolMfaConfigCommand({ UserPoolId }))
    : { $metadata: {} };
  const merged = mergedMfa(UserPoolId, mfa);
  if (differences(mfa, merged).length === 0) return;
  await changes.make(
    'set',
    `the second factor: ${merged.MfaConfiguration?.toLowerCase()}, codes of an app`,
    () => act.send(new SetUserPoolMfaConfigCommand(merged)),
  );
}

/** The base of the pool's sign-in pages; undefined when a dry run cannot tell. */
export async function ensureDomain(
  hands: Hands,
  pool: UserPoolType | undefined,
  prefix: string | undefined,
): Promise<string | undefined> {
  const { act, changes, region } = hands;
  if (pool?.Domain && prefix !== undefined && pool.Domain !== prefix) {
    throw new Complaint(
      `The pool has the domain ${pool.Domain} already, and a pool has one. Leave --domain out, or delete that one first.`,
    );
  }
  if (pool?.CustomDomain ?? pool?.Domain) return domainUrl(pool, region);
  const chosen = prefix ?? (pool?.Id && defaultPrefix(pool.Id));
  await changes.make('create', `the domain ${chosen ?? 'for the sign-in pages'}`, async () => {
    try {
      await act.send(new CreateUserPoolDomainCommand({ UserPoolId: pool?.Id, Domain: chosen }));
    } catch (error) {
      if (!isRefusal(error, 'InvalidParameterException', /already (?:associated|exists)|taken/i)) throw error;
      throw new Complaint(
        `Somebody else has the domain ${chosen}: prefixes are unique in a region. Give another with --domain.`,
      );
    }
  });
  return chosen === undefined ? undefined : prefixUrl(chosen, region);
}

/** A word that Cognito does not reserve, and letters of the pool's id that nobody else has. */
const defaultPrefix = (poolId: string) => `threadcore-${poolId.split('_')[1]?.toLowerCase()}`;

export function domainUrl({ CustomDomain, Domain }: UserPoolType, region: string): string | undefined {
  if (CustomDomain) return `https://${CustomDomain}`;
  return Domain && prefixUrl(Domain, region);
}

const prefixUrl = (prefix: string, region: string) =>
  `https://${prefix}.${region.startsWith('us-gov-') ? 'auth-fips' : 'auth'}.${region}.amazoncognito.com`;

export async function groupNames(look: CognitoIdentityProviderClient, UserPoolId: string) {
  const names: string[] = [];
  for await (const { Groups = [] } of paginateListGroups({ client: look }, { UserPoolId, Limit: 60 })) {
    names.push(...Groups.map(({ GroupName = '' }) => GroupName));
  }
  return names;
}

export async function ensureGroups({ look, act, changes }: Hands, pool: UserPoolType | undefined) {
  const UserPoolId = pool?.Id;
  const there = UserPoolId === undefined ? [] : await groupNames(look, UserPoolId);
  for (const { name, precedence: Precedence, description: Description } of GROUPS) {
    if (there.includes(name)) continue;
    await changes.make('create', `the group ${name}`, () =>
      act.send(new CreateGroupCommand({ UserPoolId, GroupName: name, Precedence, Description })),
    );
  }
}

/** Everything about a pool that can be right or wrong. */
export async function inspectPool(
  { look }: Hands,
  { Id: UserPoolId = '' }: UserPoolType,
  client: UserPoolClientType | undefined,
): Promise<Found> {
  const [pool, mfa, groups] = await Promise.all([
    describePool(look, UserPoolId),
    look.send(new GetUserPoolMfaConfigCommand({ UserPoolId })),
    groupNames(look, UserPoolId),
  ]);
  return { pool, mfa, groups, client };
}
