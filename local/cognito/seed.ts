import type { Pool } from './directory/model.ts';
import { addGroup, addUser } from './directory/users.ts';

/** The people of a new stand-in. Their passwords are no secrets: the sign-in page shows them. */
export interface Person {
  readonly username: string;
  readonly password: string;
  readonly email: string;
  readonly name: string;
  readonly groups: readonly string[];
  /** Base32; the person is then asked for a code after the password. */
  readonly totpSecret?: string;
  /** The password is temporary and must be changed at the first sign-in. */
  readonly mustChangePassword?: boolean;
  readonly disabled?: boolean;
  /** A UUID; made up by default. */
  readonly sub?: string;
}

const person = (
  username: string,
  name: string,
  groups: readonly string[],
  more: Partial<Person> = {},
): Person => ({
  username,
  name,
  email: `${username}@example.com`,
  password: `${username[0]?.toUpperCase()}${username.slice(1)}-2468`,
  groups,
  ...more,
});

export const PEOPLE: readonly Person[] = [
  person('alice', 'Alice Moreau', ['operators', 'approvers']),
  person('bob', 'Bob Tanaka', ['viewers']),
  person('carol', 'Carol Weiss', ['viewers']),
  person('guest', 'Gus Visitor', []),
  person('admin', 'Ada Min', ['admins'], { totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' }),
  person('newbie', 'Nell Newman', ['viewers'], { mustChangePassword: true }),
];

export const GROUPS: readonly (readonly [name: string, precedence: number])[] = [
  ['admins', 0],
  ['approvers', 10],
  ['operators', 20],
  ['viewers', 30],
];

/** Puts people and their groups into a pool. */
export function populate(pool: Pool, people: readonly Person[], now: number): void {
  for (const [name, precedence] of GROUPS) addGroup(pool, { name, precedence }, now);
  for (const each of people) {
    const user = addUser(
      pool,
      {
        username: each.username,
        password: each.password,
        status: each.mustChangePassword ? 'FORCE_CHANGE_PASSWORD' : 'CONFIRMED',
        attributes: new Map([
          ['email', each.email],
          ['email_verified', 'true'],
          ['name', each.name],
        ]),
        ...(each.sub === undefined ? {} : { sub: each.sub }),
      },
      now,
    );
    user.enabled = each.disabled !== true;
    if (each.totpSecret !== undefined) user.totp = { secret: each.totpSecret, usedStep: 0 };
    for (const name of each.groups) {
      if (!pool.groups.has(name)) addGroup(pool, { name }, now);
      user.groups.add(name);
    }
  }
}
