import { z } from 'zod';
import type { Directory } from '../directory/directory.ts';
import type { User } from '../directory/model.ts';
import { refusePassword } from '../directory/password-policy.ts';
import { setPassword } from '../directory/sign-in.ts';
import { addUser, userKey } from '../directory/users.ts';
import { shapes } from '../shapes/members.ts';
import type { Tokens } from '../tokens/issue.ts';
import { checkAttributes, checkUnused, nameAttribute } from './new-user-rules.ts';
import { fail, type Json, type Operation, operation, pageOf, poolOf, seconds, userOf } from './operation.ts';
import { temporaryPassword } from './temporary-password.ts';
import { readUserFilter } from './user-filter.ts';

/** The people of a pool, as an administrator handles them. */

const onePool = z.object({ UserPoolId: shapes.poolId });
const oneUser = onePool.extend({ Username: shapes.userName });

export function userOperations(deps: {
  directory: Directory;
  tokens: Tokens;
  now: () => number;
}): Record<string, Operation> {
  const { directory, tokens, now } = deps;

  const create = operation(
    oneUser.extend({
      UserAttributes: shapes.attributes.default([]),
      ValidationData: shapes.attributes.optional(),
      TemporaryPassword: shapes.password.optional(),
      ForceAliasCreation: z.boolean().optional(),
      MessageAction: z.enum(['RESEND', 'SUPPRESS']).optional(),
      DesiredDeliveryMediums: z.array(z.enum(['SMS', 'EMAIL'])).optional(),
      ClientMetadata: shapes.textMap.optional(),
    }),
    (input) => {
      const pool = poolOf(directory, input.UserPoolId);
      const policy = pool.settings.Policies.PasswordPolicy;
      const password = input.TemporaryPassword ?? temporaryPassword(policy.MinimumLength);
      const weak = refusePassword(password, policy);
      if (weak !== undefined) throw fail('InvalidPasswordException', weak);
      if (input.MessageAction === 'RESEND') {
        const known = userOf(pool, input.Username);
        if (known.status !== 'FORCE_CHANGE_PASSWORD') {
          const message = `Resend not possible. ${input.Username} status is ${known.status}`;
          throw fail('UnsupportedUserStateException', message);
        }
        setPassword(known, password, now());
        return { User: describe(known) };
      }
      const attributes = new Map(input.UserAttributes.map(({ Name, Value }) => [Name, Value]));
      const alsoName = nameAttribute(pool, input.Username);
      if (alsoName !== undefined) attributes.set(alsoName, input.Username);
      checkAttributes(pool, attributes);
      checkUnused(pool, input.Username, attributes);
      // Where people are named by their address, the name itself is the sub.
      const username = alsoName === undefined ? input.Username : undefined;
      const user = addUser(pool, { username, attributes, password, status: 'FORCE_CHANGE_PASSWORD' }, now());
      return { User: describe(user) };
    },
  );

  const setUserPassword = operation(
    oneUser.extend({ Password: shapes.password, Permanent: z.boolean().default(false) }),
    (input) => {
      const pool = poolOf(directory, input.UserPoolId);
      const user = userOf(pool, input.Username);
      if (user.status === 'EXTERNAL_PROVIDER') {
        throw fail('NotAuthorizedException', 'External users have no password in the user pool.');
      }
      const weak = refusePassword(input.Password, pool.settings.Policies.PasswordPolicy);
      if (weak !== undefined) throw fail('InvalidPasswordException', weak);
      setPassword(user, input.Password, now());
      user.status = input.Permanent ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD';
      return {};
    },
  );

  const list = operation(
    onePool.extend({
      AttributesToGet: z.array(shapes.text(1, 32)).optional(),
      Limit: shapes.integer(0, 60).optional(),
      PaginationToken: shapes.nextToken.optional(),
      Filter: z.string().max(256).default(''),
    }),
    (input) => {
      const matches = readUserFilter(input.Filter);
      if (!matches) throw fail('InvalidParameterException', 'Error while parsing filter.');
      const users = [...poolOf(directory, input.UserPoolId).users.values()].filter(matches);
      const { items, next } = pageOf(users, input.Limit || 60, input.PaginationToken);
      return { Users: items.map((user) => describe(user, input.AttributesToGet)), PaginationToken: next };
    },
  );

  const listInGroup = operation(
    onePool.extend({
      GroupName: shapes.groupName,
      Limit: shapes.integer(0, 60).optional(),
      NextToken: shapes.nextToken.optional(),
    }),
    (input) => {
      const pool = poolOf(directory, input.UserPoolId);
      if (!pool.groups.has(input.GroupName)) throw fail('ResourceNotFoundException', 'Group not found.');
      const members = [...pool.users.values()].filter((user) => user.groups.has(input.GroupName));
      const { items, next } = pageOf(members, input.Limit || 60, input.NextToken);
      return { Users: items.map((user) => describe(user)), NextToken: next };
    },
  );

  const onUser = (change: (user: User, poolId: string) => void) =>
    operation(oneUser, (input) => {
      const user = userOf(poolOf(directory, input.UserPoolId), input.Username);
      change(user, input.UserPoolId);
      return {};
    });

  return {
    AdminCreateUser: create,
    AdminSetUserPassword: setUserPassword,
    AdminGetUser: operation(oneUser, (input) => {
      const user = userOf(poolOf(directory, input.UserPoolId), input.Username);
      const { Attributes, ...rest } = describe(user);
      return { ...rest, UserAttributes: Attributes, ...mfaOf(user) };
    }),
    AdminDisableUser: onUser((user) => {
      user.enabled = false;
      user.modifiedAt = now();
      tokens.revokeAll(user);
    }),
    AdminEnableUser: onUser((user) => {
      user.enabled = true;
      user.modifiedAt = now();
    }),
    AdminDeleteUser: onUser((user, poolId) => {
      const pool = poolOf(directory, poolId);
      pool.users.delete(userKey(pool, user.username));
      tokens.revokeAll(user);
    }),
    AdminUserGlobalSignOut: onUser((user) => tokens.revokeAll(user)),
    ListUsers: list,
    ListUsersInGroup: listInGroup,
  };
}

/** `only` names the attributes that are asked for. */
function describe(user: User, only?: readonly string[]): Json {
  const attributes = [...user.attributes].map(([Name, Value]) => ({ Name, Value }));
  const all = [...attributes, { Name: 'sub', Value: user.sub }];
  return {
    Username: user.username,
    Attributes: only ? all.filter(({ Name }) => only.includes(Name)) : all,
    UserCreateDate: seconds(user.createdAt),
    UserLastModifiedDate: seconds(user.modifiedAt),
    Enabled: user.enabled,
    UserStatus: user.status,
  };
}

/** The answer of GetUser and AdminGetUser about the second factor. */
export function mfaOf(user: User): Json {
  return user.totp
    ? { PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA', UserMFASettingList: ['SOFTWARE_TOKEN_MFA'] }
    : {};
}
