import { randomUUID } from 'node:crypto';
import { NO_FAILURES } from './lockout.ts';
import type { Group, Pool, User, UserStatus } from './model.ts';

/** The people of a pool: finding them, adding them, their groups. */

export interface NewUser {
  /** undefined: the sub is the name. */
  readonly username: string | undefined;
  readonly attributes: ReadonlyMap<string, string>;
  readonly password: string | undefined;
  readonly status: UserStatus;
  readonly provider?: string;
  /** Made up by default. */
  readonly sub?: string;
}

/** Where a user is filed: names differ by case only in pools that say so. */
export function userKey(pool: Pool, username: string): string {
  return pool.identity.UsernameConfiguration.CaseSensitive ? username : username.toLowerCase();
}

export function addUser(pool: Pool, user: NewUser, now: number): User {
  const { sub = randomUUID() } = user;
  const added: User = {
    sub,
    username: user.username ?? sub,
    attributes: new Map(user.attributes),
    password: user.password,
    passwordAt: now,
    status: user.status,
    enabled: true,
    groups: new Set(),
    claimedGroups: [],
    provider: user.provider,
    totp: undefined,
    failures: NO_FAILURES,
    createdAt: now,
    modifiedAt: now,
  };
  pool.users.set(userKey(pool, added.username), added);
  return added;
}

/** By user name, by sub, or by a verified e-mail address or phone number where the pool takes those for a name. */
export function findUser(pool: Pool, name: string): User | undefined {
  const direct = pool.users.get(userKey(pool, name));
  if (direct) return direct;
  const { AliasAttributes = [], UsernameAttributes = [] } = pool.identity;
  const aliases = new Set<string>([...AliasAttributes, ...UsernameAttributes]);
  const same = (value: string | undefined) => value?.toLowerCase() === name.toLowerCase();
  return [...pool.users.values()].find(
    (user) => user.sub === name || [...aliases].some((alias) => isAlias(user, alias, same)),
  );
}

function isAlias(user: User, alias: string, same: (value: string | undefined) => boolean): boolean {
  if (!same(user.attributes.get(alias))) return false;
  return alias === 'preferred_username' || user.attributes.get(`${alias}_verified`) === 'true';
}

export function findBySub(pool: Pool, sub: string): User | undefined {
  return [...pool.users.values()].find((user) => user.sub === sub);
}

export function addGroup(pool: Pool, group: Pick<Group, 'name'> & Partial<Group>, now: number): Group {
  const added: Group = {
    description: undefined,
    roleArn: undefined,
    precedence: undefined,
    createdAt: now,
    modifiedAt: now,
    ...group,
  };
  pool.groups.set(added.name, added);
  return added;
}

/** The names for `cognito:groups`: by precedence, then as the identity provider names them. */
export function groupsOf(pool: Pool, user: User): string[] {
  const rank = (name: string) => pool.groups.get(name)?.precedence ?? Number.MAX_SAFE_INTEGER;
  const own = [...user.groups].sort((a, b) => rank(a) - rank(b));
  return [...new Set([...own, ...user.claimedGroups])];
}
