import { randomInt } from 'node:crypto';
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminSetUserPasswordCommand,
  type AttributeType,
  paginateListUsers,
  paginateListUsersInGroup,
  type UserType,
} from '@aws-sdk/client-cognito-identity-provider';
import { isRefusal } from '../aws-calls.ts';
import { Complaint } from '../redis.ts';
import type { Hands } from './hands.ts';
import { groupNames } from './pools.ts';

/** People of a user pool. */

export interface Person {
  readonly username: string;
  readonly email: string | undefined;
  readonly name: string | undefined;
  /** In Cognito's words: CONFIRMED, FORCE_CHANGE_PASSWORD, EXTERNAL_PROVIDER … */
  readonly status: string | undefined;
  readonly enabled: boolean;
  readonly groups: readonly string[];
}

export interface NewPerson {
  readonly username: string;
  readonly email: string;
  readonly name: string | undefined;
  readonly groups: readonly string[];
}

/** How a person gets to the first password. Cognito mails a temporary one to those who are invited. */
export type FirstPassword = 'invited' | GivenPassword;

export interface GivenPassword {
  readonly password: string;
  /** To be changed at the first sign-in. */
  readonly temporary: boolean;
}

/** In order of their names; with `group`, only those in it. */
export async function listPeople({ look }: Hands, UserPoolId: string, group?: string): Promise<Person[]> {
  const groups = await groupNames(look, UserPoolId);
  if (group !== undefined) checkGroup(group, groups);
  const members = new Map<string, string[]>();
  for (const GroupName of groups) {
    const pages = paginateListUsersInGroup({ client: look }, { UserPoolId, GroupName, Limit: 60 });
    for await (const { Users = [] } of pages) {
      for (const { Username = '' } of Users)
        members.set(Username, [...(members.get(Username) ?? []), GroupName]);
    }
  }
  const people: Person[] = [];
  for await (const { Users = [] } of paginateListUsers({ client: look }, { UserPoolId, Limit: 60 })) {
    people.push(
      ...Users.map((user) => described(user, user.Attributes, members.get(user.Username ?? '') ?? [])),
    );
  }
  return people
    .filter(({ groups }) => group === undefined || groups.includes(group))
    .toSorted((a, b) => (a.username < b.username ? -1 : 1));
}

const described = (user: UserType, attributes: AttributeType[] = [], groups: readonly string[]): Person => {
  const attribute = (name: string) => attributes.find(({ Name }) => Name === name)?.Value;
  return {
    username: user.Username ?? '',
    email: attribute('email'),
    name: attribute('name'),
    status: user.UserStatus,
    enabled: user.Enabled !== false,
    groups,
  };
};

/** undefined when there is nobody of that name. */
async function findPerson(
  { look }: Hands,
  UserPoolId: string,
  Username: string,
): Promise<Person | undefined> {
  try {
    const user = await look.send(new AdminGetUserCommand({ UserPoolId, Username }));
    const { Groups = [] } = await look.send(
      new AdminListGroupsForUserCommand({ UserPoolId, Username, Limit: 60 }),
    );
    return described(
      user,
      user.UserAttributes,
      Groups.map(({ GroupName = '' }) => GroupName),
    );
  } catch (error) {
    if (isRefusal(error, 'UserNotFoundException')) return undefined;
    throw error;
  }
}

async function existing(hands: Hands, poolId: string, username: string): Promise<Person> {
  const person = await findPerson(hands, poolId, username);
  if (person) return person;
  throw new Complaint(`The user pool has no user ${username} (npm run ops -- cognito user list).`);
}

/** Makes a person, or adds to one that is there what groups are missing. Resolves with whether it was made. */
export async function createPerson(
  hands: Hands,
  poolId: string,
  person: NewPerson,
  first: FirstPassword,
): Promise<boolean> {
  const { username: Username, email, name } = person;
  const UserPoolId = poolId;
  const groups = await groupNames(hands.look, poolId);
  for (const group of person.groups) checkGroup(group, groups);
  const before = await findPerson(hands, poolId, Username);
  if (!before) {
    await hands.changes.make('create', `the user ${Username}`, async () => {
      const input = { UserPoolId, Username, UserAttributes: attributesOf(email, name) };
      if (first === 'invited') {
        await hands.act.send(new AdminCreateUserCommand({ ...input, DesiredDeliveryMediums: ['EMAIL'] }));
        return;
      }
      const TemporaryPassword = first.password;
      await hands.act.send(
        new AdminCreateUserCommand({ ...input, MessageAction: 'SUPPRESS', TemporaryPassword }),
      );
      if (first.temporary) return;
      await hands.act.send(
        new AdminSetUserPasswordCommand({ UserPoolId, Username, Password: first.password, Permanent: true }),
      );
    });
  }
  for (const group of person.groups) {
    if (!before?.groups.includes(group)) await join(hands, poolId, Username, group);
  }
  return !before;
}

/** An address that an administrator gives counts as confirmed; it may then be used to sign in. */
function attributesOf(email: string, name: string | undefined): AttributeType[] {
  return [
    { Name: 'email', Value: email },
    { Name: 'email_verified', Value: 'true' },
    ...(name === undefined ? [] : [{ Name: 'name', Value: name }]),
  ];
}

export async function setPassword(
  hands: Hands,
  UserPoolId: string,
  username: string,
  { password: Password, temporary }: GivenPassword,
): Promise<void> {
  const { username: Username } = await existing(hands, UserPoolId, username);
  await hands.changes.make('set', `${temporary ? 'a temporary' : 'the'} password of ${Username}`, () =>
    hands.act.send(
      new AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent: !temporary }),
    ),
  );
}

/** Who is disabled can no longer sign in, and Cognito ends the tokens. */
export async function setEnabled(hands: Hands, UserPoolId: string, username: string, enabled: boolean) {
  const person = await existing(hands, UserPoolId, username);
  if (person.enabled === enabled) return;
  const { username: Username } = person;
  await hands.changes.make(enabled ? 'enable' : 'disable', `the user ${Username}`, async () => {
    if (enabled) await hands.act.send(new AdminEnableUserCommand({ UserPoolId, Username }));
    else await hands.act.send(new AdminDisableUserCommand({ UserPoolId, Username }));
  });
}

export async function deletePerson(hands: Hands, UserPoolId: string, username: string): Promise<void> {
  const person = await findPerson(hands, UserPoolId, username);
  if (!person) return;
  const { username: Username } = person;
  await hands.changes.make('delete', `the user ${Username}`, () =>
    hands.act.send(new AdminDeleteUserCommand({ UserPoolId, Username })),
  );
}

export async function changeMembership(
  hands: Hands,
  UserPoolId: string,
  username: string,
  group: string,
  member: boolean,
): Promise<void> {
  checkGroup(group, await groupNames(hands.look, UserPoolId));
  const person = await existing(hands, UserPoolId, username);
  if (person.groups.includes(group) === member) return;
  const { username: Username } = person;
  if (member) return join(hands, UserPoolId, Username, group);
  await hands.changes.make('remove', `${Username} from the group ${group}`, () =>
    hands.act.send(new AdminRemoveUserFromGroupCommand({ UserPoolId, Username, GroupName: group })),
  );
}

async function join({ act, changes }: Hands, UserPoolId: string, Username: string, GroupName: string) {
  await changes.make('add', `${Username} to the group ${GroupName}`, () =>
    act.send(new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName })),
  );
}

function checkGroup(group: string, groups: readonly string[]): void {
  if (groups.includes(group)) return;
  const there = groups.length === 0 ? 'none (npm run ops -- cognito create makes them)' : groups.join(', ');
  throw new Complaint(`The user pool has no group ${group}. It has ${there}.`);
}

const KINDS = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz', '23456789', '-_.!'] as const;

/** 20 characters that nobody mistakes for each other, some of every kind that the plan asks for. */
export function inventPassword(): string {
  const any = KINDS.join('');
  const pick = (from: string) => from[randomInt(from.length)] ?? '';
  const chars = [...KINDS.map(pick), ...Array.from({ length: 16 }, () => pick(any))];
  for (let last = chars.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [chars[last], chars[other]] = [chars[other] ?? '', chars[last] ?? ''];
  }
  return chars.join('');
}
